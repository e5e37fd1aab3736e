"""The embedded engine: one SQLite file; the journal and its projections are written in one transaction."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from server.store import sqlite_log, sqlite_search, sqlite_upkeep
from server.store.engine import Page
from server.store.entry import Entry, Key, Marks, Version
from server.store.instants import instant
from server.store.paging import whole_entries
from server.store.query import Query, Search
from server.store.sqlite_append import Batch
from server.store.sqlite_file import File
from server.store.sqlite_rows import ENTRY, HOLDERS, NEWEST, RENEWED, entries, marks, of_pairs, version

NOWHERE = 0
"""No place: of a tenant or type that has nothing yet."""

TAKE_LEASE = """INSERT INTO lease VALUES (?1, ?2, ?3, ?5) ON CONFLICT (name)
    DO UPDATE SET holder = ?2, until = ?3, done = max(done, ?5) WHERE holder = ?2 OR until <= ?4"""


class SqliteEngine:
    """``path`` of a file, or ``:memory:``. Projections are never behind, so ``project`` has nothing to do."""

    def __init__(self, path: str) -> None:
        self._file = File(path)
        self._places: dict[tuple[str, str], int] = {}
        with self._file.reading() as db:
            self._namespace = str(db.execute("SELECT value FROM meta WHERE name = 'namespace'").fetchone()[0])

    def last(self, tenant: str) -> int:
        with self._file.reading() as db:
            return sqlite_log.last(db, self._place(db, tenant))

    project = last

    def append(self, tenant: str, entries: Sequence[Entry]) -> int:
        with self._file.writing() as db:
            if entries[0].seq != sqlite_log.last(db, self._place(db, tenant)) + 1:
                return 0
            Batch(db, self._places_of(db, tenant)).write(entries)
        return len(entries)

    def read(self, tenant: str, key: Key) -> Version | None:
        return self.newest(tenant, (key,)).get(key)

    def newest(self, tenant: str, keys: Collection[Key]) -> Mapping[Key, Version]:
        with self._file.reading() as db:
            wanted = [(self._place(db, tenant, key.type), key.id) for key in keys]
            return {found.key: found for row in of_pairs(db, NEWEST, wanted) if (found := version(row))}

    def renewed(self, tenant: str, keys: Collection[Key]) -> Mapping[Key, tuple[int, Marks]]:
        with self._file.reading() as db:
            wanted = [(self._place(db, tenant, key.type), key.id) for key in keys]
            return {Key(type, id): (seq, marks(told)) for type, id, seq, told in of_pairs(db, RENEWED, wanted)}

    def vread(self, tenant: str, key: Key, version: int) -> Version | None:
        with self._file.reading() as db:
            return sqlite_log.vread(db, self._place(db, tenant, key.type), key.id, version)

    def holders(self, tenant: str, values: Collection[str]) -> Mapping[str, Key]:
        with self._file.reading() as db:
            place = self._place(db, tenant)
            found = of_pairs(db, HOLDERS, [(place, value) for value in values])
            return {value: Key(type, id) for value, type, id in found}

    def answered(self, tenant: str, dedupes: Collection[str]) -> Mapping[str, Entry]:
        sql = f"{ENTRY} WHERE tenant = ? AND dedupe = ?"
        with self._file.reading() as db:
            place = self._place(db, tenant)
            rows = [row for dedupe in dedupes for row in db.execute(sql, (place, dedupe))]
            return {entry.dedupe: entry for entry in entries(db, tenant, rows) if entry.dedupe}

    def entry(self, tenant: str, id: str) -> Entry | None:
        with self._file.reading() as db:
            rows = db.execute(f"{ENTRY} WHERE tenant = ? AND id = ?", (self._place(db, tenant), id)).fetchall()
            return next(entries(db, tenant, rows), None)

    def search(self, tenant: str, search: Search) -> Page:
        with self._file.reading() as db:
            return sqlite_search.page(db, self._place(db, tenant, search.type), search)

    def count(self, tenant: str, type: str, where: Query) -> int:
        with self._file.reading() as db:
            return sqlite_search.count(db, self._place(db, tenant, type), where)

    def history(self, tenant: str, key: Key | None, *, type: str | None = None, limit: int, before: int | None) -> Page:
        with self._file.reading() as db:
            if key:
                versions = sqlite_log.of_resource(db, self._place(db, tenant, key.type), key.id, before)
            elif type:
                versions = sqlite_log.of_type(db, self._place(db, tenant), self._place(db, tenant, type), before)
            else:
                versions = sqlite_log.of_tenant(db, self._place(db, tenant), before)
            return whole_entries(versions, limit)

    def tail(self, tenant: str, after: int, limit: int) -> Sequence[Entry]:
        with self._file.reading() as db:
            return sqlite_log.tail(db, tenant, self._place(db, tenant), after, limit)

    def messages(self, tenant: str, facts: Mapping[str, str], since: datetime | None, limit: int) -> Sequence[Entry]:
        with self._file.reading() as db:
            return sqlite_log.messages(db, tenant, self._place(db, tenant), facts, since, limit)

    def lease(self, name: str, holder: str, now: datetime, until: datetime, done: int = 0) -> bool:
        with self._file.writing() as db:
            return db.execute(TAKE_LEASE, (name, holder, instant(until), instant(now), done)).rowcount == 1

    def progress(self, name: str) -> int | None:
        with self._file.reading() as db:
            row = db.execute("SELECT done FROM lease WHERE name = ?", (name,)).fetchone()
            return int(row[0]) if row else None

    def leases(self) -> Mapping[str, int]:
        with self._file.reading() as db:
            return dict(db.execute("SELECT name, done FROM lease ORDER BY name"))

    def tenants(self) -> Sequence[str]:
        with self._file.reading() as db:
            return sqlite_upkeep.tenants(db)

    def types(self, tenant: str) -> Sequence[str]:
        with self._file.reading() as db:
            return sqlite_upkeep.types(db, tenant)

    def current(self, tenant: str, type: str, after: str, limit: int) -> Sequence[Version]:
        with self._file.reading() as db:
            return sqlite_upkeep.current(db, self._place(db, tenant, type), after, limit)

    def held(self, tenant: str, after: str, limit: int) -> Sequence[tuple[str, Key]]:
        with self._file.reading() as db:
            return sqlite_upkeep.held(db, self._place(db, tenant), after, limit)

    def faults(self) -> Iterator[str]:
        with self._file.reading() as db:
            yield from sqlite_upkeep.faults(db)

    def reindex(self, tenant: str, versions: Sequence[Version]) -> int:
        with self._file.writing() as db:
            placed = [(self._place(db, tenant, each.key.type), each) for each in versions]
            return sqlite_upkeep.reindex(db, placed)

    def purge(self, tenant: str, entries: Sequence[Entry], *, messages: bool, versions: bool) -> None:
        writes = [write for entry in entries for write in entry.writes if write.base]
        with self._file.purging() as db:
            if messages:
                sqlite_upkeep.purge_messages(db, self._place(db, tenant), entries)
            if versions:
                superseded = [(self._place(db, tenant, each.key.type), each.key.id, each.base) for each in writes]
                sqlite_upkeep.purge_versions(db, superseded)

    def adopt(self, namespace: str) -> None:
        if namespace != self._namespace:
            with self._file.writing() as db:
                sqlite_upkeep.adopt(db, namespace)
            self._namespace = namespace

    def note(self, name: str, text: str | None) -> None:
        with self._file.writing() as db:
            sqlite_upkeep.note(db, name, text)

    def noted(self, name: str) -> str | None:
        with self._file.reading() as db:
            return sqlite_upkeep.noted(db, name)

    def notes(self) -> Mapping[str, str]:
        with self._file.reading() as db:
            return sqlite_upkeep.notes(db)

    def namespace(self) -> str:
        return self._namespace

    def check(self) -> None:
        with self._file.writing() as db:
            db.execute("UPDATE meta SET value = ? WHERE name = 'checked'", (datetime.now(UTC).isoformat(),))

    def close(self) -> None:
        self._file.close()

    def _place(self, db: sqlite3.Connection, tenant: str, type: str = "") -> int:
        known = self._places.get((tenant, type))
        if known is None:
            row = db.execute("SELECT n FROM place WHERE tenant = ? AND type = ?", (tenant, type)).fetchone()
            if row is None:
                return NOWHERE
            known = self._places[tenant, type] = int(row[0])
        return known

    def _places_of(self, db: sqlite3.Connection, tenant: str) -> Callable[[str], int]:
        """The number of a type, made if it has none. What is made is this transaction's until that is committed."""
        made: dict[str, int] = {}

        def place(type: str) -> int:
            known = made.get(type) or self._place(db, tenant, type)
            if known == NOWHERE:
                sql = "INSERT INTO place (tenant, type) VALUES (?, ?)"
                known = made[type] = int(db.execute(sql, (tenant, type)).lastrowid or NOWHERE)
            return known

        return place
