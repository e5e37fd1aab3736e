"""What was, read while the store goes on: the same on both engines, whatever came later."""

import random
from collections.abc import Iterator

import pytest

from server.auth import past
from server.auth.gate import GatedStore, Principal
from server.auth.past import Past
from server.auth.scopes import parse
from server.store.engine import Engine
from server.store.entry import Entry, Key, Write
from server.store.query import EVERYTHING, equals, term
from server.store.snapshot import Snapshot
from server.store.store import Store

IDS, COLOURS = "abcdefgh", ("red", "blue")


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    opened = Store(engine)
    yield opened
    opened.journal.close()


def change(store: Store, chance: random.Random) -> None:
    """One resource is made, changed or deleted."""
    key, colour, gone = Key("Basic", chance.choice(IDS)), chance.choice(COLOURS), chance.random() < 0.3

    def fold(snapshot: Snapshot) -> Entry:
        base = snapshot.read(key)
        there = base is not None and not base.deleted
        body = None if there and gone else colour.encode()
        terms = tuple(sorted((term("_id", key.id), term("colour", colour)))) if body else ()
        write = Write(key, base.version if base else 0, body, terms)
        return Entry("clinic", snapshot.new_id(), snapshot.at, "app", "test", (write,))

    store.submit("clinic", fold).result()


def now(store: Store) -> dict[str, bytes]:
    found = store.newest("clinic", [Key("Basic", id) for id in IDS])
    return {key.id: each.body for key, each in found.items() if each.body}


@pytest.mark.parametrize("seed", range(4))
def test_what_was_stays(store, monkeypatch, seed) -> None:
    monkeypatch.setattr(past, "PAGE", 3)
    chance, states = random.Random(seed), [now(store)]
    for _ in range(20):
        change(store, chance)
        states.append(now(store))
    gated = GatedStore(store, Principal("clinic", "app", parse("system/*.rs")))

    for seq, expected in enumerate(states):
        then = Past(gated, seq)
        found = {}
        for each in then.every("Basic"):
            assert each.key.id not in found
            found[each.key.id] = each.body
            if len(found) == 2:
                change(store, chance)
        assert found == expected
        both = then.every("Basic", [equals(term("colour", each)) for each in COLOURS])
        assert {each.key.id for each in both} == set(expected)
        red = [each.key.id for each in then.every("Basic", [equals(term("colour", "red")), EVERYTHING])]
        assert sorted(red) == sorted(expected)
        for id in IDS:
            version = then.read(Key("Basic", id))
            assert (version.body if version else None) == expected.get(id)


def test_what_was_deleted(store) -> None:
    chance = random.Random(7)
    for _ in range(30):
        change(store, chance)
    gated = GatedStore(store, Principal("clinic", "app", parse("system/*.rs")))
    first = store.tail("clinic", 0, 1)[0].at
    ever = {version.key.id for entry in store.tail("clinic", 0, 100) for version in entry.versions()}

    deleted = sorted(each.id for each in Past(gated, 30).deletions("Basic", first))

    assert deleted == sorted(ever - set(now(store)))
    assert deleted
