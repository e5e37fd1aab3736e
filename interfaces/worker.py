"""The role ``worker``: runs each duty in a thread of its own, while this process has the lease of it."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from threading import Event, Thread

from interfaces.subscriptions import Subscribers
from server.auth import pruning
from server.fhir import reindexing
from server.fhir.bulk.work import Exports
from server.settings import Settings
from server.store.duty import Chore, Duty
from server.store.engine import Engine, Unavailable
from server.store.journal import new_id, now
from server.store.lease import Lease
from server.store.retention import purge
from server.store.store import Store
from server.subscriptions.duty import Subscriptions

SLOWEST = 60.0
"""Seconds between two attempts at what fails again and again."""

logger = logging.getLogger(__name__)


def duties(store: Store, settings: Settings, base_url: str) -> Sequence[Duty]:
    """All that a worker does: one line each.

    The projections: a process that died between appending and projecting is not always followed by a write."""
    tenant, retention = settings.tenant, settings.retention
    subscribers = Subscribers(private=settings.private_endpoints)
    return (
        Chore(f"{tenant}/projections", 5.0, lambda: store.project(tenant)),
        Chore(f"{tenant}/retention", 3600.0, lambda: purge(store.engine, tenant, retention, now())),
        reindexing.follower(store, tenant),
        Chore("auth/pruning", pruning.EVERY, lambda: pruning.prune(store, int(time.time()))),
        Exports(store, f"{base_url}/fhir", time.time),
        Subscriptions(store, tenant, f"{base_url}/fhir", subscribers.send, time.time),
    )


class Worker:
    """``stop`` lets what is being done end, and leaves the leases to others."""

    def __init__(self, engine: Engine, duties: Sequence[Duty], clock: Callable[[], datetime] = now) -> None:
        self._stop = Event()
        holder = new_id()
        leases = [Lease(engine, duty.name, holder, clock, duty.first) for duty in duties]
        self._threads = [
            Thread(target=run, args=(duty, lease, self._stop), name=duty.name, daemon=True)
            for duty, lease in zip(duties, leases, strict=True)
        ]

    def start(self) -> None:
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()


def run(duty: Duty, lease: Lease, stop: Event) -> None:
    """Until ``stop``."""
    delays = slower(duty.every)
    pause = 0.0
    while not stop.wait(pause):
        try:
            pause = 0.0 if lease.held() and duty.advance(lease, stop) else duty.every
            delays = slower(duty.every)
        except Exception as error:  # whatever it is: the duty remains
            logger.warning("%s stopped after %d: %s", duty.name, lease.done, type(error).__name__)
            pause = next(delays)
    with suppress(Unavailable):
        lease.release()


def slower(seconds: float) -> Iterator[float]:
    while True:
        yield seconds
        seconds = min(seconds * 2, SLOWEST)
