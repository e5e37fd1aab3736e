"""Whether a store is whole: its journal without a gap or a stale write, what is current as the journal left it, what is
held by whom, and each resource found by what its body says.

It may be written meanwhile. What has changed since the check began is left to the next one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from server.store import walk
from server.store.engine import Engine
from server.store.entry import NO_MARKS, Entry, Key, Marks, Version
from server.store.walk import Advance, unheard

Extract = Callable[[Version], tuple[str, ...]]
"""By what a living version has to be found. Made of its body alone."""

TOLD = 100
"""Faults that are told, of one tenant; all are counted."""

LOOKS = 5


@dataclass(slots=True)
class Found:
    """Of one tenant. Each fault says where it is; none repeats a value that may be a patient's."""

    entries: int = 0
    versions: int = 0
    resources: int = 0
    deleted: int = 0
    held: int = 0
    wrong: int = 0
    faults: list[str] = field(default_factory=list)

    def note(self, fault: str) -> None:
        self.wrong += 1
        if len(self.faults) < TOLD:
            self.faults.append(fault)


def check(engine: Engine, extract: Extract, advance: Advance = unheard) -> Mapping[str, Found]:
    """By tenant; under '' what is wrong with the way the engine keeps things."""
    found = {tenant: Tenant(engine, tenant).check(extract, advance) for tenant in engine.tenants()}
    own = Found()
    for fault in engine.faults():
        own.note(fault)
    return {**found, "": own}


def unlike(entry: Entry, renewed: Mapping[Key, tuple[int, Marks]]) -> Iterator[str]:
    """Renewals of the entry that are not kept, nor later ones."""
    for each in entry.renewals:
        seq, marks = renewed.get(each.key, (0, NO_MARKS))
        if seq < entry.seq or (seq == entry.seq and dict(marks) != dict(each.marks)):
            yield f"{each.key} was renewed, and is not"


class Tenant:
    """One tenant's check. ``_newest`` has each resource's version by the journal, under its key's hash: so a million
    take about 150 MB."""

    def __init__(self, engine: Engine, tenant: str) -> None:
        self._engine, self._tenant, self._found = engine, tenant, Found()
        self._newest: dict[int, int] = {}
        self._seq, self._end = 0, engine.project(tenant)

    def check(self, extract: Extract, advance: Advance) -> Found:
        for entries in walk.journal(self._engine, self._tenant, 0, self._end):
            self._journal(entries)
            advance(len(entries))
        if self._seq < self._end:
            self._found.note(f"entry {self._seq + 1}: is missing, and what follows cannot be told")
        for type in self._engine.types(self._tenant):
            for versions in walk.resources(self._engine, self._tenant, type):
                self._current(versions, extract)
        for values in walk.held(self._engine, self._tenant):
            self._held(values)
        return self._found

    def _journal(self, entries: Sequence[Entry]) -> None:
        keys = {write.key for entry in entries for write in entry.writes}
        current = self._engine.newest(self._tenant, keys)
        renewed = self._engine.renewed(self._tenant, {each.key for entry in entries for each in entry.renewals})
        for entry in entries:
            for fault in chain(self._order(entry), self._kept(entry, current), unlike(entry, renewed)):
                self._found.note(f"entry {entry.seq}: {fault}")

    def _order(self, entry: Entry) -> Iterator[str]:
        if entry.seq != self._seq + 1:
            yield f"comes after {self._seq}, so others are missing"
        self._seq, self._found.entries = entry.seq, self._found.entries + 1
        for write in entry.writes:
            before = self._newest.get(hash(write.key), 0)
            if write.base != before:
                yield f"{write.key} follows on version {write.base}, and {before} was there"
            self._newest[hash(write.key)] = write.base + 1
            self._found.versions += 1

    def _kept(self, entry: Entry, current: Mapping[Key, Version]) -> Iterator[str]:
        for written in entry.versions():
            newest = current.get(written.key)
            if newest is None or newest.version < written.version:
                yield f"{written.key} version {written.version} is not current, nor a later one"
            elif newest.version == written.version and newest != written:
                yield f"{written.key} version {written.version} is current with other content"

    def _current(self, versions: Sequence[Version], extract: Extract) -> None:
        settled = [each for each in versions if each.seq <= self._end]
        for each in settled:
            self._found.deleted += each.deleted
            self._found.resources += not each.deleted
            for fault in self._version(each, extract):
                self._found.note(f"{each.key}: {fault}")
        self._reserved(settled)

    def _version(self, version: Version, extract: Extract) -> Iterator[str]:
        known = self._newest.get(hash(version.key), 0)
        if version.version != known:
            yield f"version {version.version} is current, {known} by the journal"
        if version.purged:
            yield "the current version was purged"
        elif not version.deleted and extract(version) != version.terms:
            yield "is found by other terms than its body has; causeway store reindex mends that"

    def _reserved(self, versions: Sequence[Version]) -> None:
        holders = self._engine.holders(self._tenant, [value for each in versions for value in each.reserves])
        for each in versions:
            if any(holders.get(value) != each.key for value in each.reserves) and self._still(self._lacks, each.key):
                self._found.note(f"{each.key}: does not hold what it reserves")

    def _held(self, values: Sequence[tuple[str, Key]]) -> None:
        self._found.held += len(values)
        holders = self._engine.newest(self._tenant, {key for _, key in values})
        for value, key in values:
            holder = holders.get(key)
            if (holder is None or value not in holder.reserves) and self._still(self._hoards, key, value):
                self._found.note(f"{key}: holds a value that it does not reserve")

    def _lacks(self, key: Key) -> bool:
        version = self._engine.read(self._tenant, key)
        reserves = version.reserves if version else ()
        holders = self._engine.holders(self._tenant, reserves)
        return any(holders.get(value) != key for value in reserves)

    def _hoards(self, key: Key, value: str) -> bool:
        holds = self._engine.holders(self._tenant, [value]).get(value) == key
        version = self._engine.read(self._tenant, key)
        return holds and (version is None or value not in version.reserves)

    def _still(self, wrong: Callable[..., bool], *about: object) -> bool:
        """Whether it is wrong whenever one looks: what is being written just now may be there by halves."""
        for _ in range(LOOKS):
            self._engine.project(self._tenant)
            if not wrong(*about):
                return False
        return True
