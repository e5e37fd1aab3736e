"""Through all of a store, a page at a time, while it is read and written."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from server.store.engine import Engine
from server.store.entry import Entry, Key, Version

CHUNK = 200

Advance: TypeAlias = Callable[[int], object]
"""Told how much was done just now."""


def unheard(_: int) -> None:
    pass


def journal(engine: Engine, tenant: str, after: int, upto: int) -> Iterator[Sequence[Entry]]:
    """The entries in between, and nothing when one is missing."""
    while after < upto and (entries := engine.tail(tenant, after, min(CHUNK, upto - after))):
        yield entries
        after = entries[-1].seq


def resources(engine: Engine, tenant: str, type: str, after: str = "") -> Iterator[Sequence[Version]]:
    while versions := engine.current(tenant, type, after, CHUNK):
        yield versions
        after = versions[-1].key.id


def held(engine: Engine, tenant: str) -> Iterator[Sequence[tuple[str, Key]]]:
    after = ""
    while values := engine.held(tenant, after, CHUNK):
        yield values
        after = values[-1][0]
