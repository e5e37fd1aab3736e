"""A store into another, of either kind, and into a file and back: all of it, while it is written, after a kill."""

import gzip
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta

import pytest

from server.store.backup import NoBackup, backup, restore
from server.store.check import check
from server.store.copy import Differs, compare, copy
from server.store.engine import Unusable
from server.store.query import EVERYTHING, Search, equals
from server.store.store import open_engine


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=[pytest.mark.mongodb, pytest.mark.timeout(600)])])
def target_url(request, tmp_path):
    """Of an empty store beside the first one."""
    return request.getfixturevalue("mongodb_url") if request.param == "mongodb" else f"sqlite:///{tmp_path}/target.db"


@pytest.fixture
def source(tmp_path):
    opened = open_engine(f"sqlite:///{tmp_path}/source.db")
    yield opened
    opened.close()


@pytest.fixture
def target(target_url):
    opened = open_engine(target_url)
    yield opened
    opened.close()


@pytest.fixture
def same(extract):
    """All that can be asked of two stores, after the same entries."""

    def compared(one, other):
        assert one.namespace() == other.namespace()
        assert one.tenants() == other.tenants()
        for tenant in one.tenants():
            assert list(one.tail(tenant, 0, 10_000)) == list(other.tail(tenant, 0, 10_000))
            assert one.held(tenant, "", 10_000) == sorted(other.held(tenant, "", 10_000))
            assert one.types(tenant) == other.types(tenant)
            for type in one.types(tenant):
                assert one.current(tenant, type, "", 10_000) == other.current(tenant, type, "", 10_000)
                assert one.count(tenant, type, EVERYTHING) == other.count(tenant, type, EVERYTHING)
        for engine in (one, other):
            assert [each.faults for each in check(engine, extract).values() if each.wrong] == []

    return compared


def test_a_copy_is_the_same(source, target, fill, same):
    fill(source, "clinic", 410)
    fill(source, "a.b", 7)
    looked = []
    assert copy(source, target, looked.append) == sum(looked) == 417
    compare(source, target)
    same(source, target)
    assert target.search("clinic", Search("Patient", equals("n\x1f3"))).versions[0].key.id == "1b"


def test_there_and_back_again(source, target, fill, same, tmp_path):
    fill(source, "clinic", 20)
    copy(source, target)
    again = open_engine(f"sqlite:///{tmp_path}/again.db")
    copy(target, again)
    same(source, again)
    again.close()


def test_a_copy_goes_on_and_brings_over_what_came_meanwhile(source, target, fill, same):
    def stop(done):
        if done:
            raise KeyboardInterrupt

    fill(source, "clinic", 410)
    with pytest.raises(KeyboardInterrupt):
        copy(source, target, stop)
    assert target.last("clinic") == 200
    assert copy(source, target) == 410
    fill(source, "clinic", 3)
    assert copy(source, target) == 413
    same(source, target)


def test_followers_go_on_where_they_were(source, target, fill, entry):
    fill(source, "clinic", 3)
    at = entry(1).at
    source.lease("clinic/feed", "a", at, at + timedelta(days=9), 2)
    source.note("feed/clinic", "knows this")
    copy(source, target)
    assert target.notes() == {"feed/clinic": "knows this"}
    assert target.progress("clinic/feed") == 2
    assert target.lease("clinic/feed", "b", at, at)


def test_a_store_of_its_own_is_not_copied_over(source, target, fill):
    fill(source, "clinic", 2)
    fill(target, "clinic", 2)
    with pytest.raises(Unusable, match="entries of its own"):
        copy(source, target)


def test_a_store_that_went_another_way_is_not_copied_over(source, target, fill, entry):
    fill(source, "clinic", 2)
    copy(source, target)
    target.append("clinic", [entry(3, id="mine")])
    fill(source, "clinic", 2)
    with pytest.raises(Differs, match="entry 3 is another"):
        copy(source, target)
    with pytest.raises(Differs, match="entry 3 is not the same"):
        compare(source, target)


def test_one_who_writes_to_the_target_is_noticed(source, target, fill, entry, monkeypatch):
    fill(source, "clinic", 2)
    monkeypatch.setattr(target, "append", lambda tenant, entries: len(entries) - 1)
    with pytest.raises(Unusable, match="somebody else"):
        copy(source, target)


COPY = """
import sys
from server.store.copy import copy
from server.store.store import open_engine

def told(done):
    print(done, flush=True)
copy(open_engine(sys.argv[1]), open_engine(sys.argv[2]), told)
"""


