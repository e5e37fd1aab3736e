"""What a fold may look at: the state that its entry's predecessor left, and nothing else."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from server.store.engine import Engine
from server.store.entry import Entry, Key, Version
from server.store.query import SEP, Query, Search, matches

FIND_PAGE = 500


class View:
    """A tenant's state while a batch is computed: what the engine holds, and over it what the batch wrote so far.

    It asks the engine for nothing twice: the state stands still until the batch is appended, or the batch is not
    appended."""

    def __init__(self, engine: Engine, tenant: str) -> None:
        self._engine = engine
        self._tenant = tenant
        self._newest: dict[Key, Version | None] = {}
        self._holders: dict[str, Key | None] = {}
        self._written: set[Key] = set()

    def newest(self, keys: Collection[Key]) -> Mapping[Key, Version | None]:
        unknown = [key for key in dict.fromkeys(keys) if key not in self._newest]
        if unknown:
            found = self._engine.newest(self._tenant, unknown)
            self._newest.update((key, found.get(key)) for key in unknown)
        return {key: self._newest[key] for key in keys}

    def holders(self, values: Collection[str]) -> Mapping[str, Key]:
        unknown = [value for value in dict.fromkeys(values) if value not in self._holders]
        if unknown:
            found = self._engine.holders(self._tenant, unknown)
            self._holders.update((value, found.get(value)) for value in unknown)
        return {value: key for value in values if (key := self._holders[value])}

    def find(self, type: str, where: Query) -> tuple[Version, ...]:
        stored = (version for version in self._stored(type, where) if version.key not in self._written)
        return tuple(sorted((*stored, *self._overlaid(type, where)), key=lambda version: version.key))

    def _stored(self, type: str, where: Query) -> Iterable[Version]:
        after = None
        while True:
            page = self._engine.search(self._tenant, Search(type, where, limit=FIND_PAGE, after=after))
            yield from page.versions
            after = page.next
            if after is None:
                return

    def _overlaid(self, type: str, where: Query) -> Iterable[Version]:
        written = (self._newest[key] for key in self._written if key.type == type)
        return (v for v in written if v and not v.deleted and matches(where, v.terms))

    def write(self, entry: Entry) -> None:
        """Lays an entry over the state: from now on this is what is there."""
        versions = {version.key: version for version in entry.versions()}
        self._newest.update(versions)
        self._written.update(versions)
        self._holders.update((value, None) for write in entry.writes for value in write.frees)
        self._holders.update((value, write.key) for write in entry.writes for value in write.reserves)


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

    def find(self, type: str, where: Query) -> tuple[Version, ...]:
        """The newest versions that match, in the order of their ids."""
        return self.view.find(type, where)

    def new_id(self, identity: str | None = None) -> str:
        """An id for a new entry or resource; for the same ``identity`` always the same one, in this store."""
        return self.ids() if identity is None else str(uuid5(self.namespace, self.tenant + SEP + identity))


Fold = Callable[[Snapshot], Entry]
"""Computes what is to be written from what is stored. It may be called again, on another state, so it changes nothing
itself; what it raises goes to whoever submitted it. It must not submit."""
