"""How a batch of entries is written into the embedded store: the journal's rows, and what the batch changes in the
projections, each once however often the batch touched it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from server.store.entry import Entry, Key, Marks, Write, by_mark
from server.store.instants import instant
from server.store.sqlite_rows import text, texts

Row = tuple[object, ...]
Place = Callable[[str], int]
"""A type's number within the tenant; '' is the tenant's own."""

INSERT_ENTRY = """INSERT INTO entry (n, tenant, seq, id, at, actor, origin, dedupe, about, first, writes, reply, raw,
    renewals) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
INSERT_VERSION = "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_RESOURCE = "INSERT INTO resource VALUES (?, ?, ?, ?, ?)"
UPDATE_RESOURCE = "UPDATE resource SET newest = ?, live = ? WHERE n = ?"
INSERT_TERM = "INSERT INTO term VALUES (?, ?, ?)"
DELETE_TERM = "DELETE FROM term WHERE place = ? AND term = ? AND resource = ?"
INSERT_HELD = "INSERT OR REPLACE INTO held VALUES (?, ?, ?)"
RENEW = "INSERT OR REPLACE INTO renewed SELECT n, ?, ? FROM resource WHERE place = ? AND id = ?"
DELETE_HELD = "DELETE FROM held WHERE tenant = ? AND value = ?"

STORED = """SELECT r.n, r.live, v.terms FROM resource r CROSS JOIN version v ON v.n = r.newest
    WHERE r.place = ? AND r.id = ?"""


@dataclass(slots=True)
class Touched:
    """A resource that the batch touches: the terms it is found by until now, and from now on."""

    n: int
    place: int
    id: str
    new: bool
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    newest: int = 0
    live: bool = True

    def follow(self, n: int, write: Write) -> None:
        self.newest, self.live = n, write.body is not None
        self.after = frozenset(write.terms) if self.live else frozenset()


class Batch:
    """Collected entry by entry, then written table by table, in the order of each table's key."""

    def __init__(self, db: sqlite3.Connection, place: Place) -> None:
        self._db, self._place, self._tenant = db, place, place("")
        self._version, self._resource = next_number(db, "version"), next_number(db, "resource")
        self._touched: dict[Key, Touched] = {}
        self._held: dict[str, int | None] = {}
        self._entries: list[Row] = []
        self._versions: list[Row] = []
        self._renewed: dict[Key, tuple[int, Marks]] = {}

    def write(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._collect(entry)
        for statement, rows in self._statements():
            self._db.executemany(statement, rows)

    def _collect(self, entry: Entry) -> None:
        self._entries.append(entry_row(self._tenant, entry, self._version))
        for write in entry.writes:
            touched = self._touch(write)
            touched.follow(self._version, write)
            self._versions.append(version_row(self._version, touched, entry, write))
            self._version += 1
        self._held.update((value, None) for write in entry.writes for value in write.frees)
        for write in entry.writes:
            self._held.update((value, self._touched[write.key].n) for value in write.takes)
        self._renewed.update((key, (entry.seq, marks)) for key, marks in entry.renewals)

    def _touch(self, write: Write) -> Touched:
        touched = self._touched.get(write.key)
        if touched is None:
            place = self._place(write.key.type)
            touched = self._stored(place, write.key.id) if write.base else self._new(place, write.key.id)
            self._touched[write.key] = touched
        return touched

    def _stored(self, place: int, id: str) -> Touched:
        n, live, terms = self._db.execute(STORED, (place, id)).fetchone()
        return Touched(n, place, id, new=False, before=frozenset(texts(terms)) if live else frozenset())

    def _new(self, place: int, id: str) -> Touched:
        self._resource += 1
        return Touched(self._resource - 1, place, id, new=True)

    def _statements(self) -> Iterator[tuple[str, Sequence[Row]]]:
        touched, held = self._touched.values(), self._held.items()
        yield INSERT_ENTRY, self._entries
        yield INSERT_VERSION, self._versions
        yield INSERT_RESOURCE, [(t.n, t.place, t.id, t.newest, t.live) for t in touched if t.new]
        yield UPDATE_RESOURCE, [(t.newest, t.live, t.n) for t in touched if not t.new]
        yield DELETE_TERM, sorted((t.place, term, t.n) for t in touched for term in t.before - t.after)
        yield INSERT_TERM, sorted((t.place, term, t.n) for t in touched for term in t.after - t.before)
        renewed = self._renewed.items()
        yield RENEW, [(seq, text(by_mark(marks)), self._place(key.type), key.id) for key, (seq, marks) in renewed]
        yield DELETE_HELD, [(self._tenant, value) for value, n in held if n is None]
        yield INSERT_HELD, [(self._tenant, value, n) for value, n in held if n is not None]


def entry_row(tenant: int, entry: Entry, first: int) -> Row:
    about = text(entry.about) or "{}"
    who = (entry.actor, entry.origin, entry.dedupe, about)
    renewals = [(*each.key, by_mark(each.marks)) for each in entry.renewals]
    what = (first, len(entry.writes), entry.reply, entry.raw, text(renewals))
    return (tenant, entry.seq, entry.id, instant(entry.at), *who, *what)


def version_row(n: int, touched: Touched, entry: Entry, write: Write) -> Row:
    held = (text(write.reserves), text(write.keeps), text(write.frees))
    of = (n, touched.n, touched.place, write.base + 1, entry.seq, instant(entry.at))
    return (*of, text(by_mark(write.marks)), *held, text(write.terms) or "[]", write.body)


def next_number(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT ifnull(max(n), 0) + 1 FROM {table}").fetchone()[0])  # noqa: S608 one of two
