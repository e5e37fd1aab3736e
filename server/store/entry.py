"""What the journal holds: entries, and the resource versions that each entry brings about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

Marks = Mapping[str, str]
"""By element: the place in time of the message that last spoke of it. What keeps the order in which messages come from
mattering; the store only keeps it."""

NO_MARKS: Marks = {}

PURGED = b""
"""The body of a version that was purged."""


class Key(NamedTuple):
    """A resource's address within a tenant."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one resource, as it is stored.

    ``body`` is the resource as JSON bytes, with ``id`` and ``meta`` set, or None when this version is a deletion.
    ``terms`` are what it can be found by (``server/store/query.py``), sorted; ``reserves`` the values that it alone
    holds."""

    key: Key
    version: int
    seq: int
    at: datetime
    body: bytes | None
    terms: tuple[str, ...] = ()
    reserves: tuple[str, ...] = ()
    marks: Marks = field(default_factory=dict)

    @property
    def deleted(self) -> bool:
        return self.body is None

    @property
    def purged(self) -> bool:
        """That it was is known; what it said was kept as long as it had to be (``retention.py``)."""
        return self.body == PURGED


@dataclass(frozen=True, slots=True)
class Write:
    """A version to be: computed from version ``base`` (0: there was none), it becomes ``base + 1``.

    ``reserves`` is the whole set that the resource holds from now on; what it held before and is not named is free.
    The journal notes which of it were held already (``keeps``) and what is free now (``frees``), so that an entry says
    by itself all that follows from it."""

    key: Key
    base: int
    body: bytes | None
    terms: tuple[str, ...] = ()
    reserves: tuple[str, ...] = ()
    marks: Marks = field(default_factory=dict)
    keeps: tuple[str, ...] = ()
    frees: tuple[str, ...] = ()

    @property
    def takes(self) -> tuple[str, ...]:
        return tuple(value for value in self.reserves if value not in self.keeps) if self.keeps else self.reserves

    def version(self, seq: int, at: datetime) -> Version:
        return Version(self.key, self.base + 1, seq, at, self.body, self.terms, self.reserves, self.marks)


class Renewal(NamedTuple):
    """The marks of a resource from now on, whose version stays: a message has said again what it holds."""

    key: Key
    marks: Marks


def by_mark(marks: Marks) -> dict[str, list[str]]:
    """The elements by their marks, of which there are few: what one message said has one."""
    elements: dict[str, list[str]] = {}
    for element, mark in marks.items():
        elements.setdefault(mark, []).append(element)
    return elements


def by_element(elements: Mapping[str, Iterable[str]]) -> Marks:
    return {element: mark for mark, named in elements.items() for element in named}


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything that one request or message did: written whole or not at all.

    ``id`` is unique among all entries of all tenants; ``seq`` is given by the journal (0 until then). ``actor`` is who
    asked (a client id, a sending application), ``origin`` the way it came (``mllp``, ``http``, ``fhir``, ``cli``).
    ``about`` holds short facts for lists (``control_id``, ``status``, ...); never a patient's data. ``dedupe`` names
    the request itself: a second one of that name gets the first one's ``reply``."""

    tenant: str
    id: str
    at: datetime
    actor: str
    origin: str
    writes: tuple[Write, ...] = ()
    reply: bytes = b""
    raw: bytes = b""
    dedupe: str | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    seq: int = 0
    renewals: tuple[Renewal, ...] = ()

    def versions(self) -> tuple[Version, ...]:
        return tuple(write.version(self.seq, self.at) for write in self.writes)
