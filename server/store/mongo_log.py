"""The distributed store's journal: inserted in order, read in order, looked up by its facts."""

from collections.abc import Collection as Values
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import BulkWriteError

from server.store.documents import Collection
from server.store.engine import Uncertain, size
from server.store.entry import Entry, Key, Version
from server.store.instants import instant
from server.store.mongo_rows import Doc, entry, entry_document, entry_ids, version_fact
from server.store.mongo_server import DUPLICATE
from server.store.query import AFTER, term

TAIL_BYTES = 16_000_000

NEWEST_FIRST = [("_id", -1)]


def last(log: Collection, tenant: str) -> int:
    doc = log.find_one(entry_ids(tenant), {"seq": 1}, sort=NEWEST_FIRST)
    return int(doc["seq"]) if doc else 0


def insert(log: Collection, entries: Sequence[Entry]) -> int:
    """How many stand. Ordered: after one whose place is taken, none is inserted.

    When it is answered, what took the place is with a majority too: the server waits for all it has done by then."""
    docs = [entry_document(each) for each in entries]
    try:
        log.insert_many(docs, ordered=True)
    except BulkWriteError as error:
        return _standing(log, docs, error.details)
    return len(docs)


def _standing(log: Collection, docs: Sequence[Doc], details: Mapping[str, Any]) -> int:
    failed = details["writeErrors"]
    if details["writeConcernErrors"] or not failed or failed[0]["code"] != DUPLICATE:
        raise Uncertain("the store's server did not confirm what it was given")
    stand = int(failed[0]["index"])
    there = log.find_one({"_id": docs[stand]["_id"], "tenant": docs[stand]["tenant"]}, {"id": 1})
    if there is None or there["id"] == docs[stand]["id"]:  # an insert that was sent again on its way
        raise Uncertain("the store's server was given the same twice")
    return stand


def after(log: Collection, tenant: str, seq: int, limit: int) -> list[Entry]:
    """What follows, without gaps: a range that is read while it grows may miss one, and not the next."""
    found, room = list[Entry](), TAIL_BYTES
    with log.find(entry_ids(tenant, seq)).sort("_id", 1).limit(limit) as docs:
        for doc in docs:
            if doc["seq"] != seq + len(found) + 1 or room <= 0:
                break
            found.append(entry(doc))
            room -= size(found[-1])
    return found


def by_facts(log: Collection, tenant: str, facts: Values[str]) -> list[Entry]:
    return [entry(doc) for doc in log.find(_having(tenant, facts))]


def _having(tenant: str, facts: Values[str]) -> Doc:
    return {"tenant": tenant, "facts": {"$in": list(facts)}}


def vread(log: Collection, tenant: str, key: Key, number: int) -> Version | None:
    doc = log.find_one(_having(tenant, [version_fact(key, number)]))
    versions = _versions([doc] if doc else [])
    return next((each for each in versions if each.key == key and each.version == number), None)


def history(log: Collection, tenant: str, facts: str | None, before: int | None) -> Iterator[Version]:
    """``facts`` is a prefix: of one resource's versions, or of one type's."""
    found = entry_ids(tenant, before=before)
    if facts:
        found["facts"] = {"$elemMatch": {"$gte": facts, "$lt": facts + AFTER}}
    with log.find(found).sort(NEWEST_FIRST).batch_size(100) as docs:
        yield from _versions(docs)


def _versions(docs: Iterable[Doc]) -> Iterator[Version]:
    for doc in docs:
        yield from reversed(entry(doc).versions())


def messages(
    log: Collection, tenant: str, facts: Mapping[str, str], since: datetime | None, limit: int
) -> Sequence[Entry]:
    logged: Doc = {"facts": {"$elemMatch": {"$gte": term("control_id", ""), "$lt": term("control_id", AFTER)}}}
    asked: list[Doc] = [{"facts": {"$in": [term(name, value)]}} for name, value in facts.items()]
    recent = [{"at": {"$gte": instant(since)}}] if since else []
    found = {"tenant": tenant, "$and": [*(asked or [logged]), logged, *recent]}
    return [entry(doc) for doc in log.find(found).sort(NEWEST_FIRST).limit(limit)]
