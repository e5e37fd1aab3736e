"""Follows the journal for SearchParameter resources, and makes what is stored to be found by what they add.

In three steps: every process writes the new terms from now on, what was stored before gets them, and only then may be
searched by them, so that no search ever finds a part. https://hl7.org/fhir/R4/searchparameter.html"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from mappings.fhir.json import Json, loads
from server.fhir import registry
from server.fhir.added import LOOKS, Known, decoded, note, noted, rows
from server.fhir.registry import Added
from server.fhir.resource import terms_of
from server.store.duty import Follower
from server.store.engine import Engine
from server.store.entry import Entry, Key
from server.store.query import Search, equals, term
from server.store.reindex import reindex
from server.store.store import Store

DEFINES = "SearchParameter"
MOST = 500
"""SearchParameters that are taken."""


def follower(store: Store, tenant: str) -> Follower:
    return Follower(store.engine, tenant, "search-parameters", Reindexing(store.engine, tenant).handle, from_now=True)


class Reindexing:
    def __init__(self, engine: Engine, tenant: str, wait: Callable[[float], object] = time.sleep) -> None:
        self._engine, self._tenant, self._wait = engine, tenant, wait
        self._known, self._begun = Known(engine, tenant), False

    def handle(self, entry: Entry) -> None:
        """With the first entry, too: a store may have been restored, or copied, from another."""
        self._known.look()
        if not self._begun or any(write.key.type == DEFINES for write in entry.writes):
            self.change()
            self._begun = True
        added = registry.added()
        self.mend({write.key for write in entry.writes if write.key.type in added.all_types})

    def change(self) -> None:
        """From what was added to what is stored now."""
        before, wanted = decoded(noted(self._engine, self._tenant)), rows(self._active())
        if before == Added(wanted):
            registry.add(before)
            return
        kept = {
            type: {code: each for code, each in known.items() if wanted.get(type, {}).get(code) == each}
            for type, known in before.searched.items()
        }
        self._tell(Added(kept, wanted))
        self._wait(2 * LOOKS)
        for type in sorted(
            type for type in wanted.keys() | before.all_types if wanted.get(type) != before.searched.get(type)
        ):
            self._engine.note(f"reindex/{self._tenant}/{type}", None)
            reindex(self._engine, self._tenant, type, terms_of)
        self._tell(Added(wanted))

    def mend(self, keys: set[Key]) -> None:
        """What was written by a process that did not know."""
        living = [each for each in self._engine.newest(self._tenant, keys).values() if not each.deleted]
        made = [replace(each, terms=terms) for each in living if (terms := terms_of(each)) != each.terms]
        if made:
            self._engine.reindex(self._tenant, made)

    def _tell(self, added: Added) -> None:
        registry.add(added)
        note(self._engine, self._tenant, added)

    def _active(self) -> Iterator[Json]:
        search = Search(DEFINES, equals(term("status", "active", "")), limit=MOST)
        return (loads(each.body or b"") for each in self._engine.search(self._tenant, search).versions)
