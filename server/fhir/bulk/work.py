"""The duty that finishes exports: whichever worker has the lease, and after a restart again."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from mappings.fhir.r4.tables import compartment
from server.auth.gate import GatedStore
from server.auth.past import Past
from server.fhir.bulk import jobs
from server.fhir.bulk.content import deletions, resources
from server.fhir.bulk.jobs import Job, Result
from server.fhir.outcome import FhirError
from server.fhir.referred import referred
from server.store.entry import Key, Version
from server.store.lease import Lease
from server.store.store import Store

MOST_REFERRED = 100_000


class Interrupted(Exception):
    """It is to be stopped, or has become another worker's; it will be begun anew."""


@dataclass(frozen=True, slots=True)
class Exports:
    """``base`` is this server's own address, by which resources may refer to each other."""

    store: Store
    base: str
    now: Callable[[], float]
    name: str = "exports"
    every: float = 1.0

    def first(self) -> int:
        return 0

    def advance(self, lease: Lease, stop: Event) -> bool:
        def goes_on() -> bool:
            return not stop.is_set() and lease.held()

        try:
            work(self.store, self.base, int(self.now()), goes_on)
        except Interrupted:
            return True
        return False


def work(store: Store, base: str, now: int, goes_on: Callable[[], bool] = lambda: True) -> None:
    """Finishes every export that is not finished. Raises Interrupted."""
    for job in jobs.waiting(store, now):
        try:
            done = counted(store, job, base, goes_on)
        except FhirError as error:
            done = Result(counts=(), error=str(error))
        jobs.finish(store, job, done)


def counted(store: Store, job: Job, base: str, goes_on: Callable[[], bool]) -> Result:
    """What there is of each type, and what the patients' records refer to."""
    store.project(job.tenant)
    past = Past(GatedStore(store, job.principal), job.seq)
    counts, found = dict[str, int](), set[Key]()
    for type in job.types:
        if job.everything or type in compartment("Patient"):
            counts[type] = 0
            for version in resources(past, job, Result(counts=()), type):
                proceed(goes_on)
                counts[type] += 1
                if not job.everything:
                    found.update(outside(version, base))
    followed = [] if job.everything else follow(past, job, found, base, goes_on)
    for version in followed:
        counts[version.key.type] = counts.get(version.key.type, 0) + 1
    total = sum(1 for _ in deletions(past, job))
    shown = tuple((type, count) for type, count in sorted(counts.items()) if count)
    return Result(counts=shown, deletions=total, referred=tuple(sorted(str(each.key) for each in followed)))


def outside(version: Version, base: str) -> set[Key]:
    """What a record refers to and is in no patient's compartment: who, where, what with."""
    return {key for key in referred(version.body or b"", base) if key.type not in compartment("Patient")}


def follow(past: Past, job: Job, found: set[Key], base: str, goes_on: Callable[[], bool]) -> list[Version]:
    """All of it, and what it refers to in turn."""
    known, new, there = set(found), sorted(found), list[Version]()
    while new and len(there) < MOST_REFERRED:
        proceed(goes_on)
        read = [version for key in new if key.type in job.types and (version := past.read(key))]
        there += read
        new = sorted({key for each in read for key in outside(each, base)} - known)
        known.update(new)
    return there


def proceed(goes_on: Callable[[], bool]) -> None:
    if not goes_on():
        raise Interrupted
