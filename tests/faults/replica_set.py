"""A replica set of MongoDB's as a model, and a client's collections over it: as much of both as the store uses.

What the store may rely on is what MongoDB promises: one document is written whole; writes are replicated in the order
in which they were done; an acknowledged one (``w: majority``) survives every election. What it may not rely on happens
here: a primary that has been replaced goes on answering those who have not noticed, and what it is given is lost; an
election keeps of what was not yet with a majority as much as it likes; a call fails, is done later, or twice, or its
reply is lost. https://www.mongodb.com/docs/manual/core/replica-set-rollbacks/"""

from pymongo import InsertOne
from pymongo.errors import AutoReconnect, BulkWriteError, DuplicateKeyError, NotPrimaryError
from pymongo.results import BulkWriteResult
from schedule import Crash

from server.store.mongo_server import DUPLICATE

TIMED_OUT = {"code": 64, "errmsg": "waiting for replication timed out"}


class Node:
    """A primary: what it has done, in order; the first ``safe`` of it are with a majority.

    Documents are replaced, never changed, so that a state is a dictionary of them."""

    def __init__(self, done=(), safe=0):
        self.done, self.safe, self.deposed = [], 0, False
        self.local, self.majority = {}, {}
        for each in done:
            self.write(*each)
        self.confirm(safe)

    def write(self, collection, id, doc):
        self.done.append((collection, id, doc))
        self.local.setdefault(collection, {})[id] = doc

    def confirm(self, count):
        for collection, id, doc in self.done[self.safe : count]:
            self.majority.setdefault(collection, {})[id] = doc
        self.safe = max(self.safe, count)


class ReplicaSet:
    def __init__(self, schedule):
        self._schedule, self.primary = schedule, Node()

    def elect(self):
        """Another node is primary from now on. It has all that a majority has, and of the rest a part."""
        old, random = self.primary, self._schedule.random
        self.primary = Node(old.done[: random.randint(old.safe, len(old.done))], old.safe)
        old.deposed = True

    def trouble(self):
        """Replication goes on by itself; now and then there is an election."""
        for _ in range(self._schedule.random.randint(0, 6)):
            for _ in range(self._schedule.random.randint(0, 40)):
                self._schedule.point()
            if self._schedule.strikes(0.5):
                self.elect()
            else:
                self.primary.confirm(self._schedule.random.randint(self.primary.safe, len(self.primary.done)))


class Client:
    """One process's connection: to whoever it takes for the primary."""

    def __init__(self, servers, schedule):
        self._servers, self.schedule, self._node = servers, schedule, servers.primary

    def node(self):
        if self._node.deposed and (not self.schedule.faults or self.schedule.strikes(0.2)):
            self._node = self._servers.primary
            raise NotPrimaryError("it has stepped down")
        return self._node

    def call(self):
        """Before and after it, the process may end; before it, and instead of it, the way may be cut."""
        return Call(self)

    def done(self, node, apply):
        """What comes of a write: ``apply`` does it and gives what was wrong with it."""
        if self.schedule.strikes(0.03):
            self.schedule.start(lambda: self._later(apply))
            raise AutoReconnect("done later, or never")
        failed = apply()
        if self.schedule.strikes(0.01):
            failed = apply()  # the driver sends it again
        self.schedule.point()
        if self.schedule.strikes(0.02):
            raise AutoReconnect("the reply was lost")
        late = [TIMED_OUT] if node.deposed else []
        if not late:
            node.confirm(len(node.done))
        if failed or late:
            raise BulkWriteError({"writeErrors": failed, "writeConcernErrors": late, "nMatched": 0})

    def _later(self, apply):
        for _ in range(self.schedule.random.randint(0, 300)):
            self.schedule.point()
        apply()


class Call:
    def __init__(self, client):
        self._client, self._schedule = client, client.schedule

    def __enter__(self):
        self._schedule.point()
        if self._schedule.strikes(0.01):
            raise Crash
        if self._schedule.strikes(0.02):
            raise AutoReconnect("down")
        return self._client.node()

    def __exit__(self, error, *more):
        if error is None:
            self._schedule.point()
            if self._schedule.strikes(0.01):
                raise Crash


