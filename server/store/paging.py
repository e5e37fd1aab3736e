"""Pages, the same on every engine: cursors, the bound on a query, whole entries in a history."""

import base64
from collections.abc import Iterable
from typing import Annotated, NamedTuple

import msgspec

from server.store.engine import Page
from server.store.entry import Version
from server.store.query import Query, Search, TooBroad, parts

MOST = 400
"""Parts of one query: SQLite ends an expression at a depth of 1,000, a compound SELECT at 500 members."""


class Cursor(NamedTuple):
    """A page's last row: its sort keys (None where it has none), and what the engine has it under."""

    keys: tuple[str | None, ...]
    row: Annotated[int, msgspec.Meta(ge=0, lt=2**62)] | str


def written(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode()


def cursor(search: Search, kind: type[int] | type[str]) -> Cursor | None:
    """Where the page starts. Raises ValueError for what is no cursor, or one of another search."""
    if search.after is None:
        return None
    try:
        found = msgspec.json.decode(base64.b64decode(search.after, b"-_", validate=True), type=Cursor)
    except ValueError:
        raise ValueError("this is no cursor of a page") from None
    if not _belongs(found, search) or not isinstance(found.row, kind):
        raise ValueError("this cursor is of another search")
    return found


def _belongs(found: Cursor, search: Search) -> bool:
    if len(found.keys) != len(search.sort):
        return False
    pairs = zip(found.keys, search.sort, strict=True)
    return all(key is None or key.startswith(sort.prefix) for key, sort in pairs)


def bounded(where: Query) -> Query:
    if parts(where) > MOST:
        raise TooBroad(f"a search may have {MOST} parts")
    return where


def whole_entries(versions: Iterable[Version], limit: int) -> Page:
    """A page of a history: as many as asked for, and the rest of the last one's entry."""
    taken = list[Version]()
    for each in versions:
        if len(taken) >= limit and each.seq != taken[-1].seq:
            return Page(tuple(taken), str(taken[-1].seq))
        taken.append(each)
    return Page(tuple(taken))
