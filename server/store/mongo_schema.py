"""The distributed store's schema: which one a database has, and how an older one is brought up.

What can be said as a field or an index of ``documents.py`` needs nothing here."""

from collections.abc import Callable, Sequence
from uuid import uuid4

from server.store.documents import Collections
from server.store.engine import Unusable
from server.store.mongo_server import troubles

Migration = Callable[[Collections], object]


def leases_note_progress(store: Collections) -> None:
    store.lease.update_many({"done": {"$exists": False}}, {"$set": {"done": 0}})


MIGRATIONS: Sequence[Migration] = (leases_note_progress,)
"""What makes of each schema the next, from the first on. Several processes may do the same at once, and one that dies
does it again, so twice has to be as good as once. To change the schema, add a row; what stands is never changed."""


def introduce(store: Collections, migrations: Sequence[Migration] = MIGRATIONS) -> str:
    """The store's namespace. Makes an empty database a store, brings an older one up, and refuses a newer one."""
    known = 1 + len(migrations)
    made = {"schema": known, "namespace": str(uuid4())}
    with troubles():
        store.about.update_one({"_id": "store"}, {"$setOnInsert": made}, upsert=True)
        about = store.about.find_one({"_id": "store"})
        if about["schema"] > known:
            raise Unusable(
                f"the store has schema {about['schema']}, this program knows {known}: use the version that wrote it"
            )
        for version, step in enumerate(migrations[about["schema"] - 1 :], about["schema"]):
            step(store)
            store.about.update_one({"_id": "store", "schema": version}, {"$set": {"schema": version + 1}})
    return str(about["namespace"])
