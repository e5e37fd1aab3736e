"""What is done though no request asks for it, by one of all the processes that could: the role ``worker``.

Something that is to see every entry of the journal is a ``Follower``::

    def notify(entry: Entry) -> None: ...

    Follower(store.engine, tenant, "subscriptions", notify)

It is called with each entry, in order, from any thread, one at a time. Where it was is kept in the store under its
name: after a restart, or in another process after this one died, it goes on there. An entry comes once more when a
process ended before it was noted, so doing it twice has to be as good as once (``entry.id`` tells). When it raises, the
same entry comes again, later and later; nothing is passed over, so what cannot succeed it has to let go by itself. One
entry should take less than ``lease.LASTS``.

Something that is to be done now and then is a ``Chore``. Both become part of a worker by a line in
``interfaces/worker.py``."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from server.store.engine import Engine
from server.store.entry import Entry
from server.store.lease import Lease

CHUNK = 100
"""Entries that are read at once."""


class Duty(Protocol):
    """``every`` is how many seconds pass between two looks at whether there is something to do."""

    @property
    def name(self) -> str:
        """Unique in the store: who does it is decided by it."""
        ...

    @property
    def every(self) -> float: ...

    def first(self) -> int:
        """Where the work begins that nobody has begun."""
        ...

    def advance(self, lease: Lease, stop: Event) -> bool:
        """Does a part of it while the lease is held, until ``stop``; whether there may be more at once."""
        ...


@dataclass(frozen=True, slots=True)
class Follower:
    """``from_now``: one that is new begins with what comes next, not with the journal's first entry."""

    engine: Engine
    tenant: str
    follower: str
    handle: Callable[[Entry], None]
    from_now: bool = False
    every: float = 0.5

    @property
    def name(self) -> str:
        return f"{self.tenant}/{self.follower}"

    def first(self) -> int:
        return self.engine.last(self.tenant) if self.from_now else 0

    def advance(self, lease: Lease, stop: Event) -> bool:
        entries, began = self.engine.tail(self.tenant, lease.done, CHUNK), lease.done
        try:
            for entry in entries:
                if stop.is_set() or not lease.held():
                    return False
                self.handle(entry)
                lease.done = entry.seq
        finally:
            if lease.done > began:
                lease.note()
        return bool(entries)


@dataclass(frozen=True, slots=True)
class Chore:
    name: str
    every: float
    do: Callable[[], object]

    def first(self) -> int:
        return 0

    def advance(self, lease: Lease, stop: Event) -> bool:  # noqa: ARG002
        self.do()
        return False
