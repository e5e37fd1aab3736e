"""The distributed engine's collections, their fields and their indexes.

What must be unique is in ``_id``. Every document carries its tenant, by which a cluster may be sharded."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from mongoengine import BinaryField, BooleanField, Document, IntField, ListField, StringField

Collection = Any
"""A pymongo collection of plain dictionaries: an object per document costs more than the query."""


def kept_in(collection: str, *indexes: tuple[str, ...]) -> dict[str, Any]:
    """Abstract: each engine binds the documents to a database of its own."""
    return {"abstract": True, "collection": collection, "auto_create_index": False, "indexes": list(indexes)}


class Entry(Document):  # type: ignore[misc]
    """``_id`` is ``tenant/seq``. ``facts`` is all that an entry is looked up by: its id, its dedupe key, what it is
    about, which versions it wrote."""

    meta = kept_in("entry", ("tenant", "facts"))

    key = StringField(primary_key=True)
    tenant = StringField(required=True)
    seq = IntField(required=True)
    id = StringField(required=True)
    at = IntField(required=True)
    actor = StringField(required=True)
    origin = StringField(required=True)
    dedupe = StringField()
    about = ListField(StringField())
    facts = ListField(StringField())
    writes = ListField()
    renewals = ListField()
    reply = BinaryField()
    raw = BinaryField()


class Current(Document):  # type: ignore[misc]
    """``_id`` is ``tenant/type/id``: a resource's newest version; ``place`` is ``tenant/type``. A deleted one has no
    ``body``, and is found by no terms."""

    meta = kept_in("current", ("place", "terms"))

    key = StringField(primary_key=True)
    tenant = StringField(required=True)
    place = StringField(required=True)
    type = StringField(required=True)
    id = StringField(required=True)
    version = IntField(required=True)
    seq = IntField(required=True)
    at = IntField(required=True)
    live = BooleanField(required=True)
    terms = ListField(StringField())
    was = ListField(StringField())
    reserves = ListField(StringField())
    marks = ListField(ListField(StringField()))
    body = BinaryField()


class Held(Document):  # type: ignore[misc]
    """``_id`` is ``tenant/value``. A value that was freed stays without a ``holder``, so that what is late sees it."""

    meta = kept_in("held")

    key = StringField(primary_key=True)
    tenant = StringField(required=True)
    seq = IntField(required=True)
    value = StringField(required=True)
    holder = ListField(StringField())


class Renewed(Document):  # type: ignore[misc]
    """``_id`` is ``tenant/type/id``: the last renewal of a resource's marks."""

    meta = kept_in("renewed")

    key = StringField(primary_key=True)
    tenant = StringField(required=True)
    seq = IntField(required=True)
    type = StringField(required=True)
    id = StringField(required=True)
    marks = ListField(ListField(StringField()))


class Cursor(Document):  # type: ignore[misc]
    """``_id`` is the tenant: up to which entry its projections are complete."""

    meta = kept_in("cursor")

    key = StringField(primary_key=True)
    tenant = StringField(required=True)
    seq = IntField(required=True)


class Lease(Document):  # type: ignore[misc]
    """``_id`` is the lease's name; ``done`` how far the work is that it stands for."""

    meta = kept_in("lease")

    key = StringField(primary_key=True)
    holder = StringField(required=True)
    until = IntField(required=True)
    done = IntField(required=True)


class About(Document):  # type: ignore[misc]
    """What the store is: one document. Others are notes, each a ``text``."""

    meta = kept_in("about")

    key = StringField(primary_key=True)
    schema = IntField()
    namespace = StringField()
    checked = IntField()
    text = StringField()


class Collections(NamedTuple):
    """Of one database."""

    entry: Collection
    current: Collection
    held: Collection
    cursor: Collection
    lease: Collection
    about: Collection
    renewed: Collection


def bound(alias: str) -> Collections:
    """The collections of the database that mongoengine knows by this alias, with their indexes."""
    documents: list[Any] = [type(each.__name__, (each,), {"meta": {"db_alias": alias}}) for each in DOCUMENTS]
    for document in documents:
        document.ensure_indexes()
    return Collections(*(document._get_collection() for document in documents))


def indexed(collections: Collections) -> Iterator[tuple[Collection, tuple[str, ...]]]:
    """Each collection with each of its indexes."""
    for collection, document in zip(collections, DOCUMENTS, strict=True):
        for fields in document._meta["indexes"]:
            yield collection, fields


DOCUMENTS: tuple[Any, ...] = (Entry, Current, Held, Cursor, Lease, About, Renewed)
