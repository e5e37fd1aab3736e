"""Exports that were asked for, and what they came to: records of the server's own, found by nobody but who asked.

An export has no files. What it gives is read out of the journal as of one entry whenever it is downloaded, so it takes
no space, survives every restart, and is the same in every process.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.auth import records
from server.auth.gate import GatedStore, Principal
from server.auth.scopes import parse
from server.store.entry import Key
from server.store.store import Store

JOB, RESULT = "-export", "-exported"
LASTS = timedelta(hours=6)
"""So long after it was asked for, an export is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """``seq`` and ``at`` are the entry of the journal that it shows the state after. ``patients`` are ids; None stands
    for whoever is a patient, and with ``everything`` for whatever there is. ``filters`` are (type, search)."""

    id: str
    tenant: str
    client: str
    scope: str
    request: str
    seq: int
    at: datetime
    types: tuple[str, ...]
    expires_at: int
    everything: bool = False
    patients: tuple[str, ...] | None = None
    filters: tuple[tuple[str, str], ...] = ()
    since: str | None = None
    elements: tuple[str, ...] = ()

    @property
    def principal(self) -> Principal:
        return Principal(self.tenant, self.client, parse(self.scope))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """``counts`` are the resources of each type, ``deletions`` those that were deleted. ``referred``: what the records
    of patients refer to and is in nobody's compartment (``Organization/1``)."""

    counts: tuple[tuple[str, int], ...]
    deletions: int = 0
    referred: tuple[str, ...] = ()
    error: str = ""


def keep(store: Store, job: Job) -> None:
    records.add(store, Key(JOB, job.id), job, job.client)


def finish(store: Store, job: Job, result: Result) -> None:
    records.add(store, Key(RESULT, job.id), result, job.client)


def forget(store: Store, job: Job) -> None:
    """The result may come later than this; it goes with its time."""
    for type in (JOB, RESULT):
        records.remove(store, Key(type, job.id), actor=job.client)


def of_client(store: Store, client: str, now: int) -> list[Job]:
    return [each for each in records.every(store, JOB, Job) if each.client == client and each.expires_at > now]


def find(gated: GatedStore, id: str, now: int) -> Job | None:
    """None for what was never asked for, is over, or is another client's."""
    job = records.get(gated.ungated, Key(JOB, id), Job)
    asking = gated.principal
    return job if job and (job.client, job.tenant) == (asking.client, asking.tenant) and job.expires_at > now else None


def result(store: Store, job: Job) -> Result | None:
    """None until it is done."""
    return records.get(store, Key(RESULT, job.id), Result)


def waiting(store: Store, now: int) -> Iterator[Job]:
    """In no order. What is over is forgotten on the way."""
    for job in list(records.every(store, JOB, Job)):
        if job.expires_at <= now:
            forget(store, job)
        elif result(store, job) is None:
            yield job
