"""The distributed engine: any number of processes on one database of MongoDB's protocol.

Nothing depends on a transaction, on a second unique index, or on being alone: the journal's ``_id`` decides who writes,
and a projection is a guarded write that may come late, or twice."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from pymongo.errors import DuplicateKeyError

from server.store import mongo_log, mongo_search, mongo_upkeep
from server.store.engine import Page
from server.store.entry import Entry, Key, Marks, Version
from server.store.instants import instant
from server.store.mongo_project import Projections
from server.store.mongo_rows import (
    current_id,
    dedupe_fact,
    held_id,
    id_fact,
    renewal,
    type_facts,
    version,
    version_facts,
)
from server.store.mongo_schema import introduce
from server.store.mongo_server import Server, doubts, troubles
from server.store.paging import whole_entries
from server.store.query import Query, Search


class MongoEngine:
    """``mongodb://HOST/DATABASE``."""

    def __init__(self, url: str) -> None:
        self._server = Server(url)
        self._entry, self._current, self._held, _, self._lease, self._about, self._renewed = self._server.collections
        self._projections = Projections(self._server.collections)
        try:
            self._namespace = introduce(self._server.collections)
        except BaseException:
            self.close()
            raise

    def last(self, tenant: str) -> int:
        with troubles():
            return mongo_log.last(self._entry, tenant)

    def append(self, tenant: str, entries: Sequence[Entry]) -> int:
        with doubts():
            stand = mongo_log.insert(self._entry, entries)
        self._projections.appended(tenant, entries[:stand])
        return stand

    def project(self, tenant: str) -> int:
        with troubles():
            return self._projections.bring_up(tenant)

    def read(self, tenant: str, key: Key) -> Version | None:
        return self.newest(tenant, (key,)).get(key)

    def newest(self, tenant: str, keys: Collection[Key]) -> Mapping[Key, Version]:
        ids = [current_id(tenant, key) for key in keys]
        with troubles():
            found = map(version, self._current.find({"tenant": tenant, "_id": {"$in": ids}}))
            return {each.key: each for each in found}

    def renewed(self, tenant: str, keys: Collection[Key]) -> Mapping[Key, tuple[int, Marks]]:
        ids = [current_id(tenant, key) for key in keys]
        with troubles():
            docs = list(self._renewed.find({"tenant": tenant, "_id": {"$in": ids}}))
        return {told.key: (doc["seq"], told.marks) for doc in docs if (told := renewal(doc))}

    def vread(self, tenant: str, key: Key, version: int) -> Version | None:
        with troubles():
            return mongo_log.vread(self._entry, tenant, key, version)

    def holders(self, tenant: str, values: Collection[str]) -> Mapping[str, Key]:
        ids = [held_id(tenant, value) for value in values]
        with troubles():
            found = self._held.find({"tenant": tenant, "_id": {"$in": ids}})
            return {doc["value"]: Key(*doc["holder"]) for doc in found if doc["holder"]}

    def answered(self, tenant: str, dedupes: Collection[str]) -> Mapping[str, Entry]:
        with troubles():
            found = mongo_log.by_facts(self._entry, tenant, [dedupe_fact(each) for each in dedupes])
        return {entry.dedupe: entry for entry in found if entry.dedupe}

    def entry(self, tenant: str, id: str) -> Entry | None:
        with troubles():
            return next(iter(mongo_log.by_facts(self._entry, tenant, [id_fact(id)])), None)

    def search(self, tenant: str, search: Search) -> Page:
        with troubles():
            return mongo_search.page(self._current, tenant, search)

    def count(self, tenant: str, type: str, where: Query) -> int:
        with troubles():
            return mongo_search.count(self._current, tenant, type, where)

    def history(self, tenant: str, key: Key | None, *, type: str | None = None, limit: int, before: int | None) -> Page:
        facts = version_facts(key) if key else type_facts(type) if type else None
        with troubles():
            versions = mongo_log.history(self._entry, tenant, facts, before)
            wanted = (v for v in versions if (key is None or v.key == key) and (type is None or v.key.type == type))
            return whole_entries(wanted, limit)

    def tail(self, tenant: str, after: int, limit: int) -> Sequence[Entry]:
        with troubles():
            return mongo_log.after(self._entry, tenant, after, limit)

    def messages(self, tenant: str, facts: Mapping[str, str], since: datetime | None, limit: int) -> Sequence[Entry]:
        with troubles():
            return mongo_log.messages(self._entry, tenant, facts, since, limit)

    def lease(self, name: str, holder: str, now: datetime, until: datetime, done: int = 0) -> bool:
        mine = {"holder": holder, **({"until": {"$lte": instant(until)}} if until > now else {})}
        free = {"_id": name, "$or": [mine, {"until": {"$lte": instant(now)}}]}  # what comes late shortens no lease
        held = {"$set": {"holder": holder, "until": instant(until)}, "$max": {"done": done}}
        try:
            with troubles():
                self._lease.update_one(free, held, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    def progress(self, name: str) -> int | None:
        with troubles():
            doc = self._lease.find_one({"_id": name})
            return int(doc["done"]) if doc else None

    def leases(self) -> Mapping[str, int]:
        with troubles():
            return {doc["_id"]: int(doc["done"]) for doc in self._lease.find().sort("_id", 1)}

    def tenants(self) -> Sequence[str]:
        with troubles():
            return mongo_upkeep.tenants(self._entry)

    def types(self, tenant: str) -> Sequence[str]:
        with troubles():
            return mongo_upkeep.types(self._current, tenant)

    def current(self, tenant: str, type: str, after: str, limit: int) -> Sequence[Version]:
        with troubles():
            return mongo_upkeep.current(self._current, tenant, type, after, limit)

    def held(self, tenant: str, after: str, limit: int) -> Sequence[tuple[str, Key]]:
        with troubles():
            return mongo_upkeep.held(self._held, tenant, after, limit)

    def faults(self) -> Iterator[str]:
        with troubles():
            yield from mongo_upkeep.faults(self._server.collections)

    def reindex(self, tenant: str, versions: Sequence[Version]) -> int:
        with troubles():
            return mongo_upkeep.reindex(self._server.collections, tenant, versions)

    def purge(self, tenant: str, entries: Sequence[Entry], *, messages: bool, versions: bool) -> None:
        with troubles():
            if messages:
                mongo_upkeep.purge_messages(self._entry, tenant, entries)
            if versions:
                mongo_upkeep.purge_versions(self._entry, tenant, [write for each in entries for write in each.writes])

    def adopt(self, namespace: str) -> None:
        if namespace != self._namespace:
            with troubles():
                mongo_upkeep.adopt(self._server.collections, namespace)
            self._namespace = namespace

    def note(self, name: str, text: str | None) -> None:
        with troubles():
            mongo_upkeep.note(self._about, name, text)

    def noted(self, name: str) -> str | None:
        with troubles():
            return mongo_upkeep.noted(self._about, name)

    def notes(self) -> Mapping[str, str]:
        with troubles():
            return mongo_upkeep.notes(self._about)

    def namespace(self) -> str:
        return self._namespace

    def check(self) -> None:
        with troubles():
            self._about.update_one({"_id": "store"}, {"$set": {"checked": instant(datetime.now(UTC))}})

    def close(self) -> None:
        self._projections.close()
        self._server.close()