class Collection:
    def __init__(self, client, name, majority=False):
        self._client, self.name, self._majority = client, name, majority

    def with_options(self, read_concern=None, write_concern=None):
        return Collection(
            self._client, self.name, self._majority if read_concern is None else read_concern.level == "majority"
        )

    def insert_many(self, docs, ordered):
        def apply():
            for index, doc in enumerate(docs):
                self._client.schedule.point()
                if doc["_id"] in node.local.get(self.name, ()):
                    return [{"code": DUPLICATE, "index": index}]
                node.write(self.name, doc["_id"], doc)
            return []

        with self._client.call() as node:
            self._client.done(node, apply)

    def bulk_write(self, operations, ordered):
        def apply():
            failed = [index for index, each in enumerate(operations) if not self._replace(node, each)]
            return [{"code": DUPLICATE, "index": index} for index in failed]

        with self._client.call() as node:
            self._client.done(node, apply)
        return BulkWriteResult({"nMatched": 0}, acknowledged=True)

    def _replace(self, node, operation):
        self._client.schedule.point()
        doc = operation._doc
        there = node.local.get(self.name, {}).get(doc["_id"])
        if there is not None and (isinstance(operation, InsertOne) or not matches(there, operation._filter)):
            return False
        node.write(self.name, doc["_id"], doc)
        return True

    def update_one(self, found, update, upsert=False):
        def apply():
            there = node.local.get(self.name, {}).get(found["_id"])
            if there is not None and not matches(there, found):
                return [{"code": DUPLICATE, "index": 0}]
            new = there or {"_id": found["_id"], **update.get("$setOnInsert", {})}
            most = {field: max(value, new.get(field, value)) for field, value in update.get("$max", {}).items()}
            node.write(self.name, found["_id"], {**new, **update.get("$set", {}), **most})
            return []

        with self._client.call() as node:
            try:
                self._client.done(node, apply)
            except BulkWriteError as error:
                raise (DuplicateKeyError if error.details["writeErrors"] else AutoReconnect)(str(error)) from None

    def find_one(self, found, fields=None, sort=()):
        return next(iter(self.find(found).sort(list(sort)).limit(1)), None)

    def find(self, found):
        return Cursor(self._client, self, found)

    def count_documents(self, found):
        return len(list(self.find(found)))

    def documents(self, node):
        return (node.majority if self._majority else node.local).get(self.name, {})


class Cursor:
    """What is written while it is read may be missed, and what is written after that not."""

    def __init__(self, client, collection, found):
        self._client, self._collection, self._found, self._way, self._limit = client, collection, found, 1, None

    def sort(self, key, way=1):
        self._way = key[0][1] if isinstance(key, list) and key else way
        return self

    def limit(self, limit):
        self._limit = limit
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def __iter__(self):
        with self._client.call() as node:
            there = len(self._collection.documents(node))
            self._client.schedule.point()
            seen = [doc for doc in self._among(node, there) if matches(doc, self._found)]
        return iter(sorted(seen, key=by_id, reverse=self._way < 0)[: self._limit])

    def _among(self, node, there):
        """All that may be found; of what came after the first ``there``, some."""
        docs, random = self._collection.documents(node), self._client.schedule.random.random
        asked = self._found.get("_id")
        ids = (
            asked["$in"] if isinstance(asked, dict) and "$in" in asked else [asked] if isinstance(asked, str) else None
        )
        if ids is not None:
            return [docs[id] for id in ids if id in docs]
        return [doc for place, doc in enumerate(docs.values()) if place < there or random() < 0.5]


def by_id(doc):
    return doc["_id"]


OPERATORS = {
    "$gt": lambda value, bound: value > bound,
    "$lt": lambda value, bound: value < bound,
    "$lte": lambda value, bound: value <= bound,
    "$in": lambda value, among: not set(among).isdisjoint(value if isinstance(value, list) else [value]),
}


def matches(doc, found):
    return all(_matches(doc, field, wanted) for field, wanted in found.items())


def _matches(doc, field, wanted):
    if field in {"$and", "$or"}:
        return (all if field == "$and" else any)(matches(doc, each) for each in wanted)
    if isinstance(wanted, dict):
        return all(OPERATORS[operator](doc[field], value) for operator, value in wanted.items())
    return doc[field] == wanted
