"""The authorization server's own records (clients, users, tokens): kept in the same journal as everything, under a
tenant of their own, so that no hospital's data, history or feed ever holds them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from server.store.entry import Entry, Key, Version, Write
from server.store.query import EVERYTHING, Between, Query, Search, equals, term
from server.store.snapshot import Snapshot
from server.store.store import Store

REALM = "-auth"
"""Not a name that a hospital can have: no principal's tenant begins like this."""

USED = "-used"
INDEXED = ("client_id", "user")
"""What records are found by, besides their id and their end."""
PRUNED_AT_ONCE = 500

Record = TypeVar("Record")


class Unchanged(Exception):
    """There is nothing to write."""


@dataclass(frozen=True, slots=True)
class Used:
    """Somebody asked for a name that is given once."""

    expires_at: int


def get(store: Store, key: Key, kind: type[Record]) -> Record | None:
    """None if there is none, or none any more."""
    found = store.read(REALM, key)
    return _decoded(found, kind) if found else None


def every(store: Store, type: str, kind: type[Record], where: Query = EVERYTHING) -> Iterator[Record]:
    """All records of a type, or those that ``where`` finds."""
    after = None
    while True:
        page = store.search(REALM, Search(type, where, after=after))
        yield from (record for version in page.versions if (record := _decoded(version, kind)))
        after = page.next
        if after is None:
            return


def having(name: str, value: str) -> Query:
    """Records of which this indexed member is ``value``."""
    return equals(term(name, value))


def add(store: Store, key: Key, record: Any, actor: str) -> None:
    """Writes a record, whatever was there; it is durable when this returns."""
    save(store, actor, (key, record))


def save(store: Store, actor: str, *made: tuple[Key, Any]) -> None:
    """Several records, in one entry."""
    _submit(store, actor, lambda snapshot: [_write(snapshot, key, record) for key, record in made])


def change(
    store: Store, key: Key, kind: type[Record], changed: Callable[[Record | None], Record | None], actor: str
) -> Record | None:
    """Puts ``changed(what is there)`` in its place, None to remove it; returns what was there. Of several who change
    one record at once, each sees what the one before left. When ``changed`` raises, nothing is written."""

    def write(snapshot: Snapshot) -> list[Write]:
        current = snapshot.read(key)
        return [_write(snapshot, key, changed(_decoded(current, kind) if current else None))]

    entry = _submit(store, actor, write)
    before = store.vread(REALM, key, entry.writes[0].base)
    return _decoded(before, kind) if before else None


def remove(store: Store, *keys: Key, actor: str) -> bool:
    """False if there was none."""

    def write(snapshot: Snapshot) -> list[Write]:
        there = [each for each in snapshot.newest(keys).values() if each and not each.deleted]
        if not there:
            raise Unchanged
        return [Write(each.key, each.version, None) for each in there]

    try:
        _submit(store, actor, write)
    except Unchanged:
        return False
    return True


def once(store: Store, name: str, actor: str, expires_at: int) -> bool:
    """Whether nobody, in any process, asked for ``name`` before; remembered until ``expires_at``."""

    def first(known: Used | None) -> Used:
        if known:
            raise Unchanged
        return Used(expires_at)

    try:
        change(store, Key(USED, sha256(name.encode()).hexdigest()), Used, first, actor)
    except Unchanged:
        return False
    return True


def prune(store: Store, types: tuple[str, ...], now: int) -> int:
    """Removes what has expired; says how many records that were."""
    expired = Between(term("expires_at", ""), term("expires_at", _time(now + 1)))
    pages = [store.search(REALM, Search(type, expired, limit=PRUNED_AT_ONCE)) for type in types]
    keys = [version.key for page in pages for version in page.versions]
    if keys:
        remove(store, *keys, actor="pruning")
    return len(keys)


def _decoded(version: Version, kind: type[Record]) -> Record | None:
    return None if version.body is None else msgspec.json.decode(version.body, type=kind)


def _write(snapshot: Snapshot, key: Key, record: Any) -> Write:
    current = snapshot.read(key)
    base = current.version if current else 0
    if record is None:
        return Write(key, base, None)
    return Write(key, base, msgspec.json.encode(record), terms=tuple(sorted(_terms(key, record))))


def _terms(key: Key, record: Any) -> Iterator[str]:
    yield term("_id", key.id)
    yield from (term(name, value) for name in INDEXED if (value := getattr(record, name, None)))
    if (ends := getattr(record, "expires_at", None)) is not None:
        yield term("expires_at", _time(ends))


def _time(seconds: int) -> str:
    return f"{seconds:012d}"


def _submit(store: Store, actor: str, writes: Callable[[Snapshot], list[Write]]) -> Entry:
    def fold(snapshot: Snapshot) -> Entry:
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, actor, "auth", tuple(writes(snapshot)))

    return store.submit(REALM, fold).result()
