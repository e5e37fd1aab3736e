"""What a server of MongoDB's protocol says of itself, and whether a store can rely on it: decided from plain values.

A fault is a reason not to start; a doubt is told, for whoever looks after the server to judge."""

from collections.abc import Iterator, Mapping
from typing import Any

Said = Mapping[str, Any]

OLDEST = 13
"""The wire version of MongoDB 5.0, the first whose majority writes are kept by default.
https://www.mongodb.com/docs/manual/release-notes/5.0/#default-write-concern"""

FEW = 3
"""Members of a replica set, of which one may fail."""


def url_faults(written: Said, read_preference: str) -> Iterator[str]:
    """Of what a store's URL asks for."""
    if written.get("w", "majority") != "majority" or not written.get("journal", written.get("j", True)):
        yield "leave w and journal out of the store's URL: a write is kept by a majority, on disk, or not at all"
    if read_preference != "primary":
        yield "leave readPreference out of the store's URL: only the primary knows what was written last"


def faults(hello: Said, options: Said) -> Iterator[str]:
    """Of what the server answers to ``hello`` and ``getCmdLineOpts`` (empty where one may not ask that)."""
    if hello["maxWireVersion"] < OLDEST:
        yield "the server is older than MongoDB 5.0: update it"
    storage = options.get("storage", {})
    if storage.get("engine") == "inMemory":
        yield "the server keeps its data in memory only (storage.engine inMemory): use wiredTiger"
    if storage.get("journal", {}).get("enabled", True) is False:
        yield "the server keeps no journal (storage.journal.enabled false), so what it confirms may be lost: turn it on"
    if storage.get("syncPeriodSecs", 1) == 0:
        yield "the server never flushes its data (storage.syncPeriodSecs 0): leave that setting out"


def doubts(hello: Said, build: Said) -> Iterator[str]:
    """``build`` is the answer to ``buildInfo``."""
    if "ferretdb" in build or hello.get("msg") == "isdbgrid":
        return
    if "setName" not in hello:
        yield "the server is no member of a replica set: what it confirms is lost with its disk. Use a set of three"
    elif len(hello.get("hosts", ())) < FEW:
        yield f"the replica set has {len(hello.get('hosts', ()))} data-bearing members: with three, one may fail"


def index_faults(collection: str, wanted: tuple[str, ...], found: Mapping[str, Said]) -> Iterator[str]:
    """Of the indexes that a collection has, as ``index_information`` tells of them; mongoengine makes what is missing,
    and leaves what is there."""
    alike = [each for each in found.values() if [field for field, _ in each["key"]] == list(wanted)]
    odd = {"partialFilterExpression", "sparse", "hidden", "unique"}
    if not any(odd.isdisjoint(name for name, value in each.items() if value) for each in alike):
        named = f"{collection} ({', '.join(wanted)})"
        yield f"the index on {named} is missing, or not a plain one: drop it, and start again"
