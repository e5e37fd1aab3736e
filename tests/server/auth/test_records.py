"""The authorization server's own records, over each engine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import pytest

from server.auth import records
from server.store.entry import Key
from server.store.store import Store, open_store

ENGINES = [
    "sqlite",
    pytest.param("mongodb", marks=[pytest.mark.mongodb, pytest.mark.xdist_group("mongodb"), pytest.mark.timeout(600)]),
]


@pytest.fixture(params=ENGINES)
def kept(request) -> Iterator[Store]:
    url = request.getfixturevalue("mongodb_url") if request.param == "mongodb" else "sqlite://"
    with closing(open_store(url)) as opened:
        yield opened


@dataclass(frozen=True)
class Thing:
    user: str
    expires_at: int
    number: int = 0


def key(name: str) -> Key:
    return Key("-thing", name)


def more(known: Thing | None) -> Thing:
    return Thing("ann", 100, known.number + 1 if known else 1)


def test_of_many_who_change_a_record_at_once_each_sees_what_the_one_before_left(kept) -> None:
    with ThreadPoolExecutor(8) as pool:
        before = list(pool.map(lambda _: records.change(kept, key("a"), Thing, more, "x"), range(24)))
    assert sorted(each.number if each else 0 for each in before) == list(range(24))
    assert records.get(kept, key("a"), Thing).number == 24


def test_what_cannot_be_changed_stays_as_it_is(kept) -> None:
    def never(known: Thing | None) -> Thing:
        raise records.Unchanged

    records.add(kept, key("a"), Thing("ann", 100), "x")
    with pytest.raises(records.Unchanged):
        records.change(kept, key("a"), Thing, never, "x")
    assert records.get(kept, key("a"), Thing) == Thing("ann", 100)


def test_of_many_who_ask_for_a_name_one_gets_it(kept) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: records.once(kept, "jti", "x", 100), range(16)))
    assert sum(got) == 1


def test_records_are_found_by_whose_they_are(kept) -> None:
    for name, user in (("a", "ann"), ("b", "ben"), ("c", "ann")):
        records.add(kept, key(name), Thing(user, 100, ord(name)), "x")
    found = records.every(kept, "-thing", Thing, records.having("user", "ann"))
    assert sorted(each.number for each in found) == [ord("a"), ord("c")]


def test_what_has_expired_is_removed_and_nothing_else(kept) -> None:
    records.save(kept, "x", *((key(str(ends)), Thing("ann", ends)) for ends in (1, 99, 100, 101, 10_000_000_000)))
    assert records.prune(kept, ("-thing", "-nothing"), 100) == 3
    assert [records.get(kept, key(str(ends)), Thing) is None for ends in (1, 99, 100, 101)] == [True, True, True, False]
    assert records.prune(kept, ("-thing",), 100) == 0
    assert records.get(kept, key("10000000000"), Thing)


def test_what_was_removed_can_come_again(kept) -> None:
    records.add(kept, key("a"), Thing("ann", 100), "x")
    assert records.remove(kept, key("a"), key("b"), actor="x")
    assert not records.remove(kept, key("a"), actor="x")
    assert records.change(kept, key("a"), Thing, more, "x") is None
    assert records.get(kept, key("a"), Thing).number == 1
