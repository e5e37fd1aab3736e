"""What a fold may look at: the state that its entry's predecessor left, and nothing else."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from uuid import UUID, uuid5

from server.store.engine import Engine
from server.store.entry import NO_MARKS, Entry, Key, Marks, Version
from server.store.links import LINKED, unlinked
from server.store.query import SEP, Query, Search, matches

FIND_PAGE = 500


@dataclass(slots=True)
class Stored:
    """What the engine holds of one tenant. Nothing is asked for twice: it stands still while a batch is computed, or
    that batch is not appended."""

    engine: Engine
    tenant: str
    _newest: dict[Key, Version | None] = field(default_factory=dict)
    _holders: dict[str, Key | None] = field(default_factory=dict)

    def newest(self, keys: Collection[Key]) -> Mapping[Key, Version | None]:
        unknown = [key for key in dict.fromkeys(keys) if key not in self._newest]
        if unknown:
            found = self.engine.newest(self.tenant, unknown)
            renewed = self.engine.renewed(self.tenant, found) if found else {}
            self._newest.update((key, _renewed(found.get(key), *renewed.get(key, NEVER))) for key in unknown)
        return {key: self._newest[key] for key in keys}

    def holders(self, values: Collection[str]) -> Mapping[str, Key]:
        unknown = [value for value in dict.fromkeys(values) if value not in self._holders]
        if unknown:
            found = self.engine.holders(self.tenant, unknown)
            self._holders.update((value, found.get(value)) for value in unknown)
        return {value: key for value in values if (key := self._holders[value])}

    def find(self, type: str, where: Query, most: int | None = None) -> Iterable[Version]:
        after, limit = None, FIND_PAGE if most is None else min(most, FIND_PAGE)
        while True:
            page = self.engine.search(self.tenant, Search(type, where, limit=limit, after=after))
            yield from page.versions
            after = page.next
            if after is None:
                return


NEVER: tuple[int, Marks] = (0, NO_MARKS)


def _renewed(version: Version | None, seq: int, marks: Marks) -> Version | None:
    return replace(version, marks=marks) if version and version.seq < seq else version


@dataclass(slots=True)
class View:
    """What is stored, and over it what the entries of a batch have written so far."""

    stored: Stored
    _written: dict[Key, Version] = field(default_factory=dict)
    _reserved: dict[str, Key] = field(default_factory=dict)

    @classmethod
    def after(cls, entries: Iterable[Entry], stored: Stored) -> "View":
        """With entries laid over that may be stored already, or in part: what they wrote is as they wrote it."""
        view = cls(stored)
        for entry in entries:
            view.write(entry)
        return view

    def write(self, entry: Entry) -> None:
        """Lays an entry over the state: from now on this is what is there."""
        self._written.update((version.key, version) for version in entry.versions())
        self._reserved.update((value, write.key) for write in entry.writes for value in write.reserves)
        for key, marks in entry.renewals:
            if version := self.newest((key,))[key]:
                self._written[key] = replace(version, marks=marks)

    def newest(self, keys: Collection[Key]) -> Mapping[Key, Version | None]:
        written = self._written
        found = self.stored.newest([key for key in keys if key not in written])
        return {key: written[key] if key in written else found[key] for key in keys}

    def holders(self, values: Collection[str]) -> Mapping[str, Key]:
        """An entry that is laid over may have freed what is stored as held, or what an earlier one reserved."""
        found = {**self.stored.holders([value for value in values if value not in self._reserved]), **self._reserved}
        return {value: found[value] for value in values if value in found and self._still(found[value], value)}

    def _still(self, holder: Key, value: str) -> bool:
        written = self._written.get(holder)
        return written is None or value in written.reserves

    def find(self, type: str, where: Query, most: int | None = None) -> tuple[Version, ...]:
        where = unlinked(where, self._ends)
        stored = (version for version in self.stored.find(type, where, most) if version.key not in self._written)
        here = (version for key, version in self._written.items() if key.type == type and not version.deleted)
        written = (version for version in here if matches(where, version.terms))
        return tuple(sorted(islice(chain(written, stored), most), key=lambda version: version.key))

    def _ends(self, type: str, where: Query) -> Iterator[tuple[str, Sequence[str]]]:
        return ((version.key.id, version.terms) for version in self.find(type, where, LINKED + 1))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One fold's view. ``at`` is the time of the entry that it computes."""

    tenant: str
    at: datetime
    view: View
    namespace: UUID
    ids: Callable[[], str]

    def read(self, key: Key) -> Version | None:
        """The newest version, which may be a deletion."""
        return self.view.newest((key,))[key]

    def newest(self, keys: Collection[Key]) -> Mapping[Key, Version | None]:
        """``read`` of many at once."""
        return self.view.newest(keys)

    def holders(self, values: Collection[str]) -> Mapping[str, Key]:
        """Which resources hold these reserved values; values that nobody holds are left out."""
        return self.view.holders(values)

    def find(self, type: str, where: Query, most: int | None = None) -> tuple[Version, ...]:
        """The newest versions that match, in the order of their ids; no more than ``most``, where that is enough."""
        return self.view.find(type, where, most)

    def new_id(self, identity: str | None = None) -> str:
        """An id for a new entry or resource; for the same ``identity`` always the same one, in this store."""
        return self.ids() if identity is None else str(uuid5(self.namespace, self.tenant + SEP + identity))


Fold = Callable[[Snapshot], Entry]
"""Computes what is to be written from what is stored. It may be called again, on another state, so it changes nothing
itself; what it raises goes to whoever submitted it. It must not submit."""
