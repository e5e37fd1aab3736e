"""What an engine must do. The journal (``journal.py``) decides; an engine keeps and finds.

Everything is synchronous and may be called from any thread. ``tenant`` comes first everywhere: nothing is ever read
across tenants."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.store.entry import Entry, Key, Marks, Version, Write
from server.store.query import Query, Search
from server.store.upkeep import Upkeep


class Unavailable(Exception):
    """The engine cannot keep or find anything at the moment. What was asked may be asked again."""


class Uncertain(Unavailable):
    """The answer was lost: what was asked may or may not have been done."""


class Unusable(Unavailable):
    """This store cannot do what is asked of one, or is not one. The text says what to do about it."""


class TooLarge(ValueError):
    """An entry of more than ``MAX_ENTRY`` bytes."""


MAX_ENTRY = 16_000_000
"""Bytes of one entry, counted by ``size``. A MongoDB document ends at 16 MiB."""


def size(entry: Entry) -> int:
    """About what an entry takes up, and never less."""
    written, renewed = sum(map(_size, entry.writes)), sum(_texts_size(each.marks) for each in entry.renewals)
    return 1_000 + len(entry.raw) + len(entry.reply) + written + renewed


def _size(write: Write) -> int:
    texts = (*write.terms, *write.reserves, *write.keeps, *write.frees)
    return 500 + len(write.body or b"") + _texts_size(texts) + _texts_size(write.marks)


def _texts_size(texts: Collection[str] | Marks) -> int:
    every = (*texts, *texts.values()) if isinstance(texts, Mapping) else texts
    return len("".join(every).encode()) + 16 * len(every)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of versions; ``next`` is the cursor for ``Search.after``, None on the last page."""

    versions: tuple[Version, ...]
    next: str | None = None


class Engine(Upkeep, Protocol):
    """One contract, met by ``sqlite.py`` and ``mongo.py`` and tested once for both (``tests/server/store``)."""

    def last(self, tenant: str) -> int:
        """The journal's highest ``seq``; 0 when it is empty."""
        ...

    def append(self, tenant: str, entries: Sequence[Entry]) -> int:
        """Inserts entries in order; ``seq`` must go on from ``last``. Returns how many of them stand, durably, when it
        returns: fewer than were given when a ``seq`` was taken meanwhile, and then none after it.

        Raises Unavailable when none was taken, Uncertain when that is not known."""
        ...

    def project(self, tenant: str) -> int:
        """Brings the projections up to the journal's last entry; returns that ``seq``. Twice is the same as once."""
        ...

    def read(self, tenant: str, key: Key) -> Version | None:
        """The newest version (which may be a deletion), None if there never was one."""
        ...

    def newest(self, tenant: str, keys: Collection[Key]) -> Mapping[Key, Version]:
        """``read`` of many at once; keys that never were are left out."""
        ...

    def renewed(self, tenant: str, keys: Collection[Key]) -> Mapping[Key, tuple[int, Marks]]:
        """The last renewal of each resource's marks, and its ``seq``: it counts if it is later than the version's own.
        Resources of which there was none are left out."""
        ...

    def vread(self, tenant: str, key: Key, version: int) -> Version | None: ...

    def holders(self, tenant: str, values: Collection[str]) -> Mapping[str, Key]:
        """Which resources hold the reserved values; values that nobody holds are left out."""
        ...

    def answered(self, tenant: str, dedupes: Collection[str]) -> Mapping[str, Entry]:
        """The entries that were written under these dedupe keys; keys of none are left out."""
        ...

    def search(self, tenant: str, search: Search) -> Page:
        """Newest versions, deletions aside."""
        ...

    def count(self, tenant: str, type: str, where: Query) -> int: ...

    def history(self, tenant: str, key: Key | None, *, type: str | None = None, limit: int, before: int | None) -> Page:
        """Versions, newest first: of one resource, of one type, or of the tenant. ``before`` is a cursor: only entries
        of a lower ``seq``. A page ends with a whole entry, so it may be longer than ``limit``; ``next`` is a number."""
        ...

    def tail(self, tenant: str, after: int, limit: int) -> Sequence[Entry]:
        """Entries with ``seq > after``, in order, without gaps: up to ``limit``, fewer where they are large. Only what
        can no longer be lost: who follows acts on it."""
        ...

    def messages(self, tenant: str, facts: Mapping[str, str], since: datetime | None, limit: int) -> Sequence[Entry]:
        """Entries of the message log (``about`` has ``control_id``) whose ``about`` has all ``facts``, newest first."""
        ...

    def entry(self, tenant: str, id: str) -> Entry | None:
        """One entry by its own id."""
        ...

    def lease(self, name: str, holder: str, now: datetime, until: datetime, done: int = 0) -> bool:
        """Takes or renews the lease ``name`` for ``holder`` until ``until``, and notes that its work is ``done`` so far
        (which never goes back); False while somebody else has it."""
        ...

    def progress(self, name: str) -> int | None:
        """How far the work of a lease is; None if nobody ever had it."""
        ...

    def namespace(self) -> str:
        """A UUID made once per store: resource ids are derived in it, so they tell nothing of what they stand for."""
        ...

    def check(self) -> None:
        """Raises Unavailable unless the store can be written now (``/readyz``)."""
        ...

    def close(self) -> None: ...


Open = Callable[[str], Engine]
