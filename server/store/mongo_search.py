"""Searches of the distributed store, a page at a time, in the order of ``_id`` or of a sort."""

from collections.abc import Iterator

from server.store.documents import Collection
from server.store.engine import Page
from server.store.mongo_query import keyed, selected
from server.store.mongo_rows import Doc, version
from server.store.paging import Cursor, cursor, written
from server.store.query import All, Not, Query, Search, Sort, starts

Row = tuple[str | None, Doc]


def page(current: Collection, tenant: str, search: Search) -> Page:
    rows = list[Row]()
    for row in _rows(current, tenant, search):
        rows.append(row)
        if len(rows) > search.limit:
            break
    versions = tuple(version(doc) for _, doc in rows[: search.limit])
    if len(rows) <= search.limit or not versions:
        return Page(versions)
    key, doc = rows[search.limit - 1]
    return Page(versions, written(Cursor(key, doc["_id"])))


def _rows(current: Collection, tenant: str, search: Search) -> Iterator[Row]:
    """Resources with a sort key in the order of the key, then those without one."""
    after, sort, wanted = cursor(search, str), search.sort, search.limit + 1
    if sort is None:
        yield from _by_id(current, selected(tenant, search.type, search.where), after, 1, wanted)
        return
    if after is None or after.key is not None:
        yield from _by_key(current, selected(tenant, search.type, search.where), sort, after, wanted)
        after = None
    without: Query = All((search.where, Not(starts(sort.prefix))))
    way = -1 if sort.descending else 1
    yield from _by_id(current, selected(tenant, search.type, without), after, way, wanted)


def _by_id(current: Collection, found: Doc, after: Cursor | None, way: int, limit: int) -> Iterator[Row]:
    since = {"_id": {"$gt" if way > 0 else "$lt": after.row}} if after else {}
    for doc in current.find({"$and": [found, since]}).sort("_id", way).limit(limit):
        yield None, doc


def _by_key(current: Collection, found: Doc, sort: Sort, after: Cursor | None, limit: int) -> Iterator[Row]:
    keys = {row["_id"]: row["key"] for row in current.aggregate(keyed(found, sort, after, limit))}
    docs = {doc["_id"]: doc for doc in current.find({"_id": {"$in": list(keys)}, "tenant": found["tenant"]})}
    return ((key, docs[id]) for id, key in keys.items() if id in docs)