def test_a_copy_that_is_killed_goes_on_while_the_source_is_written(source, target_url, tmp_path, fill, same):
    fill(source, "clinic", 900)
    copying = subprocess.Popen(
        [sys.executable, "-c", COPY, f"sqlite:///{tmp_path}/source.db", target_url], stdout=subprocess.PIPE, text=True
    )
    for line in copying.stdout:
        if int(line) > 0:
            break
    copying.kill()
    copying.communicate()
    fill(source, "clinic", 11)
    target = open_engine(target_url)
    assert 0 < target.last("clinic") < 911
    copy(source, target)
    same(source, target)
    target.close()


def test_a_backup_is_restored_into_either_engine(source, target, fill, same, tmp_path):
    fill(source, "clinic", 410)
    fill(source, "a.b", 2)
    path = tmp_path / "store.backup"
    assert backup(source, path) == restore(path, target) == {"a.b": 2, "clinic": 410}
    same(source, target)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_backup_of_either_engine(source, target, fill, same, tmp_path):
    fill(target, "clinic", 10)
    backup(target, tmp_path / "store.backup")
    restore(tmp_path / "store.backup", source)
    same(source, target)


def test_a_backup_has_what_followers_know(source, target, fill, entry, tmp_path):
    fill(source, "clinic", 3)
    source.lease("clinic/feed", "a", entry(1).at, entry(2).at, 2)
    source.note("feed/clinic", "knows this")
    backup(source, tmp_path / "store.backup")
    restore(tmp_path / "store.backup", target)
    assert target.notes() == {"feed/clinic": "knows this"}
    assert target.progress("clinic/feed") == 2


def test_an_empty_store_has_a_backup(source, target, tmp_path):
    assert backup(source, tmp_path / "store.backup") == restore(tmp_path / "store.backup", target) == {}
    assert target.namespace() == source.namespace()


def test_a_backup_is_one_state_though_others_write(url, reopen, fill, extract, tmp_path):
    engine, writer, stop = reopen(), reopen(), threading.Event()
    fill(engine, "clinic", 300)

    def write():
        while not stop.is_set():
            fill(writer, "clinic", 5)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        last = backup(engine, tmp_path / "store.backup")
    finally:
        stop.set()
        thread.join()
    restored = open_engine(f"sqlite:///{tmp_path}/restored.db")
    restore(tmp_path / "store.backup", restored)
    assert restored.last("clinic") == last["clinic"] >= 300
    assert [each.faults for each in check(restored, extract).values()] == [[], []]
    compare(engine, restored)
    restored.close()


def test_a_restore_goes_on(source, target, fill, same, tmp_path):
    fill(source, "clinic", 410)
    backup(source, tmp_path / "store.backup")

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "store.backup", target, stop)
    assert target.last("clinic") == 200
    restore(tmp_path / "store.backup", target)
    same(source, target)


def test_a_backup_is_not_restored_over_a_store(source, target, fill, tmp_path):
    fill(source, "clinic", 2)
    fill(target, "other", 2)
    backup(source, tmp_path / "store.backup")
    with pytest.raises(Unusable, match="entries of its own"):
        restore(tmp_path / "store.backup", target)


def test_a_backup_is_not_restored_over_what_went_another_way(source, target, fill, entry, tmp_path):
    fill(source, "clinic", 2)
    copy(source, target)
    target.append("clinic", [entry(3, id="mine")])
    fill(source, "clinic", 2)
    backup(source, tmp_path / "store.backup")
    with pytest.raises(Unusable, match="entry 3 is another"):
        restore(tmp_path / "store.backup", target)


def test_a_file_that_is_there_is_not_written_over(source, tmp_path):
    path = tmp_path / "store.backup"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        backup(source, path)
    assert path.read_text() == "mine"


def unpacked(data, change):
    return gzip.compress(change(gzip.decompress(data)))


DAMAGE = {
    "cut short": lambda data: data[:-200],
    "cut short by a little": lambda data: data[:-3],
    "one bit": lambda data: bytes((*data[:300], data[300] ^ 1, *data[301:])),
    "none at all": lambda _: b"MSH|^~\\&|",
    "empty": lambda _: b"",
    "without its end": lambda data: unpacked(data, lambda text: text[:-26]),
    "a frame that never ends": lambda data: unpacked(data, lambda text: text + b"\xff\xff\xff\xff"),
    "another kind": lambda data: unpacked(data, lambda text: text.replace(b"causeway-journal", b"causeway-journey")),
    "newer": lambda data: unpacked(data, lambda text: text.replace(b"\xa6format\x01", b"\xa6format\x02")),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_file_that_is_not_whole_is_refused_before_anything_is_written(source, fill, tmp_path, damage):
    fill(source, "clinic", 20)
    path = tmp_path / "store.backup"
    backup(source, path)
    path.write_bytes(damage(path.read_bytes()))
    with closing(open_engine("sqlite://")) as empty:
        with pytest.raises(NoBackup):
            restore(path, empty)
        assert empty.tenants() == []
