"""Connections to the embedded store's file: one that writes, a few that read."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from server.store.engine import Unavailable, Uncertain, Unusable
from server.store.sqlite_schema import mend, prepare

BUSY = 5.0
"""Seconds that another process may hold the file before one gives up."""

READERS = 8

OLDEST = (3, 37)
"""The first SQLite with STRICT tables."""

TROUBLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
        None,  # a connection that was closed
    }
)
"""What lies with the file or the machine, not with what was asked. https://www.sqlite.org/rescode.html"""

MEMORY = ":memory:"


class File:
    """``path`` is made with access for its owner only, or ``:memory:``, which all threads share."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        if sqlite3.sqlite_version_info < OLDEST:
            raise Unusable(f"SQLite {sqlite3.sqlite_version} is older than 3.37: use a Python with a newer one")
        with troubles():
            if path != MEMORY:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._writer = _connect(path)
            if _keep_log(self._writer) != "wal" and path != MEMORY:
                raise Unusable("the file cannot have a write-ahead log where it is: put it on a local disk")
        with self.writing() as db:
            prepare(db)
            mend(db)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when it is left. Raises Uncertain when its end is not known."""
        with self._lock, troubles():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                _roll_back(self._writer)
                raise
            self._commit()

    @contextmanager
    def purging(self) -> Iterator[sqlite3.Connection]:
        """What is taken away is overwritten, not only let go. https://www.sqlite.org/pragma.html#pragma_secure_delete"""
        with self.writing() as db:
            db.execute("PRAGMA secure_delete = ON")
            try:
                yield db
            finally:
                db.execute("PRAGMA secure_delete = OFF")

    def _commit(self) -> None:
        try:
            self._writer.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            _roll_back(self._writer)
            raise Uncertain(f"the store's file: {error}") from None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file, whatever is written meanwhile."""
        if self._path == MEMORY:
            with self._lock, troubles():
                yield self._writer
            return
        with troubles():
            db = self._take()
            try:
                db.execute("BEGIN")
                yield db
            finally:
                _roll_back(db)
                self._give(db)

    def _take(self) -> sqlite3.Connection:
        if self._closed:
            raise Unavailable("the store is closed")
        try:
            return self._idle.pop()
        except IndexError:
            return _connect(self._path)

    def _give(self, db: sqlite3.Connection) -> None:
        if self._closed or len(self._idle) >= READERS:
            db.close()
        else:
            self._idle.append(db)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        with self._lock:
            self._writer.close()


@contextmanager
def troubles() -> Iterator[None]:
    """What is wrong with the file is Unavailable; all else is a mistake of ours, or of what was asked."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if (code if code is None else code & 0xFF) not in TROUBLE:
            raise
        raise Unavailable(f"the store's file: {error}") from None
    except OSError as error:
        raise Unavailable(f"the store's file: {error.strerror}") from None


def _connect(path: str) -> sqlite3.Connection:
    """Autocommit: every transaction is written out. Each commit is flushed to the disk before it returns."""
    db = sqlite3.connect(path, BUSY, isolation_level=None, check_same_thread=False, cached_statements=256)
    for pragma in ("synchronous = FULL", "fullfsync = ON", "cache_size = -32000", "temp_store = MEMORY"):
        db.execute(f"PRAGMA {pragma}")
    return db


def _keep_log(db: sqlite3.Connection) -> str:
    """The kind of log that it has now. https://www.sqlite.org/wal.html. The change to it does not wait for other
    processes by itself."""
    deadline = time.monotonic() + BUSY
    while True:
        try:
            kind = str(db.execute("PRAGMA journal_mode = WAL").fetchone()[0])
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    db.execute("PRAGMA wal_autocheckpoint = 4000")
    db.execute("PRAGMA journal_size_limit = 67108864")
    return kind


def _roll_back(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        db.execute("ROLLBACK")
