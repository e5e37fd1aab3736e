"""What is past its age is gone for good; what has to stay stays, and the store is whole afterwards."""

from datetime import timedelta
from pathlib import Path

import pytest

from server.store.backup import backup, restore
from server.store.check import check
from server.store.copy import compare, copy
from server.store.entry import Key
from server.store.retention import Retention, purge
from server.store.store import open_engine

DAY = timedelta(days=1)


@pytest.fixture
def purged(engine, entry):
    """``purged(upto, messages=True)``: the store, once what is older than entry ``upto`` is past its age."""

    def run(upto, *, messages=False, versions=False):
        retention = Retention(DAY if messages else None, DAY if versions else None)
        return purge(engine, "clinic", retention, entry(upto).at + DAY)

    return run


def kept(engine):
    return [bool(each.raw) for each in engine.tail("clinic", 0, 1000)]


def test_nothing_is_purged_unless_an_age_is_given(engine, fill, purged):
    fill(engine, "clinic", 8)
    before = engine.tail("clinic", 0, 99)
    assert purged(99) == 0
    assert engine.tail("clinic", 0, 99) == before


def test_old_messages_are_gone_and_their_entries_are_not(engine, fill, purged):
    fill(engine, "clinic", 8)
    before = engine.tail("clinic", 0, 99)
    assert purged(5, messages=True) == 4
    assert kept(engine) == [False] * 4 + [True] * 4
    after = engine.tail("clinic", 0, 99)
    assert [(e.id, e.reply, e.about, e.writes) for e in after] == [(e.id, e.reply, e.about, e.writes) for e in before]
    assert engine.answered("clinic", ["d2"])["d2"].reply == b"MSA|AA"
    assert [each.seq for each in engine.messages("clinic", {"control_id": "m2"}, None, 5)] == [2]


def test_a_version_is_kept_until_it_has_been_superseded_for_as_long(engine, fill, purged):
    fill(engine, "clinic", 8)
    ann, bob = Key("Patient", "1a"), Key("Patient", "1b")
    assert purged(3, versions=True) == 2
    assert not engine.vread("clinic", ann, 1).purged
    assert purged(4, versions=True) == 1
    assert [engine.vread("clinic", ann, n).purged for n in (1, 2)] == [True, False]
    assert [engine.vread("clinic", bob, n).purged for n in (1, 2)] == [True, False]
    purged(99, versions=True)
    assert [engine.vread("clinic", ann, n).purged for n in (1, 2)] == [True, True]
    assert engine.read("clinic", ann).deleted
    assert not engine.read("clinic", bob).purged


def test_of_a_purged_version_only_what_it_was_called_is_left(engine, fill, purged):
    fill(engine, "clinic", 4)
    before = engine.vread("clinic", Key("Patient", "1a"), 1)
    purged(99, versions=True)
    after = engine.vread("clinic", before.key, 1)
    assert (after.body, after.terms, dict(after.marks)) == (b"", (), {})
    assert (after.seq, after.at, after.reserves) == (before.seq, before.at, before.reserves)
    assert len(engine.history("clinic", before.key, limit=9, before=None).versions) == 3


def test_the_newest_is_found_as_before(engine, fill, purged, extract):
    fill(engine, "clinic", 40)
    before = engine.current("clinic", "Patient", "", 99), engine.held("clinic", "", 99)
    purged(99, messages=True, versions=True)
    assert (engine.current("clinic", "Patient", "", 99), engine.held("clinic", "", 99)) == before
    assert [each.faults for each in check(engine, extract).values()] == [[], []]


def test_it_goes_on_where_it_was(engine, fill, purged, entry):
    def stop(_):
        raise KeyboardInterrupt

    fill(engine, "clinic", 410)
    with pytest.raises(KeyboardInterrupt):
        purge(engine, "clinic", Retention(messages=DAY), entry(999).at + DAY, stop)
    assert kept(engine)[199:201] == [False, True]
    assert purged(999, messages=True) == 210
    assert purged(999, messages=True) == 0
    assert not any(kept(engine))


def test_a_purged_store_is_copied_backed_up_and_rebuilt(engine, fill, purged, extract, tmp_path):
    fill(engine, "clinic", 40)
    purged(30, messages=True, versions=True)
    backup(engine, tmp_path / "store.backup")
    targets = [open_engine(f"sqlite:///{tmp_path}/{name}.db") for name in ("copied", "restored")]
    copy(engine, targets[0])
    restore(tmp_path / "store.backup", targets[1])
    for each in targets:
        compare(engine, each)
        assert engine.current("clinic", "Patient", "", 99) == each.current("clinic", "Patient", "", 99)
        assert sorted(engine.held("clinic", "", 99)) == each.held("clinic", "", 99)
        assert [found.faults for found in check(each, extract).values()] == [[], []]
        each.close()


def test_a_deleted_resource_may_come_back_after_its_versions_were_purged(engine, fill, purged, write, entry):
    fill(engine, "clinic", 4)
    purged(99, versions=True)
    engine.append("clinic", [entry(5, write("Patient/1a", 3, terms=("again",)))])
    assert engine.project("clinic") == 5
    assert engine.read("clinic", Key("Patient", "1a")).version == 4


def test_nothing_is_left_in_the_file(tmp_path, entry, write):
    path = tmp_path / "store.db"
    engine = open_engine(f"sqlite:///{path}")
    secret = b"SECRET-" * 2000
    engine.append("clinic", [entry(1, write("Patient/1", body=b'"%s"' % secret, terms=("name\x1fsecret-term",)))])
    engine.append("clinic", [entry(2, write("Patient/1", 1))])
    purge(engine, "clinic", Retention(DAY, DAY), entry(9).at + DAY)
    engine.close()
    assert b"SECRET" not in Path(path).read_bytes()
    assert b"secret-term" not in Path(path).read_bytes()
