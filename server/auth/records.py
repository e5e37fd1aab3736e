"""The authorization server's own records (clients, tokens): kept in the same journal as everything, under a tenant of
their own, so that no hospital's data, history or feed ever holds them."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from uuid import uuid4

import msgspec

from server.store.entry import Entry, Key, Version, Write
from server.store.query import Search, term
from server.store.snapshot import Snapshot
from server.store.store import Store

REALM = "-auth"
"""Not a name that a hospital can have: no principal's tenant begins like this."""

Record = TypeVar("Record")


def get(store: Store, key: Key, kind: type[Record]) -> Record | None:
    """None if there is none, or none any more."""
    found = store.read(REALM, key)
    return _decoded(found, kind) if found else None


def every(store: Store, type: str, kind: type[Record]) -> Iterator[Record]:
    """All records of a type."""
    after = None
    while True:
        page = store.search(REALM, Search(type, after=after))
        yield from (record for version in page.versions if (record := _decoded(version, kind)))
        after = page.next
        if after is None:
            return


def _decoded(version: Version, kind: type[Record]) -> Record | None:
    return None if version.body is None else msgspec.json.decode(version.body, type=kind)


def add(store: Store, key: Key, record: Any, actor: str) -> None:
    """Writes a new record; it is durable when this returns."""
    body = msgspec.json.encode(record)
    _write(store, actor, lambda _: Write(key, 0, body, terms=(term("_id", key.id),)))


def remove(store: Store, key: Key, actor: str) -> bool:
    """False if there was none."""
    known = store.read(REALM, key)
    if known is None or known.deleted:
        return False
    _write(store, actor, lambda snapshot: Write(key, _version(snapshot, key), None))
    return True


def once(store: Store, name: str, actor: str) -> bool:
    """Whether nobody, in any process, asked for ``name`` before; durably so."""
    mine = str(uuid4())
    kept = store.submit(REALM, lambda snapshot: _entry(snapshot, mine, actor), dedupe=name).result()
    return kept.id == mine


def _write(store: Store, actor: str, write: Callable[[Snapshot], Write]) -> None:
    def fold(snapshot: Snapshot) -> Entry:
        return _entry(snapshot, snapshot.new_id(), actor, write(snapshot))

    store.submit(REALM, fold).result()


def _version(snapshot: Snapshot, key: Key) -> int:
    current = snapshot.read(key)
    return current.version if current else 0


def _entry(snapshot: Snapshot, id: str, actor: str, *writes: Write) -> Entry:
    return Entry(snapshot.tenant, id, snapshot.at, actor, "auth", writes)
