"""The journal over both engines: order, dedupe, races, refusals."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Event

import pytest

from server.store.engine import TooLarge, Unavailable
from server.store.entry import Entry, Key, Write
from server.store.journal import Held, Journal, Stale
from server.store.query import EVERYTHING, Search, equals, term

ANNA = Key("Patient", "anna")


def admit(mrn):
    """What an admission does: the patient who holds this number, else a new one; each time a new version."""
    value = f"Patient?identifier=mrn|{mrn}"

    def fold(snapshot):
        key = snapshot.holders([value]).get(value) or Key("Patient", snapshot.new_id(value))
        stored = snapshot.read(key)
        terms = (term("identifier", mrn),)
        write = Write(key, stored.version if stored else 0, b"{}", terms, (value,))
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "app", "mllp", (write,), key.id.encode())

    return fold


def test_an_entry_is_given_its_place_and_can_be_found_when_it_is_answered(journal, engine):
    entries = [journal.submit("clinic", admit("1")).result() for _ in range(3)]
    assert [each.seq for each in entries] == [1, 2, 3]
    assert [each.writes[0].base for each in entries] == [0, 1, 2]
    assert engine.entry("clinic", entries[2].id) == entries[2]
    assert engine.count("clinic", "Patient", equals(term("identifier", "1"))) == 1


def test_many_at_once_are_one_patient(journal, engine):
    with ThreadPoolExecutor(32) as pool:
        entries = list(pool.map(lambda _: journal.submit("clinic", admit("1")).result(), range(32)))
    assert sorted(each.seq for each in entries) == list(range(1, 33))
    assert len({each.reply for each in entries}) == 1
    assert engine.search("clinic", Search("Patient")).versions[0].version == 32


def test_of_many_who_reserve_one_value_one_gets_it(journal, engine, fold, write):
    def create(n):
        return journal.submit("clinic", fold(write(f"Patient/p{n}", reserves=("one",)))).result()

    with ThreadPoolExecutor(32) as pool:
        results = [pool.submit(create, n) for n in range(32)]
        wait(results)
    lost = [each.exception() for each in results if each.exception()]
    assert len(lost) == 31
    assert {type(error) for error in lost} == {Held}
    assert engine.count("clinic", "Patient", EVERYTHING) == engine.last("clinic") == 1


def test_what_is_asked_twice_is_done_once_also_after_a_restart(journal, engine, reopen):
    first = journal.submit("clinic", admit("1"), dedupe="app|M1").result()
    assert journal.submit("clinic", admit("2"), dedupe="app|M1").result() == first
    journal.close()
    again = Journal(reopen())
    assert again.submit("clinic", admit("1"), dedupe="app|M1").result() == first
    assert again.submit("clinic", admit("1"), dedupe="app|M2").result().seq == 2
    assert again.submit("elsewhere", admit("1"), dedupe="app|M1").result().tenant == "elsewhere"
    again.close()
    assert engine.last("clinic") == 2


def test_what_is_asked_twice_at_once_is_done_once(journal, engine):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: journal.submit("clinic", admit("1"), dedupe="app|M1").result(), range(16)))
    assert len({each.id for each in answers}) == engine.last("clinic") == 1


class Slow:
    """An engine whose first append waits, and may then go wrong."""

    def __init__(self, engine, error=None):
        self._engine, self._error = engine, error
        self.begun, self.gate = Event(), Event()

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def append(self, tenant, entries):
        first = not self.begun.is_set()
        self.begun.set()
        self.gate.wait()
        if first and self._error:
            raise self._error
        return self._engine.append(tenant, entries)


def in_turn(slow, journal):
    """Two admissions of one patient: the second is folded while the first is being written. What each was folded on."""
    seen, folded = [], Event()

    def admitting(name):
        def fold(snapshot):
            before = snapshot.read(ANNA)
            seen.append((name, before.version if before else 0))
            write = Write(ANNA, before.version if before else 0, b"{}")
            if name == "second":
                folded.set()
            return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "app", "mllp", (write,))

        return fold

    first = journal.submit("clinic", admitting("first"))
    slow.begun.wait()
    second = journal.submit("clinic", admitting("second"), dedupe="second")
    folded.wait()
    assert not first.done()
    return first, second, seen


def test_the_next_is_folded_while_the_last_is_being_written(engine):
    slow = Slow(engine)
    journal = Journal(slow)
    first, second, seen = in_turn(slow, journal)
    slow.gate.set()
    assert [first.result().seq, second.result().seq] == [1, 2]
    assert seen == [("first", 0), ("second", 1)]
    journal.close()


def test_what_was_folded_on_what_was_not_written_is_folded_again(engine):
    slow = Slow(engine, Unavailable("no room"))
    journal = Journal(slow, sleep=lambda _: None)
    first, second, seen = in_turn(slow, journal)
    slow.gate.set()
    assert sorted((first.result().seq, second.result().seq)) == [1, 2]
    assert engine.read("clinic", ANNA).version == engine.last("clinic") == 2
    assert seen[:2] == [("first", 0), ("second", 1)]
    assert ("second", 1) in seen[2:]
    journal.close()


def test_what_was_folded_while_another_came_first_is_folded_again(engine, reopen):
    slow = Slow(engine)
    journal, other = Journal(slow), Journal(reopen())
    first, second, _ = in_turn(slow, journal)
    other.submit("clinic", admit("9")).result()
    slow.gate.set()
    assert sorted((first.result().seq, second.result().seq)) == [2, 3]
    assert engine.read("clinic", ANNA).version == 2
    journal.close()
    other.close()


def test_a_stale_write_is_refused_and_nothing_is_written(journal, engine, fold, write):
    journal.submit("clinic", fold(write("Patient/anna"))).result()
    with pytest.raises(Stale, match="Patient/anna is at version 1, not 0"):
        journal.submit("clinic", fold(write("Patient/ben"), write("Patient/anna"))).result()
    assert engine.last("clinic") == 1
    assert engine.read("clinic", Key("Patient", "ben")) is None


def test_a_refusal_names_no_patients_number(journal, fold, write):
    value = "Patient?identifier=mrn|123-45-6789"
    journal.submit("clinic", fold(write("Patient/anna", reserves=(value,)))).result()
    with pytest.raises(Held) as refused:
        journal.submit("clinic", fold(write("Patient/ben", reserves=(value,)))).result()
    assert str(refused.value) == "Patient/anna holds the Patient?identifier that Patient/ben reserves"
    assert (refused.value.value, refused.value.holder) == (value, ANNA)


def test_a_merge_moves_a_value_within_one_entry(journal, engine, fold, write):
    journal.submit("clinic", fold(write("Patient/old", reserves=("one",)), write("Patient/new"))).result()
    merged = fold(write("Patient/old", 1), write("Patient/new", 1, reserves=("one",)))
    assert journal.submit("clinic", merged).result().writes[0].frees == ("one",)
    assert engine.holders("clinic", ["one"]) == {"one": Key("Patient", "new")}


REFUSED = {
    "raises": (lambda entry: 1 / 0, ZeroDivisionError),
    "of another tenant": (lambda entry: replace(entry, tenant="other"), ValueError),
    "writes a resource twice": (lambda entry: replace(entry, writes=entry.writes * 2), ValueError),
    "too large": (lambda entry: replace(entry, raw=bytes(16_000_000)), TooLarge),
    "half a surrogate pair": (lambda entry: replace(entry, actor="\ud800"), ValueError),
    "half a surrogate pair in a key": (
        lambda entry: replace(entry, writes=(Write(Key("A", "\ud800"), 0, b""),)),
        ValueError,
    ),
}


@pytest.mark.parametrize(("spoil", "error"), REFUSED.values(), ids=REFUSED)
def test_one_bad_submission_hurts_no_other_of_its_batch(journal, engine, spoil, error):
    def bad(snapshot):
        return spoil(admit("bad")(snapshot))

    gate = threading.Event()
    journal.submit("clinic", lambda snapshot: gate.wait() and admit("0")(snapshot))
    before = [journal.submit("clinic", admit(str(n))) for n in range(3)]
    refused = journal.submit("clinic", bad)
    after = [journal.submit("clinic", admit(str(n))) for n in range(3)]
    gate.set()
    with pytest.raises(error):
        refused.result()
    assert [each.result().seq for each in before + after] == [2, 3, 4, 5, 6, 7]
    assert engine.last("clinic") == 7


def test_an_entry_may_be_as_large_as_is_said(journal, engine):
    def large(snapshot):
        return replace(admit("1")(snapshot), raw=bytes(15_990_000))

    assert journal.submit("clinic", large).result().seq == 1
    assert len(engine.tail("clinic", 0, 5)[0].raw) == 15_990_000


def test_a_fold_sees_what_earlier_ones_of_its_batch_wrote(journal):
    seen = []

    def look(snapshot):
        found = snapshot.find("Patient", equals(term("identifier", "1")))
        seen.append([(version.version, version.seq) for version in found])
        return replace(admit("1")(snapshot))

    gate = threading.Event()
    journal.submit("clinic", lambda snapshot: gate.wait() and admit("1")(snapshot))
    futures = [journal.submit("clinic", look) for _ in range(3)]
    gate.set()
    wait(futures)
    assert seen[-3:] == [[(1, 1)], [(2, 2)], [(3, 3)]]


def test_a_value_freed_or_moved_earlier_in_the_batch_is_seen_so(journal, fold, write):
    held = []

    def look(snapshot):
        held.append(snapshot.holders(["one", "two", "three"]))
        return fold(write("Patient/c"))(snapshot)

    journal.submit("clinic", fold(write("Patient/a", reserves=("one", "two")))).result()
    gate = threading.Event()
    journal.submit("clinic", lambda snapshot: gate.wait() and fold(write("Patient/x"))(snapshot))
    moved = journal.submit(
        "clinic", fold(write("Patient/a", 1, reserves=("two",)), write("Patient/b", reserves=("three",)))
    )
    freed = journal.submit("clinic", fold(write("Patient/b", 1)))
    looked = journal.submit("clinic", look)
    gate.set()
    assert [each.result().seq for each in (moved, freed, looked)] == [3, 4, 5]
    assert held == [{"two": Key("Patient", "a")}]


def test_ids_of_an_identity_are_the_same_for_ever_and_others_never(journal, reopen):
    ids = []

    def note(snapshot):
        ids.append((snapshot.new_id("Patient?x"), snapshot.new_id("Patient?y"), snapshot.new_id()))
        return admit("1")(snapshot)

    journal.submit("clinic", note).result()
    journal.submit("elsewhere", note).result()
    other = Journal(reopen())
    other.submit("clinic", note).result()
    other.close()
    (x, y, made), (far, _, _), (again, _, made_again) = ids
    assert x == again
    assert len({x, y, made, far, made_again}) == 5


def test_journals_of_one_store_take_turns(reopen):
    journals = [Journal(reopen()) for _ in range(3)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: journals[n % 3].submit("clinic", admit(str(n % 5))).result(), range(60)))
    for each in journals:
        each.close()
    entries = reopen().tail("clinic", 0, 100)
    assert sorted(each.seq for each in answers) == [each.seq for each in entries] == list(range(1, 61))
    bases = [each.writes[0].base for each in entries if each.writes[0].key == entries[0].writes[0].key]
    assert bases == list(range(12))


def test_a_closed_journal_takes_nothing_and_loses_nothing(journal, engine):
    futures = [journal.submit("clinic", admit("1")) for _ in range(20)]
    journal.close()
    assert [each.result().seq for each in futures] == list(range(1, 21))
    with pytest.raises(Unavailable):
        journal.submit("clinic", admit("1"))
    journal.close()


def test_a_tenants_name_is_plain(journal):
    for name in ("", "a/b", "a b", "\u00e4", "a" * 65, "$x"):
        with pytest.raises(ValueError, match="tenant"):
            journal.submit(name, admit("1"))
