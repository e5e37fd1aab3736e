"""SearchParameter resources that are stored add their parameter to what can be searched by.

Here is which of them are taken, and how each process learns of it; ``reindexing.py`` makes what was stored before to be
found by them. https://hl7.org/fhir/R4/searchparameter.html"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from threading import Lock

import msgspec

from mappings.fhir import path
from mappings.fhir.json import Json
from mappings.fhir.r4.tables import SearchParameter, base_types
from server.fhir import registry
from server.fhir.registry import Added, Parameters, names, of_r4
from server.store.engine import Engine, Unavailable

NOTE = "search-parameters"
"""The store's note of what was added, for every process."""
LOOKS = 1.0
"""Seconds between two looks at it."""

KINDS = frozenset({"token", "string", "date", "reference", "number", "quantity", "uri"})
LONGEST = 1_000
"""Characters of an expression."""
COSTLY = re.compile(
    r"\b(?:descendants|children|matches|replaceMatches|trace|all|iif)\b|%(?:resource|rootResource|context)"
)
"""What may take much longer than the resource is large."""
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


def rows(resources: Iterable[Json]) -> Parameters:
    """What can be searched by on top of R4 and the guides: what those have already, stays as it is there."""
    found: dict[str, dict[str, SearchParameter]] = {}
    for body in resources:
        for type in bases(body) if usable(body) else ():
            code = body["code"]
            if code not in of_r4(type):
                target = tuple(body.get("target", ()))
                found.setdefault(type, {})[code] = SearchParameter(code, body["type"], body["expression"], target)
    return found


def usable(body: Json) -> bool:
    expression = body.get("expression", "")
    return (
        body.get("status") == "active"
        and body.get("type") in KINDS
        and bool(_CODE.fullmatch(body.get("code", "")))
        and 0 < len(expression) <= LONGEST
        and not COSTLY.search(expression)
        and path.is_plain(expression)
    )


def bases(body: Json) -> Iterator[str]:
    """The types; of ``Resource`` and ``DomainResource``, all that are such."""
    wanted = set(body.get("base", ()))
    return (each for each in sorted(names()) if wanted & set(base_types(each)))


class Known:
    """What a process knows of what was added."""

    def __init__(self, engine: Engine, tenant: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._tenant, self._clock = engine, tenant, clock
        self._looked, self._text, self._lock = float("-inf"), "", Lock()

    def look(self) -> None:
        """Now and then, whether something has changed."""
        now = self._clock()
        if now - self._looked < LOOKS or not self._lock.acquire(blocking=False):
            return
        try:
            self._looked = now
            with suppress(Unavailable):
                self._learn(noted(self._engine, self._tenant))
        finally:
            self._lock.release()

    def _learn(self, text: str) -> None:
        if text != self._text:
            registry.add(decoded(text))
            self._text = text


def learn(engine: Engine) -> None:
    """All that is known, for a command that works on a whole store."""
    for tenant in engine.tenants():
        if text := noted(engine, tenant):
            registry.add(decoded(text))


def noted(engine: Engine, tenant: str) -> str:
    return engine.noted(f"{NOTE}/{tenant}") or ""


def note(engine: Engine, tenant: str, added: Added) -> None:
    engine.note(f"{NOTE}/{tenant}", msgspec.json.encode((added.searched, added.pending)).decode())


def decoded(text: str) -> Added:
    return Added(*msgspec.json.decode(text, type=tuple[_Rows, _Rows])) if text else Added()


_Rows = dict[str, dict[str, SearchParameter]]
