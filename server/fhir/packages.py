"""A guide's package among what is stored: its resources bear its name and version as a tag.

https://hl7.org/fhir/R4/resource.html#simple-tags"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

from mappings.fhir.json import Json, dumps, loads
from mappings.fhir.profiles.package import TYPES, Package
from server.fhir.resource import deletion, prepare
from server.fhir.search.parse import conditions
from server.store.entry import Entry, Key, Version, Write
from server.store.query import EVERYTHING, Search
from server.store.snapshot import Snapshot
from server.store.store import Store

SYSTEM = "urn:causeway:package"
ACTOR, ORIGIN = "cli", "package"

PIECE = 4 * 1024 * 1024
"""Bytes of one entry, about: an entry has its limit, a package has none that is so low."""
PAGE = 200

Writing: TypeAlias = Callable[[Snapshot], list[Write]]


def store(store: Store, tenant: str, package: Package) -> int:
    """How many resources were stored. Raises Invalid for a resource that is none of R4's."""
    tag = {"system": SYSTEM, "code": package.label}
    labelled = [{**each, "meta": {**each.get("meta", {}), "tag": [tag]}} for each in package.resources]
    for piece in _pieces(labelled):
        _submit(store, tenant, partial(_writes, piece))
    return len(labelled)


def _pieces(resources: Iterable[Json]) -> Iterator[list[Json]]:
    piece, size = list[Json](), 0
    for each in resources:
        piece.append(each)
        size += len(dumps(each))
        if size > PIECE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _writes(resources: list[Json], snapshot: Snapshot) -> list[Write]:
    return [_write(snapshot, each) for each in resources]


def _write(snapshot: Snapshot, resource: Json) -> Write:
    """Over what has the same URL; else under the id that it has, if that is free."""
    type = resource["resourceType"]
    same = snapshot.find(type, conditions(type, (("url", resource["url"]),)), 1)
    taken = None if same else snapshot.read(Key(type, str(resource.get("id"))))
    id = snapshot.new_id(None) if taken and not taken.deleted else resource.get("id")
    return prepare(snapshot, resource, base=same[0] if same else taken if taken and taken.deleted else None, id=id)


def stored(store: Store, tenant: str) -> dict[str, int]:
    """By label: how many resources of each package are here."""
    counts: dict[str, int] = {}
    for each in _versions(store, tenant, None):
        for tag in loads(each.body or b"{}").get("meta", {}).get("tag", ()):
            if tag.get("system") == SYSTEM:
                counts[tag["code"]] = counts.get(tag["code"], 0) + 1
    return dict(sorted(counts.items()))


def remove(store: Store, tenant: str, label: str) -> int:
    found = list(_versions(store, tenant, label))
    for start in range(0, len(found), PAGE):
        keys = [each.key for each in found[start : start + PAGE]]
        _submit(store, tenant, partial(_deletions, keys))
    return len(found)


def _deletions(keys: list[Key], snapshot: Snapshot) -> list[Write]:
    return [deletion(each) for each in map(snapshot.read, keys) if each and not each.deleted]


def _versions(store: Store, tenant: str, label: str | None) -> Iterator[Version]:
    for type in TYPES:
        tagged = conditions(type, (("_tag", f"{SYSTEM}|{label or ''}"),)) if label else EVERYTHING
        after: str | None = None
        while True:
            page = store.search(tenant, Search(type, tagged, limit=PAGE, after=after))
            yield from page.versions
            if page.next is None:
                break
            after = page.next


def _submit(store: Store, tenant: str, writes: Writing) -> None:
    def fold(snapshot: Snapshot) -> Entry:
        made = tuple(writes(snapshot))
        return Entry(tenant, snapshot.new_id(None), snapshot.at, ACTOR, ORIGIN, made, about={"interaction": ORIGIN})

    store.submit(tenant, fold).result()
