"""A lease as one process has it: what one of several may do, and how far it got."""

from collections.abc import Callable
from datetime import datetime, timedelta

from server.store.engine import Engine
from server.store.instants import EPOCH

LASTS = timedelta(seconds=15)
"""So long after the end of a process that had it, another takes over."""


class Lease:
    """``done`` is how far the work is. It is noted whenever the lease is renewed, and for whoever has it next.

    ``first`` says where the work begins that nobody has begun. The store is asked when half of the lease is over; until
    then it is known to be held."""

    def __init__(
        self,
        engine: Engine,
        name: str,
        holder: str,
        clock: Callable[[], datetime],
        first: Callable[[], int] = lambda: 0,
    ) -> None:
        self._engine, self._name, self._holder, self._clock, self._first = engine, name, holder, clock, first
        self._until = EPOCH
        self.done = 0

    def held(self) -> bool:
        return self._clock() < self._until - LASTS / 2 or self.note()

    def note(self) -> bool:
        """Takes or renews it, and notes how far the work is."""
        now = self._clock()
        had = now < self._until
        if not had:
            self.done = self._begun()
        taken = self._engine.lease(self._name, self._holder, now, now + LASTS, self.done)
        self._until = now + LASTS if taken else EPOCH
        if taken and not had:
            self.done = self._begun()
        return taken

    def release(self) -> None:
        """Somebody else may have it at once."""
        now = self._clock()
        if now < self._until:
            self._engine.lease(self._name, self._holder, now, now, self.done)
        self._until = EPOCH

    def _begun(self) -> int:
        known = self._engine.progress(self._name)
        return self._first() if known is None else known
