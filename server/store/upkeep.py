"""What an engine does for those who look after a store: ``check.py``, ``copy.py``, ``backup.py``, ``retention.py`` are
made of it, once for both engines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from server.store.entry import Entry, Key, Version


class Upkeep(Protocol):
    """All of it may be done while the store is read and written."""

    def tenants(self) -> Sequence[str]:
        """Whoever has a journal, in order."""
        ...

    def types(self, tenant: str) -> Sequence[str]:
        """The types of which the tenant has, or had, resources."""
        ...

    def current(self, tenant: str, type: str, after: str, limit: int) -> Sequence[Version]:
        """Newest versions, deletions too, in the order of their ids, of which ``after`` was the last one seen."""
        ...

    def held(self, tenant: str, after: str, limit: int) -> Sequence[tuple[str, Key]]:
        """Reserved values and their holders, in an order of the engine's own; ``after`` was the last value seen."""
        ...

    def faults(self) -> Iterator[str]:
        """What is wrong with the way the engine keeps things: each says where. Of each kind the first few."""
        ...

    def reindex(self, tenant: str, versions: Sequence[Version]) -> int:
        """From now on these are found by the terms that they have here; how many of them still are the newest."""
        ...

    def purge(self, tenant: str, entries: Sequence[Entry], *, messages: bool, versions: bool) -> None:
        """Empties for good what came with these entries (``raw``), or the versions that they superseded."""
        ...

    def leases(self) -> Mapping[str, int]:
        """How far the work of each lease is."""
        ...

    def adopt(self, namespace: str) -> None:
        """Becomes the store of this namespace, as what is restored has to. Raises Unusable when it has another, and
        entries."""
        ...

    def note(self, name: str, text: str | None) -> None:
        """Remembers a text under a name, or forgets it."""
        ...

    def noted(self, name: str) -> str | None: ...

    def notes(self) -> Mapping[str, str]:
        """All that is remembered."""
        ...
