"""The distributed store, looked after."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pymongo import UpdateOne

from server.store.documents import Collection, Collections
from server.store.engine import Unusable
from server.store.entry import Entry, Key, Version, Write
from server.store.mongo_rows import (
    Doc,
    current_document,
    current_id,
    entry,
    entry_document,
    entry_id,
    held_document,
    held_id,
    renewal,
    renewed_document,
    version,
    version_fact,
)

SHOWN = 20
"""Faults of one kind that are told."""

BEYOND = "0"
"""The character after the one that parts a name from what follows."""

PURGED: Mapping[str, Any] = {"body": b"", "terms": [], "marks": []}


def tenants(log: Collection) -> list[str]:
    """From the first entry of one to the first of the next, never through all."""
    found, after = list[str](), ""
    while doc := log.find_one({"_id": {"$gt": after}}, {"tenant": 1}, sort=[("_id", 1)]):
        found.append(doc["tenant"])
        after = doc["tenant"] + BEYOND
    return sorted(found)


def types(collection: Collection, tenant: str) -> list[str]:
    found, after = list[str](), f"{tenant}/"
    while doc := collection.find_one(_ids(tenant, after), {"type": 1}, sort=[("_id", 1)]):
        found.append(doc["type"])
        after = f"{tenant}/{doc['type']}{BEYOND}"
    return found


def _ids(tenant: str, after: str) -> Doc:
    return {"tenant": tenant, "_id": {"$gt": after, "$lt": tenant + BEYOND}}


def current(collection: Collection, tenant: str, type: str, after: str, limit: int) -> list[Version]:
    ids = {"$gt": current_id(tenant, Key(type, after)), "$lt": f"{tenant}/{type}{BEYOND}"}
    return [version(doc) for doc in collection.find({"tenant": tenant, "_id": ids}).sort("_id", 1).limit(limit)]


def held(collection: Collection, tenant: str, after: str, limit: int) -> list[tuple[str, Key]]:
    found = collection.find({**_ids(tenant, held_id(tenant, after)), "holder": {"$ne": []}}).sort("_id", 1)
    return [(doc["value"], Key(*doc["holder"])) for doc in found.limit(limit)]


def faults(store: Collections) -> Iterator[str]:
    """A document is what is made of what is read from it."""
    yield from islice(_unlike(store.entry, lambda doc: entry_document(entry(doc))), SHOWN)
    yield from islice(_unlike(store.current, lambda doc: current_document(doc["tenant"], version(doc))), SHOWN)
    yield from islice(_unlike(store.held, _held_again), SHOWN)
    yield from islice(
        _unlike(store.renewed, lambda doc: renewed_document(doc["tenant"], renewal(doc), doc["seq"])), SHOWN
    )


def _held_again(doc: Doc) -> Doc:
    return held_document(doc["tenant"], doc["value"], Key(*doc["holder"]) if doc["holder"] else None, doc["seq"])


def _unlike(collection: Collection, again: Callable[[Doc], Doc]) -> Iterator[str]:
    for doc in collection.find().batch_size(500):
        try:
            same = again(doc) == doc
        except (KeyError, TypeError, ValueError):
            same = False
        if not same:
            yield f"{collection.name} {doc['_id'].partition('=')[0]}: is found by other things than it says"


def reindex(store: Collections, tenant: str, versions: Sequence[Version]) -> int:
    """First in the journal: what is written there is what the rest is made of."""
    places = _places(store.entry, tenant, [entry_id(tenant, each.seq) for each in versions])
    terms = {(each.seq, each.key): {"terms": list(each.terms)} for each in versions}
    _amend(store.entry, [_amended(tenant, seq, places[seq, key], new) for (seq, key), new in terms.items()])
    same = [{"_id": current_id(tenant, each.key), "tenant": tenant, "seq": each.seq} for each in versions]
    updates = [UpdateOne(doc, {"$set": {"terms": list(each.terms)}}) for doc, each in zip(same, versions, strict=True)]
    return _amend(store.current, updates)


def purge_messages(log: Collection, tenant: str, entries: Iterable[Entry]) -> None:
    ids = [entry_id(tenant, each.seq) for each in entries if each.raw]
    if ids:
        log.update_many({"tenant": tenant, "_id": {"$in": ids}}, {"$set": {"raw": b""}})


def purge_versions(log: Collection, tenant: str, writes: Iterable[Write]) -> None:
    """What these superseded."""
    before = {(write.key, write.base) for write in writes if write.base}
    docs = list(log.find({"tenant": tenant, "facts": {"$in": [version_fact(*each) for each in before]}}, OUTLINE))
    updates = [
        _amended(tenant, doc["seq"], place, PURGED)
        for doc in docs
        for place, each in enumerate(doc["writes"])
        if (Key(each["type"], each["id"]), each["base"] + 1) in before and not each["deleted"]
    ]
    _amend(log, updates)


OUTLINE: Mapping[str, Any] = {
    "seq": 1,
    "writes": {
        "$map": {
            "input": "$writes",
            "as": "w",
            "in": {"type": "$$w.type", "id": "$$w.id", "base": "$$w.base", "deleted": {"$eq": ["$$w.body", None]}},
        }
    },
}
"""An entry's writes without what is in them."""


def _places(log: Collection, tenant: str, ids: Sequence[str]) -> dict[tuple[int, Key], int]:
    docs = log.find({"tenant": tenant, "_id": {"$in": list(ids)}}, OUTLINE)
    return {
        (doc["seq"], Key(each["type"], each["id"])): place for doc in docs for place, each in enumerate(doc["writes"])
    }


def _amended(tenant: str, seq: int, place: int, fields: Mapping[str, Any]) -> UpdateOne:
    changes = {f"writes.{place}.{name}": value for name, value in fields.items()}
    return UpdateOne({"_id": entry_id(tenant, seq), "tenant": tenant}, {"$set": changes})


def _amend(collection: Collection, updates: Sequence[UpdateOne]) -> int:
    """How many found what they were meant for."""
    return int(collection.bulk_write(updates, ordered=False).matched_count) if updates else 0


def adopt(store: Collections, namespace: str) -> None:
    if store.entry.find_one({}, {"_id": 1}):
        raise Unusable("the store has entries of its own already: name an empty one")
    store.about.update_one({"_id": "store"}, {"$set": {"namespace": namespace}})


def note(about: Collection, name: str, said: str | None) -> None:
    if said is None:
        about.delete_one({"_id": f"note {name}"})
    else:
        about.update_one({"_id": f"note {name}"}, {"$set": {"text": said}}, upsert=True)


def noted(about: Collection, name: str) -> str | None:
    doc = about.find_one({"_id": f"note {name}"})
    return str(doc["text"]) if doc else None


def notes(about: Collection) -> dict[str, str]:
    found = about.find({"_id": {"$gte": "note ", "$lt": "note!"}})
    return {doc["_id"].removeprefix("note "): doc["text"] for doc in found}
