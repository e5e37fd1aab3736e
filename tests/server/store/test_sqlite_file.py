"""The embedded store's file: durable, private, its own; and what happens when the disk is not well."""

import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.store import sqlite_file
from server.store.engine import Unavailable, Unusable
from server.store.entry import Entry
from server.store.journal import Journal
from server.store.query import EVERYTHING
from server.store.sqlite import SqliteEngine
from server.store.sqlite_schema import MIGRATIONS, prepare
from server.store.store import open_store


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "store.db")


@pytest.fixture
def opened(path):
    engine = SqliteEngine(path)
    yield engine
    engine.close()


def test_every_commit_is_flushed_before_it_returns(opened):
    with opened._file.writing() as db:
        pragmas = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")}
    assert pragmas == {"synchronous": 2, "journal_mode": "wal"}  # 2 is FULL


@pytest.mark.skipif(not os.access("/usr/bin/strace", os.X_OK), reason="no strace here")
def test_the_flush_precedes_the_answer(path):
    """Between two answers of a writing process, here lines on stdout, there is a flush of the log."""
    program = """if True:
        import os, sys
        from server.store.entry import Entry
        from server.store.store import open_store
        store = open_store(sys.argv[1])
        for n in range(5):
            store.submit("clinic", lambda s: Entry(s.tenant, s.new_id(), s.at, "a", "cli")).result()
            os.write(1, b"ACK\\n")
    """
    strace = [
        "strace",
        "-f",
        "-y",
        "-e",
        "trace=write,fdatasync,fsync",
        sys.executable,
        "-c",
        program,
        f"sqlite:///{path}",
    ]
    traced = subprocess.run(strace, capture_output=True, text=True, timeout=60, check=True).stderr.splitlines()
    answers = [place for place, line in enumerate(traced) if '"ACK\\n"' in line]
    assert len(answers) == 5
    for before, answer in zip([0, *answers], answers, strict=False):
        assert any("sync(" in line and "store.db-wal" in line for line in traced[before:answer])


def test_only_its_owner_may_read_it(opened, path):
    assert {stat.S_IMODE(Path(path + end).stat().st_mode) for end in ("", "-wal", "-shm")} == {0o600}


def test_a_newer_schema_is_refused(opened, path):
    with opened._file.writing() as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(Unusable, match=f"schema 99, this program knows {1 + len(MIGRATIONS)}"):
        SqliteEngine(path)


def shape(db):
    return sorted(db.execute("SELECT type, name, sql FROM sqlite_master"))


@pytest.fixture
def oldest(path):
    """A store of the first schema, with a lease in it."""
    db = sqlite3.connect(path, isolation_level=None)
    prepare(db, ())
    db.execute("INSERT INTO lease VALUES ('follower', 'a', 1)")
    yield db
    db.close()


def test_an_older_store_is_brought_up_to_what_a_new_one_is(oldest, path, tmp_path):
    namespace = oldest.execute("SELECT value FROM meta WHERE name = 'namespace'").fetchone()[0]
    brought_up, new = SqliteEngine(path), SqliteEngine(str(tmp_path / "new.db"))
    with brought_up._file.reading() as old, new._file.reading() as made:
        assert shape(old) == shape(made)
        assert old.execute("PRAGMA user_version").fetchone() == (1 + len(MIGRATIONS),)
    assert (brought_up.namespace(), brought_up.progress("follower")) == (namespace, 0)
    brought_up.close()
    new.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(oldest):
    steps = ("ALTER TABLE lease ADD COLUMN x TEXT", lambda db: db.execute("no SQL"))
    before = shape(oldest)
    oldest.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError):
        prepare(oldest, steps)
    oldest.execute("ROLLBACK")
    assert shape(oldest) == before
    assert oldest.execute("PRAGMA user_version").fetchone() == (1,)


def test_an_index_that_was_dropped_is_made_again(opened, path):
    with opened._file.writing() as db:
        before = shape(db)
        db.execute("DROP INDEX version_place")
        assert shape(db) != before
    again = SqliteEngine(path)
    with again._file.reading() as db:
        assert shape(db) == before
    again.close()


CHANGED = {
    "an index on something else": ("DROP INDEX version_place", "CREATE INDEX version_place ON version (place)"),
    "a table with one column more": ("ALTER TABLE held ADD COLUMN x TEXT",),
    "a table that is gone": ("DROP TABLE held",),
}


@pytest.mark.parametrize("statements", CHANGED.values(), ids=CHANGED)
def test_a_store_that_somebody_changed_is_refused(opened, path, statements):
    with opened._file.writing() as db:
        for each in statements:
            db.execute(each)
    with pytest.raises(Unusable, match=r"(version_place|held) of the store is not what it should be"):
        SqliteEngine(path)


def test_an_old_sqlite_is_refused(path, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(Unusable, match=r"older than 3\.37"):
        SqliteEngine(path)


def test_a_place_without_a_write_ahead_log_is_refused(path, monkeypatch):
    monkeypatch.setattr(sqlite_file, "_keep_log", lambda _: "delete")
    with pytest.raises(Unusable, match="put it on a local disk"):
        SqliteEngine(path)


def test_another_programs_database_is_refused(path):
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(Unusable, match="something else"):
        SqliteEngine(path)


NO_STORE = {
    "no database": lambda path: path.write_bytes(b"no database at all" * 100),
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("make", NO_STORE.values(), ids=NO_STORE)
def test_what_is_no_store_is_refused(path, make):
    make(Path(path))
    with pytest.raises(Unavailable, match="store's file"):
        SqliteEngine(path)


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(Unavailable, match="No such file"):
        SqliteEngine(str(tmp_path / "none" / "store.db"))


URLS = {"no scheme": "store.db", "another": "postgres://x/y", "no database": "mongodb://127.0.0.1:1"}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_a_url_that_names_no_store_is_refused(url):
    with pytest.raises(Unusable, match="URL"):
        open_store(url)


def test_several_who_open_a_new_file_make_one_store(path):
    with ThreadPoolExecutor(8) as pool:
        engines = list(pool.map(SqliteEngine, [path] * 8))
    assert len({engine.namespace() for engine in engines}) == 1
    for engine in engines:
        engine.close()


def entry_of(size):
    return lambda snapshot: Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "a", "cli", raw=bytes(size))


def test_a_full_disk_takes_nothing_and_recovers(opened):
    journal = Journal(opened)
    first = journal.submit("clinic", entry_of(10)).result()
    with opened._file.writing() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unavailable, match="full"):
        journal.submit("clinic", entry_of(1_000_000)).result()
    with opened._file.writing() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    assert journal.submit("clinic", entry_of(1_000_000)).result().seq == 2
    assert opened.entry("clinic", first.id) == first
    journal.close()


def test_a_file_that_another_process_holds_is_waited_for_and_then_unavailable(opened, path, monkeypatch):
    with opened._file.writing() as db:
        db.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        opened.check()
    assert opened.count("clinic", "Patient", EVERYTHING) == 0
    other.execute("ROLLBACK")
    other.close()
    opened.check()


def test_a_closed_store_is_unavailable(opened):
    opened.close()
    for ask in (lambda: opened.last("clinic"), opened.check):
        with pytest.raises(Unavailable):
            ask()


def test_memory_is_shared_by_all_threads():
    store = open_store("sqlite://")
    with ThreadPoolExecutor(8) as pool:
        entries = list(pool.map(lambda _: store.submit("c", entry_of(1)).result(), range(8)))
    assert sorted(each.seq for each in entries) == list(range(1, 9))
    assert store.last("c") == 8
    store.close()
