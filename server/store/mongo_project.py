"""The distributed store's projections: guarded writes, by which whoever comes late, or again, changes nothing.

A guard is the document's ``_id`` and a ``seq`` below one's own. Where a later document is there already, the guard does
not match, the upsert becomes an insert of an ``_id`` that exists, and fails: that is meant."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from pymongo import InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from server.store import mongo_log
from server.store.documents import Collection, Collections
from server.store.engine import Uncertain
from server.store.entry import Entry, Key, Version
from server.store.mongo_rows import Doc, current_document, held_document, renewed_document
from server.store.mongo_server import DUPLICATE

Operation = InsertOne[Doc] | ReplaceOne[Doc]

CHUNK = 256
"""Entries that are projected at once."""

LAZILY = 64
"""Entries that a process projects before it notes so, as long as it has met no other on the tenant. What is not noted
is done once more by the first that comes; from then on, each notes at once."""


class Projections:
    """Knows how far they are complete, and what was appended by this process and is not projected yet."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections
        self._done: dict[str, int] = {}
        self._noted: dict[str, int] = {}
        self._fresh: dict[str, Sequence[Entry]] = {}
        self._shared: set[str] = set()
        self._lock = Lock()
        self._beside = ThreadPoolExecutor(1, "projections")

    def close(self) -> None:
        self._beside.shutdown()

    def appended(self, tenant: str, entries: Sequence[Entry]) -> None:
        self._fresh[tenant] = entries

    def bring_up(self, tenant: str) -> int:
        """Up to what this process has just appended; else up to the journal's end."""
        with self._lock:
            return self._brought_up(tenant)

    def _brought_up(self, tenant: str) -> int:
        done = self._done.get(tenant) or self._known(tenant)
        fresh = self._fresh.pop(tenant, ())
        if fresh and fresh[0].seq == done + 1:
            return self._project(tenant, fresh)
        while entries := mongo_log.after(self._collections.entry, tenant, done, CHUNK):
            self._shared.add(tenant)
            known = self._known(tenant)
            done = known if known > done else self._project(tenant, entries)
        return done

    def _known(self, tenant: str) -> int:
        doc = self._collections.cursor.find_one({"_id": tenant})
        self._done[tenant] = self._noted[tenant] = int(doc["seq"]) if doc else 0
        return self._done[tenant]

    def _project(self, tenant: str, entries: Sequence[Entry]) -> int:
        held = self._beside.submit(self._project_others, tenant, entries)
        try:
            written(self._collections.current, current_operations(tenant, entries))
        finally:
            held.result()
        seq = entries[-1].seq
        if tenant in self._shared or seq >= self._noted.get(tenant, 0) + LAZILY:
            written(self._collections.cursor, [guarded({"_id": tenant, "tenant": tenant, "seq": seq})])
            self._noted[tenant] = seq
        self._done[tenant] = seq
        return seq

    def _project_others(self, tenant: str, entries: Sequence[Entry]) -> None:
        written(self._collections.held, held_operations(tenant, entries))
        written(self._collections.renewed, renewed_operations(tenant, entries))


def current_operations(tenant: str, entries: Iterable[Entry]) -> list[Operation]:
    """One for each resource. What is there first is inserted, which is quicker; but not when it is written twice: a
    part of the entries may have been projected before."""
    versions: dict[Key, list[Version]] = {}
    for version in (version for entry in entries for version in entry.versions()):
        versions.setdefault(version.key, []).append(version)
    documents = ((current_document(tenant, each[-1]), [v.version for v in each] == [1]) for each in versions.values())
    return [InsertOne(doc) if first else guarded(doc) for doc, first in documents]


def held_operations(tenant: str, entries: Iterable[Entry]) -> list[Operation]:
    held: dict[str, tuple[Key | None, int]] = {}
    for entry in entries:
        held.update((value, (None, entry.seq)) for write in entry.writes for value in write.frees)
        held.update((value, (write.key, entry.seq)) for write in entry.writes for value in write.takes)
    return [guarded(held_document(tenant, value, holder, seq)) for value, (holder, seq) in held.items()]


def renewed_operations(tenant: str, entries: Iterable[Entry]) -> list[Operation]:
    last = {renewal.key: (renewal, entry.seq) for entry in entries for renewal in entry.renewals}
    return [guarded(renewed_document(tenant, renewal, seq)) for renewal, seq in last.values()]


def guarded(doc: Doc) -> Operation:
    guard = {"_id": doc["_id"], "tenant": doc["tenant"], "seq": {"$lt": doc["seq"]}}
    return ReplaceOne(guard, doc, upsert=True)


def written(collection: Collection, operations: Sequence[Operation]) -> None:
    """Unordered: what comes too late is no reason to leave out the rest."""
    if not operations:
        return
    try:
        collection.bulk_write(operations, ordered=False)
    except BulkWriteError as error:
        failed = error.details["writeErrors"]
        if error.details["writeConcernErrors"] or any(each["code"] != DUPLICATE for each in failed):
            raise Uncertain("the store's server did not confirm what it was given") from None
