"""The duty that delivers: each subscription at its own pace, in the journal's order, until somebody has taken it.

A slow or dead target holds up nobody else: each delivery has a thread for as long as it lasts, and a subscription whose
delivery failed waits twice as long each time. Where it was is noted after each delivery, so that one that was made when
a process died is made again: at least once, never out of order."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event as Signal

from mappings.fhir.moments import date_range
from server.auth import clients
from server.auth.gate import Principal
from server.fhir.outcome import FhirError
from server.fhir.search.date import written
from server.store.entry import Entry, Key, Version
from server.store.lease import Lease
from server.store.query import Any, Search, starts, term
from server.store.store import Store
from server.subscriptions import progress
from server.subscriptions.events import Event, upcoming, watch
from server.subscriptions.notification import notification
from server.subscriptions.owner import owner
from server.subscriptions.progress import Progress, recalled
from server.subscriptions.standing import set_status
from server.subscriptions.subscription import Subscribed, of

THREADS = 16
SERVED = 1000
"""Subscriptions of a tenant that are served."""

CHUNK, KEPT = 200, 500
"""Entries that are read at once, and that are kept for all who have come so far."""

AT_ONCE = 50
"""Notifications of one subscription before others have their turn."""

SLOWEST = 300.0
DEAD = 24 * 3600.0
"""Seconds between two attempts at most, and until a target that never answers is given up."""

UNNOTED = 1000
"""Entries without an event that are passed before that is noted."""

logger = logging.getLogger(__name__)

Send = Callable[[Subscribed, str, str, bytes], None]
"""Makes a request of a subscriber: method, address below the endpoint, body. Raises Undelivered."""


class Undelivered(Exception):
    """The subscriber has not taken it; the text, which people will read, says why."""


class Subscriptions:
    """``base`` is this server's own address; ``clock`` tells seconds."""

    every = 0.25

    def __init__(self, store: Store, tenant: str, base: str, send: Send, clock: Callable[[], float]) -> None:
        self.name = f"{tenant}/subscriptions"
        self._store, self._tenant, self._base, self._send, self._clock = store, tenant, base, send, clock
        self._threads = ThreadPoolExecutor(THREADS, "subscriptions")
        self._busy: dict[Key, Future[None]] = {}
        self._passed: dict[Key, int] = {}
        self._recent: tuple[Entry, ...] = ()

    def first(self) -> int:
        return 0

    def advance(self, lease: Lease, stop: Signal) -> bool:
        """Begins what is due; what goes on is not waited for."""
        self._read_on()
        self._busy = {key: each for key, each in self._busy.items() if not each.done()}
        for version in self._subscriptions():
            if stop.is_set() or not lease.held():
                break
            if version.key not in self._busy:
                self._busy[version.key] = self._threads.submit(self._serve, version, stop)
        return False

    def _subscriptions(self) -> Sequence[Version]:
        """Those that are not off."""
        wanted = Any(tuple(starts(term("status", each, "")) for each in ("requested", "active", "error")))
        return self._store.search(self._tenant, Search("Subscription", wanted, limit=SERVED)).versions

    def _read_on(self) -> None:
        """New entries are read once for all."""
        seq = self._recent[-1].seq if self._recent else self._store.last(self._tenant)
        while more := self._store.tail(self._tenant, seq, CHUNK):
            self._recent = (*self._recent, *more)[-KEPT:]
            seq = more[-1].seq

    def _tail(self, seq: int) -> Sequence[Entry]:
        recent = self._recent
        if recent and recent[0].seq <= seq + 1:
            return recent[seq + 1 - recent[0].seq :]
        return self._store.tail(self._tenant, seq, CHUNK)

    def _serve(self, version: Version, stop: Signal) -> None:
        try:
            for _ in range(AT_ONCE):
                if stop.is_set() or not self._step(version):
                    return
                version = self._store.read(self._tenant, version.key) or version
        except Exception as error:  # whatever it is, the others are served
            logger.warning("a subscription stopped: %s", type(error).__name__)

    def _step(self, version: Version) -> bool:
        """One notification, if there is something to tell; whether there may be more."""
        known = self._progress(version)
        if version.deleted or self._clock() < known.due:
            return False
        try:
            subscribed = of(version)
        except FhirError as error:
            return self._off(version.key, error.issues[0].diagnostics)
        if subscribed.end and date_range(subscribed.end)[1] <= written(self._now()):
            return self._off(version.key, "it has ended")
        try:
            return self._tell(subscribed, known, owner(self._store, self._tenant, version))
        except Undelivered as failure:
            self._failed(subscribed, known, str(failure))
            return False

    def _tell(self, subscribed: Subscribed, known: Progress, client: str) -> bool:
        if subscribed.content and subscribed.channel != known.channel:
            self._post(subscribed, known, "handshake", [])
            self._done(subscribed, replace(known, channel=subscribed.channel))
            return True
        registered = clients.find(self._store, client)
        if registered is None or registered.tenant != self._tenant:
            return self._off(subscribed.key, "whoever subscribed is no longer registered")
        principal = Principal(self._tenant, client, registered.scopes)
        watched = watch(self._store, principal, subscribed)
        if watched is None:
            return self._off(subscribed.key, "what whoever subscribed may read does not reach so far")
        most = subscribed.most if subscribed.content else 1
        events, seq = upcoming(watched, self._tail, known.seq, known.count, most)
        if events:
            self._deliver(subscribed, known, events)
            counted = known.count + len(events)
            self._done(subscribed, replace(known, seq=seq, count=counted, recent=recalled(known.recent, events)))
            return True
        self._quiet(subscribed, replace(known, seq=seq))
        return False

    def _quiet(self, subscribed: Subscribed, known: Progress) -> None:
        """Nothing has happened: that is told now and then to who wants to hear it."""
        if subscribed.status == "requested":
            self._done(subscribed, known)
        elif subscribed.content and subscribed.heartbeat and self._clock() >= known.told_at + subscribed.heartbeat:
            self._post(subscribed, known, "heartbeat", [])
            self._done(subscribed, known)
        else:
            self._pass(subscribed.key, known)

    def _deliver(self, subscribed: Subscribed, known: Progress, events: list[Event]) -> None:
        if subscribed.content:
            self._post(subscribed, replace(known, count=known.count + len(events)), "event-notification", events)
            return
        for each in events:
            if subscribed.payload:
                version = self._store.vread(self._tenant, each.key, each.version)
                self._send(subscribed, "PUT", f"/{each.key}", version.body or b"" if version else b"")
            else:
                self._send(subscribed, "POST", "", b"")

    def _post(self, subscribed: Subscribed, known: Progress, type: str, events: Sequence[Event]) -> None:
        told = [(each, self._store.vread(self._tenant, each.key, each.version)) for each in events]
        self._send(subscribed, "POST", "", notification(self._base, subscribed, type, self._now(), told, known.count))

    def _progress(self, version: Version) -> Progress:
        """As it was noted, by whichever process; a new one hears of what comes after it. Entries that were passed since
        then had nothing for it."""
        known = progress.of(self._store, self._tenant, version.key) or Progress(seq=version.seq)
        return replace(known, seq=max(known.seq, self._passed.get(version.key, 0)))

    def _pass(self, key: Key, known: Progress) -> None:
        noted = progress.of(self._store, self._tenant, key)
        if noted is None or known.seq >= noted.seq + UNNOTED:
            progress.keep(self._store, self._tenant, key, known)
        self._passed[key] = known.seq

    def _done(self, subscribed: Subscribed, known: Progress) -> None:
        told = replace(known, failures=0, failing_since=0, due=0, told_at=self._clock())
        progress.keep(self._store, self._tenant, subscribed.key, told)
        if subscribed.status != "active":
            set_status(self._store, self._tenant, subscribed.key, "active")

    def _failed(self, subscribed: Subscribed, known: Progress, why: str) -> None:
        now = self._clock()
        since = known.failing_since or now
        if now - since >= DEAD:
            self._off(subscribed.key, f"given up: {why}")
            return
        due = now + min(2.0**known.failures, SLOWEST)
        later = replace(known, failures=known.failures + 1, failing_since=since, due=due)
        progress.keep(self._store, self._tenant, subscribed.key, later)
        set_status(self._store, self._tenant, subscribed.key, "error", why)

    def _off(self, key: Key, why: str) -> bool:
        set_status(self._store, self._tenant, key, "off", why)
        progress.forget(self._store, self._tenant, key)
        self._passed.pop(key, None)
        return False

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
