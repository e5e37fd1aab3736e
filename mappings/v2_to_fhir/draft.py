"""What a message says, in FHIR's terms, before anyone knows what is stored.

A draft is not a resource yet: it holds only what its message carried. ``server/intake`` lays it over what is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid5

NAMESPACE = UUID("5b0c5f5e-6a56-5b0f-9a58-2f6f0f1d7c11")
"""Of the urn:uuid that references within one message use, so that the same message gives the same bytes."""

SEPARATOR = "\x1f"


class Identity(NamedTuple):
    """What makes a resource the same resource the next time: ``Patient?identifier=urn:x|12`` for one with a business
    identifier, ``Condition?key=...`` for one that is only known by what it belongs to (``parts``)."""

    type: str
    key: str
    parts: tuple[str, ...] = ()

    @classmethod
    def of(cls, type: str, system: str, value: str) -> "Identity":
        """Known by an identifier."""
        return cls(type, f"identifier={system}|{value}")

    @classmethod
    def among(cls, type: str, *parts: object) -> "Identity":
        """Known by what it belongs to and what sets it apart there: a key of bounded length that names nobody."""
        names = tuple(map(str, parts))
        return cls(type, f"key={uuid5(NAMESPACE, SEPARATOR.join(names))}", names)

    def under(self, owner: str, other: str) -> "Identity | None":
        """What it would be, if what it belongs to were known as ``other``; None if it does not belong to ``owner``."""
        return Identity.among(self.type, other, *self.parts[1:]) if self.parts[:1] == (owner,) else None

    def __str__(self) -> str:
        return f"{self.type}?{self.key}"

    @property
    def urn(self) -> str:
        return urn(str(self))

    @property
    def reference(self) -> dict[str, str]:
        return {"reference": self.urn}


@lru_cache(maxsize=4096)
def urn(identity: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE, identity)}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where an element came from: ``PID-5`` -> ``Patient.name``."""

    field: str
    element: str
    value: str


@dataclass(frozen=True, slots=True)
class Issue:
    """Something in a message that was not understood, or that stops it (``fatal``).

    ``location`` is ``segment^sequence^field^repetition^component`` as ERR-2 wants it, as far as it is known; ``code``
    is of table 0357. ``text`` never holds the value itself."""

    text: str
    location: str
    code: str = "207"
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What a message says of one resource.

    ``body``: the elements it carried (no ``id``, no ``meta``); references to other drafts are their ``urn:uuid``.
    ``cleared``: elements that it said are null (``""``), a part of an object as ``period.end``, a part of a list as
    ``telecom:work`` (slices.py). What is in neither, the message did not speak of.
    ``defaults``: what FHIR requires and the message did not say; for where nothing is stored yet, and never over it.
    ``also``: further identities by which the same resource is known (every identifier of PID-3 that identifies).
    ``stub``: the message only refers to it (a Location in PV1-3): made when missing, only filled in, never emptied."""

    identity: Identity
    body: dict[str, Any]
    cleared: frozenset[str] = frozenset()
    also: tuple[Identity, ...] = ()
    sources: tuple[Source, ...] = ()
    stub: bool = False
    defaults: dict[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return self.identity.type

    @property
    def resource(self) -> dict[str, Any]:
        """As it stands alone, with nothing stored."""
        return {**self.defaults, **self.body}


@dataclass(frozen=True, slots=True)
class Merge:
    """``prior`` (MRG) goes up in ``survivor`` (PID, PV1): two patients, accounts or visits. ``renumbers``: the survivor
    is the prior under another number, unless both are known."""

    survivor: Identity
    prior: Identity
    location: str
    renumbers: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """An account or a visit, with what is of it, is another patient's."""

    what: Identity
    patient: Identity


@dataclass(frozen=True, slots=True)
class Link:
    """Two patients are to be looked at together, or no longer."""

    one: Identity
    other: Identity
    linked: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, and when: EVN-6 (occurred), else EVN-2 (recorded), else MSH-7, with an offset.

    ``tie``: text whose order is that of events of one instant: when they were sent (MSH-7), then by their control ids
    (of two lengths, the shorter first: senders count), then by what they say."""

    trigger: str
    at: datetime | None
    tie: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One message, mapped as far as it goes. ``unread``: populated fields that no map reads (``PID-28``)."""

    event: Event
    drafts: tuple[Draft, ...]
    merges: tuple[Merge, ...] = ()
    issues: tuple[Issue, ...] = ()
    unread: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def fatal(self) -> tuple[Issue, ...]:
        return tuple(issue for issue in self.issues if issue.fatal)
