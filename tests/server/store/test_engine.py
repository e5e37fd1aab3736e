"""What every engine does, tested once for all."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from server.store.entry import Key, Renewal
from server.store.query import EVERYTHING, NOTHING, Search, equals, term

ANNA = Key("Patient", "anna")
VISIT = Key("Encounter", "visit")


def put(engine, *entries):
    assert engine.append(entries[0].tenant, entries) == len(entries)
    assert engine.project(entries[0].tenant) == entries[-1].seq


def ids(page):
    return sorted(version.key.id for version in page.versions)


def test_an_empty_store_has_nothing(engine):
    assert engine.last("clinic") == engine.project("clinic") == 0
    assert engine.read("clinic", ANNA) is None
    assert engine.vread("clinic", ANNA, 1) is None
    assert engine.newest("clinic", [ANNA, VISIT]) == {}
    assert engine.holders("clinic", ["a"]) == engine.answered("clinic", ["a"]) == {}
    assert engine.search("clinic", Search("Patient")).versions == ()
    assert engine.count("clinic", "Patient", EVERYTHING) == 0
    assert engine.history("clinic", None, limit=5, before=None).versions == ()
    assert list(engine.tail("clinic", 0, 10)) == list(engine.messages("clinic", {}, None, 10)) == []
    assert engine.entry("clinic", "x") is None


def test_entries_come_back_as_they_were(engine, entry, write):
    first = entry(
        1,
        write(
            "Patient/anna",
            terms=("family\x1fm\u00fcller", "\U0001f600\x1fx"),
            marks={"name": "2026-01-01", "a.b": "$c"},
        ),
        write("Encounter/visit", reserves=("Encounter?identifier=s|1",)),
        about={"control_id": "M1", "status": "AA"},
        dedupe="app|M1",
    )
    second = entry(
        2,
        write(
            "Encounter/visit",
            1,
            body=None,
            terms=("status\x1fx",),
            keeps=("x",),
            reserves=("x",),
            frees=("Encounter?identifier=s|1",),
        ),
        about={"$where": "1", "a.b": "\x1f"},
    )
    third = replace(entry(3), reply=b"", raw=b"\x00\xff")
    put(engine, first, second)
    put(engine, third)
    assert list(engine.tail("clinic", 0, 10)) == [first, second, third]
    assert list(engine.tail("clinic", 1, 1)) == [second]
    assert engine.entry("clinic", second.id) == second
    assert engine.entry("elsewhere", second.id) is None
    assert engine.answered("clinic", ["app|M1", "app|M2"]) == {"app|M1": first}


def test_the_last_renewal_of_marks_is_read(engine, entry, write):
    one = entry(1, write("Patient/anna", marks={"name": "1"}))
    two = replace(entry(2), renewals=(Renewal(ANNA, {"name": "2", "a.b": "1"}),))
    three = replace(entry(3, write("Encounter/visit")), renewals=(Renewal(ANNA, {"name": "3", "a.b": "3", "$c": "1"}),))
    put(engine, one, two)
    put(engine, three)
    assert list(engine.tail("clinic", 0, 10)) == [one, two, three]
    assert engine.renewed("clinic", [ANNA, VISIT]) == {ANNA: (3, {"name": "3", "a.b": "3", "$c": "1"})}
    assert engine.renewed("elsewhere", [ANNA]) == {}
    assert engine.read("clinic", ANNA).version == 1


def test_the_newest_version_is_read_and_old_ones_stay(engine, entry, write):
    one, two = entry(1, write("Patient/anna", terms=("a",))), entry(2, write("Patient/anna", 1, terms=("b",)))
    put(engine, one)
    put(engine, two)
    assert engine.read("clinic", ANNA) == two.versions()[0]
    assert engine.newest("clinic", [ANNA, VISIT]) == {ANNA: two.versions()[0]}
    assert [engine.vread("clinic", ANNA, n) for n in (1, 2, 3)] == [one.versions()[0], two.versions()[0], None]
    assert engine.vread("clinic", Key("Patient", "an"), 1) is None


def test_a_place_that_is_taken_is_not_taken_again(engine, reopen, entry, write):
    other = reopen()
    put(other, entry(1, write("Patient/anna")))
    assert engine.append("clinic", [entry(1, id="mine"), entry(2)]) == 0
    assert engine.project("clinic") == 1
    assert [each.id for each in engine.tail("clinic", 0, 9)] == ["clinic-1"]
    put(engine, entry(2, write("Patient/anna", 1)))
    assert other.project("clinic") == 2
    assert other.read("clinic", ANNA).version == 2


def test_projecting_again_changes_nothing(engine, reopen, entry, write):
    put(
        engine,
        entry(1, write("Patient/anna", terms=("a",), reserves=("r",))),
        entry(2, write("Patient/ben", terms=("a",))),
    )
    put(engine, entry(3, write("Patient/anna", 1, terms=("b",), frees=("r",))))
    before = engine.read("clinic", ANNA), engine.search("clinic", Search("Patient")), engine.holders("clinic", ["r"])
    assert engine.project("clinic") == reopen().project("clinic") == 3
    after = engine.read("clinic", ANNA), engine.search("clinic", Search("Patient")), engine.holders("clinic", ["r"])
    assert before == after


def test_what_was_appended_is_projected_by_whoever_comes_next(engine, reopen, entry, write):
    engine.append("clinic", [entry(1, write("Patient/anna", terms=("a",), reserves=("r",)))])
    other = reopen()
    assert other.project("clinic") == 1
    assert other.read("clinic", ANNA).version == 1
    assert other.holders("clinic", ["r"]) == {"r": ANNA}
    assert engine.project("clinic") == 1


def test_reserved_values_move_with_their_entries(engine, entry, write):
    put(engine, entry(1, write("Patient/anna", reserves=("r", "s" * 3000, "$gt"))), entry(2, write("Patient/ben")))
    assert engine.holders("clinic", ["r", "s" * 3000, "$gt", "none"]) == dict.fromkeys(["r", "s" * 3000, "$gt"], ANNA)
    ben = write("Patient/ben", 1, reserves=("r",))
    put(engine, entry(3, write("Patient/anna", 1, reserves=("$gt",), frees=("r", "s" * 3000)), ben))
    assert engine.holders("clinic", ["r", "s" * 3000, "$gt"]) == {"r": ben.key, "$gt": ANNA}
    assert engine.holders("elsewhere", ["r"]) == {}


def test_the_terms_of_an_older_version_find_nothing(engine, entry, write):
    put(engine, entry(1, write("Patient/anna", terms=("a", "b"))), entry(2, write("Patient/anna", 1, terms=("b", "c"))))
    found = {text: engine.count("clinic", "Patient", equals(text)) for text in "abc"}
    put(engine, entry(3, write("Patient/anna", 2, terms=("a",))))
    later = {text: engine.count("clinic", "Patient", equals(text)) for text in "abc"}
    assert (found, later) == ({"a": 0, "b": 1, "c": 1}, {"a": 1, "b": 0, "c": 0})


def test_a_deleted_resource_is_read_but_not_found_and_may_come_back(engine, entry, write):
    put(engine, entry(1, write("Patient/anna", terms=("a",))))
    gone = entry(2, write("Patient/anna", 1, body=None, terms=("a",)))
    put(engine, gone)
    assert engine.read("clinic", ANNA) == gone.versions()[0]
    assert engine.read("clinic", ANNA).deleted
    assert engine.search("clinic", Search("Patient")).versions == ()
    assert engine.count("clinic", "Patient", equals("a")) == engine.count("clinic", "Patient", EVERYTHING) == 0
    put(engine, entry(3, write("Patient/anna", 2, terms=("a",))))
    assert ids(engine.search("clinic", Search("Patient", equals("a")))) == ["anna"]


def test_tenants_do_not_see_each_other(engine, entry, write):
    put(engine, entry(1, write("Patient/anna", terms=("a",), reserves=("r",)), tenant="a", dedupe="d"))
    put(engine, entry(1, write("Patient/anna", terms=("a",), reserves=("r",)), tenant="a.b", dedupe="d"))
    put(engine, entry(2, write("Patient/ben", terms=("a",)), tenant="a.b"))
    assert [engine.count(tenant, "Patient", equals("a")) for tenant in ("a", "a.b", "c")] == [1, 2, 0]
    assert [engine.last(tenant) for tenant in ("a", "a.b", "c")] == [1, 2, 0]
    assert engine.answered("a", ["d"])["d"].tenant == "a"
    assert [len(engine.history(tenant, None, limit=9, before=None).versions) for tenant in ("a", "a.b")] == [1, 2]


def test_history_is_newest_first_and_pages_end_with_whole_entries(engine, entry, write):
    put(engine, entry(1, write("Patient/anna"), write("Patient/ben"), write("Encounter/visit")))
    put(engine, entry(2, write("Patient/anna", 1)), entry(3), entry(4, write("Patient/anna", 2), write("Patient/cy")))

    def walk(key=None, type=None, limit=1):
        before, pages = None, []
        while True:
            page = engine.history("clinic", key, type=type, limit=limit, before=before)
            pages.append([f"{version.key.id}{version.version}" for version in page.versions])
            if page.next is None:
                return pages
            before = int(page.next)

    assert walk(ANNA) == [["anna3"], ["anna2"], ["anna1"]]
    assert walk(ANNA, limit=2) == [["anna3", "anna2"], ["anna1"]]
    assert walk(type="Patient") == [["cy1", "anna3"], ["anna2"], ["ben1", "anna1"]]
    assert walk() == [["cy1", "anna3"], ["anna2"], ["visit1", "ben1", "anna1"]]
    assert walk(limit=3) == [["cy1", "anna3", "anna2"], ["visit1", "ben1", "anna1"]]
    assert walk(Key("Patient", "ann")) == walk(type="Pat") == [[]]


def test_the_message_log_is_newest_first_and_asked_by_facts(engine, entry, write):
    about = [
        {"control_id": "1", "status": "AA", "sender": "A|X"},
        {},
        {"control_id": "2", "status": "AE", "sender": "A|X", "type": "ADT"},
        {"control_id": "1", "status": "AE", "sender": "B|$where"},
        {"status": "AE"},
    ]
    put(engine, *(entry(seq, about=facts) for seq, facts in enumerate(about, 1)))

    def seqs(facts, since=None, limit=9):
        return [each.seq for each in engine.messages("clinic", facts, since, limit)]

    assert seqs({}) == [4, 3, 1]
    assert seqs({}, limit=2) == [4, 3]
    assert seqs({"control_id": "1"}) == [4, 1]
    assert seqs({"status": "AE", "sender": "A|X"}) == [3]
    assert seqs({"type": "ADT"}) == [3]
    assert seqs({"sender": "B|$where"}) == [4]
    assert seqs({"sender": "$gt"}) == []
    assert seqs({}, since=entry(3).at) == [4, 3]
    assert seqs({"status": "AE"}, since=entry(3).at + timedelta(microseconds=1)) == [4]


def test_a_lease_has_one_holder_until_it_ends(engine, entry):
    now, later = entry(1).at, entry(1).at + timedelta(seconds=30)
    assert engine.lease("follower", "a", now, later)
    assert not engine.lease("follower", "b", now, later)
    assert engine.lease("other", "b", now, later)
    assert engine.lease("follower", "a", now, later + timedelta(seconds=1))
    assert not engine.lease("follower", "b", later, later + timedelta(seconds=30))
    assert engine.lease("follower", "b", later + timedelta(seconds=1), later + timedelta(seconds=30))
    assert not engine.lease("follower", "a", later + timedelta(seconds=2), later + timedelta(seconds=40))


def test_a_lease_tells_its_next_holder_how_far_the_work_is(engine, entry):
    now, later, last = (entry(1).at + timedelta(seconds=seconds) for seconds in (0, 30, 60))
    assert engine.progress("follower") is None
    assert engine.lease("follower", "a", now, later)
    assert engine.progress("follower") == 0
    assert engine.lease("follower", "a", now, later, 7)
    assert not engine.lease("follower", "b", now, later, 9)
    assert engine.progress("follower") == 7
    assert engine.lease("follower", "b", later, last, 3)
    assert engine.progress("follower") == 7
    assert engine.progress("other") is None


def test_a_store_has_one_namespace_for_ever(engine, reopen):
    assert UUID(engine.namespace()) == UUID(reopen().namespace())
    engine.check()


HOSTILE = {
    "operator": "$gt",
    "field path": "$terms",
    "dots": "a.b.$[].c",
    "javascript": "'; return true; //",
    "sql": "x' OR '1'='1",
    "wildcards": "%_*?[a]",
    "pattern": ".*(a+)+$\\Q",
    "nul": "a\x00b",
    "long": "l" * 20_000,
    "beyond the plane": "\U0001f600",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_input_is_never_more_than_a_value(engine, entry, write, text):
    named = term("name", text.replace("\x00", ""))
    key = Key("Patient", "x" if len(text) > 64 or "\x00" in text else text)
    put(
        engine,
        entry(
            1,
            write(f"Patient/{key.id}", terms=(named,), reserves=(text,)),
            write("Patient/other", terms=("name\x1fb",)),
        ),
    )
    assert engine.read("clinic", key).terms == (named,)
    assert ids(engine.search("clinic", Search("Patient", equals(named)))) == [key.id]
    assert engine.holders("clinic", [text]) == {text: key}
    assert engine.count("clinic", "Patient", equals(term("name", text))) == ("\x00" not in text)
    assert engine.count("clinic", "Patient", NOTHING) == engine.count("clinic", text, EVERYTHING) == 0
    assert engine.read("clinic", Key(text, text)) is None
    assert engine.answered("clinic", [text]) == {}
    assert engine.entry("clinic", text) is None
