"""The embedded store, looked after."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from server.store.engine import Unusable
from server.store.entry import Entry, Key, Version
from server.store.sqlite_append import DELETE_TERM, INSERT_TERM
from server.store.sqlite_rows import TYPE, VERSION_COLUMNS, text, texts, version

SHOWN = 20
"""Faults of one kind that are told."""

TENANTS = "SELECT tenant FROM place WHERE type = '' AND EXISTS (SELECT 1 FROM entry WHERE tenant = place.n) ORDER BY 1"
TYPES = "SELECT type FROM place WHERE tenant = ? AND type > '' ORDER BY 1"
CURRENT = f"""SELECT {VERSION_COLUMNS} FROM resource r CROSS JOIN version v ON v.n = r.newest
    WHERE r.place = ? AND r.id > ? ORDER BY r.id LIMIT ?"""
HELD = f"""SELECT h.value, {TYPE}, r.id FROM held h CROSS JOIN resource r ON r.n = h.resource
    WHERE h.tenant = ? AND h.value > ? ORDER BY h.value LIMIT ?"""

NEWEST = """SELECT r.n, v.n, v.terms FROM resource r CROSS JOIN version v ON v.n = r.newest
    WHERE r.place = ? AND r.id = ? AND r.live AND v.version = ?"""
SET_TERMS = "UPDATE version SET terms = ? WHERE n = ?"

PURGE_MESSAGES = "UPDATE entry SET raw = x'' WHERE tenant = ? AND seq = ?"
PURGE_VERSION = """UPDATE version SET body = x'', terms = '[]', marks = NULL
    WHERE resource = (SELECT n FROM resource WHERE place = ? AND id = ?) AND version = ? AND body IS NOT NULL"""

NAMED = "p.tenant || ' ' || p.type || '/' || r.id"
OF_RESOURCE = "resource r JOIN place p ON p.n = r.place"
IN_INDEX = "SELECT count(*) FROM term WHERE place = p.n"
IN_VERSIONS = """SELECT total(found) FROM (SELECT (SELECT count(DISTINCT value) FROM json_each(v.terms)) AS found
    FROM resource r CROSS JOIN version v ON v.n = r.newest WHERE r.place = p.n AND r.live)"""

CHECKS = {
    "its newest version is not the one it is read by": f"""SELECT {NAMED} FROM {OF_RESOURCE}
        WHERE r.newest IS NOT (SELECT n FROM version WHERE resource = r.n ORDER BY version DESC LIMIT 1)""",
    "it is found though it was deleted, or the reverse": f"""SELECT {NAMED} FROM {OF_RESOURCE}
        JOIN version v ON v.n = r.newest WHERE r.live IS NOT (v.body IS NOT NULL)""",
    "the index lacks a term of it": f"""SELECT {NAMED} FROM {OF_RESOURCE} CROSS JOIN version v ON v.n = r.newest
        WHERE r.live AND EXISTS (SELECT 1 FROM json_each(v.terms) o WHERE NOT EXISTS
        (SELECT 1 FROM term WHERE place = r.place AND term = o.value AND resource = r.n))""",
    "the index has other terms than its resources": f"""SELECT p.tenant || ' ' || p.type FROM place p
        WHERE ({IN_INDEX}) <> ({IN_VERSIONS})""",
    "a version of it is not among those of its entry": f"""SELECT {NAMED} FROM {OF_RESOURCE}
        JOIN version v ON v.resource = r.n JOIN place t ON t.tenant = p.tenant AND t.type = ''
        WHERE v.place <> r.place OR NOT EXISTS (SELECT 1 FROM entry e
        WHERE e.tenant = t.n AND e.seq = v.seq AND v.n BETWEEN e.first AND e.first + e.writes - 1)""",
    "a value is held by no resource": """SELECT t.tenant || ' ' || substr(h.value, 1, instr(h.value, '=')) FROM held h
        JOIN place t ON t.n = h.tenant WHERE NOT EXISTS (SELECT 1 FROM resource WHERE n = h.resource)""",
}
"""What could be wrong, and the statement that says where."""


def tenants(db: sqlite3.Connection) -> Sequence[str]:
    return [row[0] for row in db.execute(TENANTS)]


def types(db: sqlite3.Connection, tenant: str) -> Sequence[str]:
    return [row[0] for row in db.execute(TYPES, (tenant,))]


def current(db: sqlite3.Connection, place: int, after: str, limit: int) -> Sequence[Version]:
    return [version(row) for row in db.execute(CURRENT, (place, after, limit))]


def held(db: sqlite3.Connection, tenant: int, after: str, limit: int) -> Sequence[tuple[str, Key]]:
    return [(value, Key(type, id)) for value, type, id in db.execute(HELD, (tenant, after, limit))]


def faults(db: sqlite3.Connection) -> Iterator[str]:
    for (said,) in db.execute(f"PRAGMA integrity_check({SHOWN})"):
        if said != "ok":
            yield f"the file: {said}"
    for what, where in CHECKS.items():
        for (place,) in db.execute(f"{where} LIMIT {SHOWN}"):
            yield f"{place}: {what}"


def reindex(db: sqlite3.Connection, versions: Iterable[tuple[int, Version]]) -> int:
    """Each with the number of its type."""
    done = 0
    for place, each in versions:
        row = db.execute(NEWEST, (place, each.key.id, each.version)).fetchone()
        if row:
            _found_by(db, place, row, each.terms)
            done += 1
    return done


def _found_by(db: sqlite3.Connection, place: int, row: tuple[int, int, str], terms: Sequence[str]) -> None:
    resource, number, before = row[0], row[1], frozenset(texts(row[2]))
    db.execute(SET_TERMS, (text(terms) or "[]", number))
    db.executemany(DELETE_TERM, [(place, term, resource) for term in sorted(before.difference(terms))])
    db.executemany(f"{INSERT_TERM} ON CONFLICT DO NOTHING", [(place, term, resource) for term in sorted(set(terms))])


def purge_messages(db: sqlite3.Connection, tenant: int, entries: Iterable[Entry]) -> None:
    db.executemany(PURGE_MESSAGES, [(tenant, entry.seq) for entry in entries if entry.raw])


def purge_versions(db: sqlite3.Connection, superseded: Iterable[tuple[int, str, int]]) -> None:
    """Each the number of its type, its id, its version."""
    db.executemany(PURGE_VERSION, superseded)


def adopt(db: sqlite3.Connection, namespace: str) -> None:
    if db.execute("SELECT 1 FROM entry LIMIT 1").fetchone():
        raise Unusable("the store has entries of its own already: name an empty one")
    db.execute("UPDATE meta SET value = ? WHERE name = 'namespace'", (namespace,))


def note(db: sqlite3.Connection, name: str, said: str | None) -> None:
    db.execute("DELETE FROM meta WHERE name = ?", (f"note {name}",))
    if said is not None:
        db.execute("INSERT INTO meta VALUES (?, ?)", (f"note {name}", said))


def noted(db: sqlite3.Connection, name: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (f"note {name}",)).fetchone()
    return str(row[0]) if row else None


def notes(db: sqlite3.Connection) -> dict[str, str]:
    found = db.execute("SELECT substr(name, 6), value FROM meta WHERE name >= 'note ' AND name < 'note!'")
    return dict(found.fetchall())
