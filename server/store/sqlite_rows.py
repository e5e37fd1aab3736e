"""Rows of the embedded store to entries and versions, and back."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec

from server.store.entry import NO_MARKS, Entry, Key, Marks, Renewal, Version, Write, by_element
from server.store.instants import moment

ENTRY = "SELECT seq, id, at, actor, origin, dedupe, about, reply, raw, first, writes, renewals FROM entry"

TYPE = "(SELECT type FROM place WHERE n = r.place)"
VERSION_COLUMNS = f"{TYPE}, r.id, v.version, v.seq, v.at, v.body, v.terms, v.reserves, v.marks"
VERSION = f"SELECT {VERSION_COLUMNS}, v.keeps, v.frees FROM version v CROSS JOIN resource r ON r.n = v.resource"
NEWEST = f"""WITH wanted(place, id) AS (VALUES {{}}) SELECT {VERSION_COLUMNS}
    FROM wanted CROSS JOIN resource r USING (place, id) CROSS JOIN version v ON v.n = r.newest"""
HOLDERS = f"""WITH wanted(tenant, value) AS (VALUES {{}}) SELECT h.value, {TYPE}, r.id
    FROM wanted CROSS JOIN held h USING (tenant, value) CROSS JOIN resource r ON r.n = h.resource"""
RENEWED = f"""WITH wanted(place, id) AS (VALUES {{}}) SELECT {TYPE}, r.id, n.seq, n.marks
    FROM wanted CROSS JOIN resource r USING (place, id) CROSS JOIN renewed n ON n.resource = r.n"""
"""Of many at once: one statement, since each lets another thread of Python in."""

MANY = 1000
"""Pairs in one statement; SQLite takes 32,766 values."""


def of_pairs(db: sqlite3.Connection, sql: str, pairs: Sequence[tuple[int, str]]) -> Iterator[Any]:
    for start in range(0, len(pairs), MANY):
        some = pairs[start : start + MANY]
        yield from db.execute(sql.format(", ".join(["(?, ?)"] * len(some))), list(chain.from_iterable(some)))


_texts = msgspec.json.Decoder(tuple[str, ...])
_names = msgspec.json.Decoder(dict[str, str])
_marks = msgspec.json.Decoder(dict[str, tuple[str, ...]])
_renewals = msgspec.json.Decoder(tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...])


def text(value: Any) -> str | None:
    """JSON, or NULL for what is empty."""
    return msgspec.json.encode(value).decode() if value else None


def names(value: str | None) -> dict[str, str]:
    return _names.decode(value) if value else {}


def texts(value: str | None) -> tuple[str, ...]:
    return _texts.decode(value) if value else ()


def marks(value: str | None) -> Marks:
    return by_element(_marks.decode(value)) if value else NO_MARKS


def renewals(value: str | None) -> tuple[Renewal, ...]:
    told = _renewals.decode(value) if value else ()
    return tuple(Renewal(Key(type, id), by_element(elements)) for type, id, elements in told)


def version(row: Any) -> Version:
    type, id, number, seq, at, body, terms, reserves, told = row[:9]
    return Version(Key(type, id), number, seq, moment(at), body, texts(terms), texts(reserves), marks(told))


def write(row: Any) -> Write:
    new = version(row)
    return Write(new.key, new.version - 1, new.body, new.terms, new.reserves, new.marks, texts(row[9]), texts(row[10]))


def entries(db: sqlite3.Connection, tenant: str, rows: Iterable[Any]) -> Iterator[Entry]:
    """One after the other, so that whoever has enough may stop."""
    for seq, id, at, actor, origin, dedupe, about, reply, raw, first, count, renewed in rows:
        found = db.execute(f"{VERSION} WHERE v.n BETWEEN ? AND ? ORDER BY v.n", (first, first + count - 1))
        writes = tuple(map(write, found))
        told = (reply, raw, dedupe, names(about), seq, renewals(renewed))
        yield Entry(tenant, id, moment(at), actor, origin, writes, *told)
