"""The store as it was after one entry of the journal, as far as it is one principal's.

Whatever is read of it, at whatever time, fits together: nothing that came later is in it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from server.auth.gate import GatedStore, permit
from server.store.engine import Page
from server.store.entry import Key, Version
from server.store.query import EVERYTHING, All, Query, Search, matches

PAGE = 500


class Past:
    """Everything is decided by the principal's rights as they are now. Raises Forbidden."""

    def __init__(self, gated: GatedStore, seq: int) -> None:
        self._gated, self._store, self._seq = gated, gated.ungated, seq
        self._tenant = gated.principal.tenant

    def every(self, type: str, wheres: Sequence[Query] = (EVERYTHING,)) -> Iterator[Version]:
        """What there was of a type and meets one of the queries, each once: first what has not changed since."""
        allowed = permit(self._gated.principal, "search", type)
        queries = [All((each, allowed)) for each in wheres]
        seen = set[str]()
        for version in self._unchanged(type, queries, seen):
            seen.add(version.key.id)
            yield version
        for key in self._changed(type):
            then = None if key.id in seen else self._then(key)
            if then and any(matches(each, then.terms) for each in queries):
                yield then

    def read(self, key: Key) -> Version | None:
        """None for what was not there, or is not theirs."""
        found = self._then(key)
        allowed = permit(self._gated.principal, "read", key.type)
        return found if found and matches(allowed, found.terms) else None

    def deletions(self, type: str, since: datetime, wheres: Sequence[Query] = (EVERYTHING,)) -> Iterator[Key]:
        """What was deleted between ``since`` and then, and did not come again; theirs by what it was before."""
        allowed = permit(self._gated.principal, "search", type)
        for version in self._newest(type, since):
            terms = self._gated.terms(version) if version.deleted else ()
            if terms and matches(allowed, terms) and any(matches(each, terms) for each in wheres):
                yield version.key

    def _unchanged(self, type: str, queries: Sequence[Query], seen: set[str]) -> Iterator[Version]:
        """Most types have nothing of most stores, which one question tells as well as many."""
        if not self._store.search(self._tenant, Search(type, limit=1)).versions:
            return
        for each in queries:
            page = Page((), "")
            while page.next is not None:
                page = self._store.search(self._tenant, Search(type, each, limit=PAGE, after=page.next or None))
                yield from (one for one in page.versions if one.seq <= self._seq and one.key.id not in seen)

    def _changed(self, type: str) -> Sequence[Key]:
        """What was written after that, the last first."""
        found: dict[Key, None] = {}
        for version in self._history(type, None):
            if version.seq <= self._seq:
                break
            found[version.key] = None
        return tuple(found)

    def _newest(self, type: str, since: datetime) -> Iterator[Version]:
        """The newest version, then, of whatever was written since."""
        seen = set[Key]()
        for version in self._history(type, self._seq + 1):
            if version.at < since:
                return
            if version.key not in seen:
                seen.add(version.key)
                yield version

    def _history(self, type: str, before: int | None) -> Iterator[Version]:
        while True:
            page = self._store.history(self._tenant, None, type=type, limit=PAGE, before=before)
            yield from page.versions
            if page.next is None:
                return
            before = int(page.next)

    def _then(self, key: Key) -> Version | None:
        """The version that stood; None for a deletion."""
        page = self._store.history(self._tenant, key, limit=1, before=self._seq + 1)
        return next((each for each in page.versions if not each.deleted), None)
