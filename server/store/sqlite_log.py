"""The embedded store's journal, read: its end, its tail, its history, its messages."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from server.store.engine import size
from server.store.entry import Entry, Version
from server.store.instants import instant
from server.store.sqlite_rows import ENTRY, VERSION, entries, version

TAIL_BYTES = 16_000_000

COLUMNS = frozenset({"control_id", "status", "sender"})
"""Facts that are columns of ``entry``, and in its indexes."""

FACT = re.compile(r"[a-z_]{1,40}")

END = 1 << 62

RESOURCE = "(SELECT n FROM resource WHERE place = ? AND id = ?)"


def last(db: sqlite3.Connection, tenant: int) -> int:
    return int(db.execute("SELECT ifnull(max(seq), 0) FROM entry WHERE tenant = ?", (tenant,)).fetchone()[0])


def tail(db: sqlite3.Connection, tenant: str, place: int, after: int, limit: int) -> Sequence[Entry]:
    rows = db.execute(f"{ENTRY} WHERE tenant = ? AND seq > ? ORDER BY seq LIMIT ?", (place, after, limit))
    found, room = list[Entry](), TAIL_BYTES
    for entry in entries(db, tenant, rows):
        found.append(entry)
        room -= size(entry)
        if room <= 0:
            break
    return found


def vread(db: sqlite3.Connection, place: int, id: str, number: int) -> Version | None:
    row = db.execute(f"{VERSION} WHERE v.resource = {RESOURCE} AND v.version = ?", (place, id, number)).fetchone()
    return version(row) if row else None


def of_resource(db: sqlite3.Connection, place: int, id: str, before: int | None) -> Iterator[Version]:
    sql = f"{VERSION} WHERE v.resource = {RESOURCE} AND v.seq < ? ORDER BY v.version DESC"
    return map(version, db.execute(sql, (place, id, END if before is None else before)))


def of_type(db: sqlite3.Connection, tenant: int, place: int, before: int | None) -> Iterator[Version]:
    sql = f"{VERSION} WHERE v.place = ? AND v.n < ? ORDER BY v.n DESC"
    return map(version, db.execute(sql, (place, _first_version(db, tenant, before))))


def _first_version(db: sqlite3.Connection, tenant: int, seq: int | None) -> int:
    """The number from which on are the versions of that entry, and of those after it."""
    sql = "SELECT first FROM entry WHERE tenant = ? AND seq >= ? ORDER BY seq LIMIT 1"
    row = db.execute(sql, (tenant, END if seq is None else seq)).fetchone()
    return int(row[0]) if row else END


def of_tenant(db: sqlite3.Connection, tenant: int, before: int | None) -> Iterator[Version]:
    sql = "SELECT first, first + writes FROM entry WHERE tenant = ? AND seq < ? AND writes > 0 ORDER BY seq DESC"
    for numbers in db.execute(sql, (tenant, END if before is None else before)):
        yield from map(version, db.execute(f"{VERSION} WHERE v.n >= ? AND v.n < ? ORDER BY v.n DESC", numbers))


def messages(
    db: sqlite3.Connection, tenant: str, place: int, facts: Mapping[str, str], since: datetime | None, limit: int
) -> Sequence[Entry]:
    where: dict[str, str | int] = {"tenant = ?": place, **{_fact(name): value for name, value in facts.items()}}
    if since:
        where["at >= ?"] = instant(since)
    sql = f"{ENTRY} WHERE {' AND '.join(where)} AND control_id IS NOT NULL ORDER BY seq DESC LIMIT ?"
    return list(entries(db, tenant, db.execute(sql, (*where.values(), limit))))


def _fact(name: str) -> str:
    """The names of facts are our own; one that is not shaped like them is nobody's."""
    if not FACT.fullmatch(name):
        raise ValueError("a fact's name is made of a-z and _")
    return f"{name} = ?" if name in COLUMNS else f"json_extract(about, '$.{name}') = ?"
