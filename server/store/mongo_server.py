"""The server of MongoDB's protocol: connecting, what it must be able to do, and what its errors mean."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import mongoengine
from pymongo import MongoClient, WriteConcern
from pymongo.errors import ConfigurationError, ConnectionFailure, DuplicateKeyError, InvalidURI, OperationFailure
from pymongo.read_concern import ReadConcern

from server.store.documents import Collections, bound, indexed
from server.store.engine import Unavailable, Uncertain, Unusable
from server.store.mongo_promises import doubts as doubted
from server.store.mongo_promises import faults, index_faults, url_faults

Client = MongoClient[dict[str, Any]]

logger = logging.getLogger(__name__)

DURABLE = WriteConcern(w="majority", j=True, wtimeout=10_000)

MAJORITY = ReadConcern("majority")

PATIENCE = {"serverSelectionTimeoutMS": 5_000, "connectTimeoutMS": 5_000, "socketTimeoutMS": 30_000}

DUPLICATE = 11000

OTHER_INDEX = frozenset({85, 86})
"""IndexOptionsConflict, IndexKeySpecsConflict."""

NOT_ALLOWED = frozenset({13, 18})
"""Unauthorized, AuthenticationFailed."""

REFUSED = frozenset({2, 9, 14, 22, 10334, 17280, 17419, 17420})
"""Codes of a document or query that is wrong or too large in itself.
https://www.mongodb.com/docs/manual/reference/error-codes/"""


class Server:
    """One database. ``alias`` is its name within mongoengine, of which each engine has one of its own."""

    def __init__(self, url: str) -> None:
        self._alias = f"causeway-{uuid4()}"
        try:
            with troubles():
                self._client = _client(url, self._alias)
                _check(self._client)
                self.collections = safe(_indexes(self._alias))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        mongoengine.disconnect(self._alias)


def _client(url: str, alias: str) -> Client:
    try:
        client: Client = mongoengine.connect(host=url, alias=alias, uuidRepresentation="standard", **PATIENCE)
        client.get_default_database()
    except (ConfigurationError, InvalidURI, mongoengine.ConnectionFailure, ValueError) as error:
        raise Unusable(f"the store's URL is mongodb://HOST/DATABASE: {error}") from None
    return client


def _check(client: Client) -> None:
    """Says at the start what the server cannot promise, and what to do about it."""
    _refuse(url_faults(client.write_concern.document, client.read_preference.mongos_mode))
    hello = client.admin.command("hello")
    _refuse(faults(hello, _asked(client, "getCmdLineOpts").get("parsed", {})))
    if not hello.get("isWritablePrimary"):
        raise Unavailable("the server takes no writes: it is not the primary of its replica set, or has none")
    for doubt in doubted(hello, _asked(client, "buildInfo")):
        logger.warning("the store: %s", doubt)


def _asked(client: Client, command: str) -> Mapping[str, Any]:
    """Nothing where the user may not ask that, or the server has no such command."""
    try:
        return client.admin.command(command)
    except OperationFailure:
        return {}


def _refuse(said: Iterable[str]) -> None:
    if found := list(said):
        raise Unusable("; ".join(found))


def _indexes(alias: str) -> Collections:
    """The collections, with their indexes: those that are missing are made."""
    try:
        found = bound(alias)
    except OperationFailure as error:
        if error.code not in OTHER_INDEX:
            raise
        raise Unusable(
            "an index of the store's database is another than it should be: drop it, and start again"
        ) from None
    _refuse(
        fault for each, wanted in indexed(found) for fault in index_faults(each.name, wanted, each.index_information())
    )
    return found


def safe(collections: Collections) -> Collections:
    """What is written is kept by a majority, on disk; what is read is with a majority already, so it stands whichever
    server leads next. Nothing can be built on, or told of, what an election may yet undo."""
    return Collections(*(each.with_options(write_concern=DURABLE, read_concern=MAJORITY) for each in collections))


@contextmanager
def troubles() -> Iterator[None]:
    """What is wrong with the server or the way to it is Unavailable; what is wrong with what was asked, ValueError."""
    try:
        yield
    except DuplicateKeyError:
        raise
    except OperationFailure as error:
        if error.code in NOT_ALLOWED:
            raise Unusable("the user in the store's URL may not use its database: grant it readWrite there") from None
        if error.code in REFUSED:
            raise ValueError(f"the store refuses this (code {error.code})") from None
        raise Unavailable(f"the store's server: code {error.code}") from None
    except ConnectionFailure as error:
        raise Unavailable(f"the store's server: {type(error).__name__}") from None


@contextmanager
def doubts() -> Iterator[None]:
    """A write of the journal: Uncertain unless it was refused for what it is."""
    try:
        with troubles():
            yield
    except Unavailable as error:
        raise Uncertain(str(error)) from None
