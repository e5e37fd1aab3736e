"""The journal: where every change, whoever asks for it, is put in line and written.

One thread folds, another writes. Whatever waits when the first is ready for more is one batch: many that come at once
share one flush to disk, and one that comes alone never waits for company."""

import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from threading import Lock, Thread
from uuid import uuid4

from server.store.ahead import Ahead
from server.store.batch import Submission, Wants, nothing
from server.store.commit import BATCH, Committer
from server.store.conflict import Held, Stale
from server.store.engine import Engine, Unavailable
from server.store.entry import Entry
from server.store.snapshot import Fold, Snapshot

__all__ = ["Fold", "Held", "Journal", "Snapshot", "Stale"]

WAITING = 2048
"""Submissions that may wait. More are refused, so that feeds hold back and senders keep what they have."""

GATHER = 0.0003
"""Seconds for those who were just answered to come back, when others wait already: batches of all instead of halves."""

TENANT = re.compile(r"[A-Za-z0-9._-]{1,64}")


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return str(uuid4())


class Journal:
    """Group commit over an engine. Any thread may submit."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime] = now,
        ids: Callable[[], str] = new_id,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ahead = Ahead(Committer(engine, clock, ids, sleep))
        self._sleep = sleep
        self._queue: Queue[tuple[str, Submission] | None] = Queue(WAITING)
        self._lock = Lock()
        self._closed = False
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def submit(self, tenant: str, fold: Fold, dedupe: str | None = None, wants: Wants = nothing) -> "Future[Entry]":
        """The entry that ``fold`` computes, once it is durable and can be found; or what the fold raised, Stale, Held,
        TooLarge, or Unavailable, and then nothing was written; or Uncertain.

        A second submission under the same ``dedupe`` gets the first one's entry. ``wants`` says which reserved values
        the fold is going to ask for: they and their holders are looked up for a whole batch at once."""
        if not TENANT.fullmatch(tenant):
            raise ValueError("a tenant's name is 1 to 64 of A-Z a-z 0-9 . _ -")
        submission = Submission(fold, dedupe or None, wants)
        with self._lock:
            if self._closed:
                raise Unavailable("the store is being closed")
            try:
                self._queue.put_nowait((tenant, submission))
            except Full:
                raise Unavailable(f"{WAITING} requests wait to be stored already") from None
        return submission.future

    def close(self) -> None:
        """Writes what waits, and ends."""
        with self._lock:
            closed, self._closed = self._closed, True
        if not closed:
            self._queue.put(None)
        self._thread.join()
        self._ahead.close()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            if not self._queue.empty():
                self._sleep(GATHER)
            ending = self._fill(batch)
            for tenant, submissions in by_tenant(batch):
                self._ahead.commit(tenant, submissions)
            if ending:
                return

    def _fill(self, batch: list[tuple[str, Submission]]) -> bool:
        """Takes what waits, without waiting for more; True when there is no more to come."""
        while len(batch) < BATCH:
            try:
                item = self._queue.get_nowait()
            except Empty:
                return False
            if item is None:
                return True
            batch.append(item)
        return False


def by_tenant(batch: Iterable[tuple[str, Submission]]) -> Iterable[tuple[str, list[Submission]]]:
    """Tenants in the order of their first submission; what was cancelled while it waited is left out."""
    groups: dict[str, list[Submission]] = {}
    for tenant, submission in batch:
        if submission.future.set_running_or_notify_cancel():
            groups.setdefault(tenant, []).append(submission)
    return groups.items()
