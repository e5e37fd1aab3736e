"""``bench store``: entries of four resources and thirty terms, committed in groups, each durable before its answer; and
beside them the same rows, written to SQLite without an engine."""

# ruff: noqa: S608 the names of tables and columns are this program's own

import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from contextlib import closing
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any

from interfaces.bench.load import Advance
from interfaces.bench.own import own_store
from server.store.batch import Submission
from server.store.commit import Committer
from server.store.entry import Entry, Key, Write
from server.store.journal import new_id, now
from server.store.query import term
from server.store.snapshot import Fold, Snapshot
from server.store.store import Store, open_store

TENANT = "bench"
TYPES = ("Patient", "Encounter", "Account", "Coverage")
PARAMETERS = ("_id", "identifier", "status", "date", "type", "code", "subject")
BODY = b'{"resourceType":"Patient","text":"' + b"x" * 700 + b'"}'
GROUP = 64
"""Entries that wait together."""

ALONE = 200
"""Entries that are written one by one."""


@dataclass(frozen=True, slots=True)
class Figures:
    """``share_of_bare``: of what the rows themselves take. ``waiting_of_alone``: how long one connection waits, as a
    multiple of a commit that nobody could share."""

    entries: int
    per_s: float
    bare_per_s: float
    share_of_bare: float
    alone_ms: float
    waiting_of_alone: float

    def as_dict(self) -> dict[str, Any]:
        return {"name": "store", **{name: round(value, 3) for name, value in asdict(self).items()}}

    def __str__(self) -> str:
        return (
            f"store: {self.per_s:,.0f} entries /s, {self.share_of_bare:.0%} of bare rows ({self.bare_per_s:,.0f} /s); "
            f"one alone takes {self.alone_ms:.1f} ms, one connection waits {self.waiting_of_alone:.2f} of that"
        )


def measure(count: int, advance: Advance) -> Figures:
    with own_store() as url:
        with open_store(url) as store:
            grouped(store, range(GROUP), lambda: None)
            per_s = count / grouped(store, range(GROUP, GROUP + count), advance)
        bare_per_s = count / bare(url, GROUP, count)
    with own_store() as url, own_store() as other, open_store(url) as store, open_store(other) as journaled:
        alone, waiting = one_by_one(store, journaled)
    return Figures(count, per_s, bare_per_s, per_s / bare_per_s, 1000 * alone, waiting / alone)


def grouped(store: Store, numbers: range, advance: Advance) -> float:
    """The seconds that it took."""
    begun = perf_counter()
    for start in range(numbers.start, numbers.stop, GROUP):
        some = range(start, min(start + GROUP, numbers.stop))
        futures = [store.submit(TENANT, folding(number), f"bench|{number}") for number in some]
        wait(futures)
        for future in futures:
            future.result()
            advance()
    return perf_counter() - begun


def folding(number: int) -> Fold:
    def fold(snapshot: Snapshot) -> Entry:
        writes = tuple(write(type, f"{number}-{type}", number) for type in TYPES)
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "bench", "mllp", writes, b"MSA|AA", BODY)

    return fold


def write(type: str, id: str, number: int) -> Write:
    terms = sorted(term(name, f"{name}-{number % 50 if name in PARAMETERS[2:] else number}") for name in PARAMETERS)
    reserves = (f"{type}?identifier=bench|{id}",) if type in TYPES[:2] else ()
    return Write(Key(type, id), 0, BODY, tuple(terms), reserves)


def one_by_one(store: Store, journaled: Store, first: int = 0) -> tuple[float, float]:
    """The median seconds of a commit without a journal, and of the same through another store's, in turns; entries from
    ``first`` on."""
    committer = Committer(store.engine, now, new_id, lambda _: None)
    alone, waiting = list[float](), list[float]()
    for number in range(first, first + ALONE):
        submission = Submission(folding(number))
        begun = perf_counter()
        committer.commit(TENANT, [submission])
        done = perf_counter()
        submission.future.result()
        journaled.submit(TENANT, folding(number)).result()
        alone.append(done - begun)
        waiting.append(perf_counter() - done)
    return median(alone), median(waiting)


TABLES = {"entry": "n", "resource": "n", "version": "n", "term": "resource", "held": "resource"}
"""With the column that says to which group a row belongs."""


def bare(url: str, first: int, count: int) -> float:
    """The seconds that the rows of the last entries take in a new file: a transaction for each group, as it was."""
    path = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as given, closing(sqlite3.connect(f"{path}-bare", isolation_level=None)) as new:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -32000", "wal_autocheckpoint = 4000"):
            new.execute(f"PRAGMA {pragma}")
        for (sql,) in given.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rootpage"):
            new.execute(sql)
        groups = [
            list(rows(given, start, min(start + GROUP, first + count))) for start in range(first, first + count, GROUP)
        ]
        begun = perf_counter()
        for group in groups:
            new.execute("BEGIN IMMEDIATE")
            for insert, values in group:
                new.executemany(insert, values)
            new.execute("COMMIT")
        return perf_counter() - begun


def rows(given: sqlite3.Connection, first: int, last: int) -> Iterator[tuple[str, Sequence[Any]]]:
    """What the entries from one number up to another put into each table, in the order of its key."""
    for table, column in TABLES.items():
        each = 1 if table == "entry" else len(TYPES)
        names = [row[1] for row in given.execute(f"PRAGMA table_info({table})")]
        columns, places = ", ".join(names), ", ".join("?" * len(names))
        sql = f"SELECT {columns} FROM {table} WHERE {column} > ? AND {column} <= ? ORDER BY 1, 2"
        yield (
            f"INSERT INTO {table} ({columns}) VALUES ({places})",
            given.execute(sql, (first * each, last * each)).fetchall(),
        )
