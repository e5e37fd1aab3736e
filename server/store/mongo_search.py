"""Searches of the distributed store, a page at a time, in the order of ``_id`` or of a sort."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from server.store.documents import Collection
from server.store.engine import Page
from server.store.links import LINKED, unlinked
from server.store.mongo_query import keyed, selected
from server.store.mongo_rows import Doc, version
from server.store.paging import Cursor, cursor, written
from server.store.query import All, Not, Query, Search, Sort, starts

Row = tuple[Sequence[str | None], Doc]


def page(current: Collection, tenant: str, search: Search) -> Page:
    search = replace(search, where=named(current, tenant, search.where))
    rows = list[Row]()
    for row in _rows(current, tenant, search):
        rows.append(row)
        if len(rows) > search.limit:
            break
    versions = tuple(version(doc) for _, doc in rows[: search.limit])
    if len(rows) <= search.limit or not versions:
        return Page(versions)
    keys, doc = rows[search.limit - 1]
    return Page(versions, written(Cursor(tuple(keys) or (None,) * len(search.sort), doc["_id"])))


def count(current: Collection, tenant: str, type: str, where: Query) -> int:
    return int(current.count_documents(selected(tenant, type, named(current, tenant, where))))


def named(current: Collection, tenant: str, where: Query) -> Query:
    """What links lead to, named one by one: servers of this protocol join slowly, or not at all."""

    def find(type: str, inner: Query) -> Iterator[tuple[str, Sequence[str]]]:
        found = current.find(selected(tenant, type, inner), {"id": 1, "terms": 1}).limit(LINKED + 1)
        return ((doc["id"], doc["terms"]) for doc in found)

    return unlinked(where, find)


def _rows(current: Collection, tenant: str, search: Search) -> Iterator[Row]:
    """Resources with a first sort key in the order of the keys, then those without one."""
    after, sorts, wanted = cursor(search, str), search.sort, search.limit + 1
    found = selected(tenant, search.type, search.where)
    if not sorts:
        yield from _by_id(current, found, after, 1, wanted)
        return
    if after is None or after.keys[0] is not None:
        yield from _by_keys(current, found, sorts, after, wanted)
        after = None
    without = selected(tenant, search.type, All((search.where, Not(starts(sorts[0].prefix)))))
    if len(sorts) == 1:
        yield from _by_id(current, without, after, -1 if sorts[0].descending else 1, wanted)
    else:
        yield from _by_keys(current, without, sorts, after, wanted, lacking=True)


def _by_id(current: Collection, found: Doc, after: Cursor | None, way: int, limit: int) -> Iterator[Row]:
    since = {"_id": {"$gt" if way > 0 else "$lt": after.row}} if after else {}
    for doc in current.find({"$and": [found, since]}).sort("_id", way).limit(limit):
        yield (), doc


def _by_keys(
    current: Collection, found: Doc, sorts: Sequence[Sort], after: Cursor | None, limit: int, *, lacking: bool = False
) -> Iterator[Row]:
    ordered = current.aggregate(keyed(found, sorts, after, limit, lacking=lacking))
    keys = {row["_id"]: [row.get(f"k{n}") for n in range(len(sorts))] for row in ordered}
    docs = {doc["_id"]: doc for doc in current.find({"_id": {"$in": list(keys)}, "tenant": found["tenant"]})}
    return ((known, docs[id]) for id, known in keys.items() if id in docs)
