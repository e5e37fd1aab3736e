"""What a value set comes to, out of what is stored here and of R4's own tables.

https://hl7.org/fhir/R4/valueset.html#compositions"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from mappings.fhir.json import Json, loads
from mappings.fhir.r4 import tables
from server.fhir.outcome import Invalid, Issue
from server.fhir.terminology.code_system import CodeSystem
from server.fhir.terminology.filters import filtered
from server.store.entry import Version
from server.store.query import Query, equals, term

Coding: TypeAlias = tuple[str, str]
"""Code and system."""
Find = Callable[[str, Query], Iterable[Version]]

MOST = 10_000
"""Codes of one value set."""
DEEPEST = 10
"""Value sets that take each other in."""


@dataclass(frozen=True, slots=True)
class Members:
    """Codes, and systems of which every code belongs to it though not all are known here."""

    codes: frozenset[Coding] = frozenset()
    systems: frozenset[str] = frozenset()


class Terminology:
    """What is stored, as ``find`` sees it. Each thing is read once."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._systems: dict[str, CodeSystem | None] = {}

    def code_system(self, url: str) -> CodeSystem | None:
        if url not in self._systems:
            body = self.stored("CodeSystem", url)
            self._systems[url] = CodeSystem(body) if body else None
        return self._systems[url]

    def value_set(self, url: str, depth: int = 0) -> Members:
        """Raises Invalid for one that is not known, or that takes what is not known."""
        if depth > DEEPEST:
            raise Invalid(Issue("the value set takes in too many others", code="too-costly"))
        if body := self.stored("ValueSet", url):
            return bounded(self.composed(body, depth))
        known = tables.value_set(url.partition("|")[0])
        if known is None:
            raise Invalid(Issue("the value set is not known here", code="not-found"))
        return Members(frozenset((code, system) for system, codes in known.items() for code in codes))

    def composed(self, body: Json, depth: int = 0) -> Members:
        """A stored expansion, else what the definition says."""
        if "expansion" in body and "compose" not in body:
            return Members(frozenset(_contained(body["expansion"].get("contains", ()))))
        compose = body.get("compose", {})
        included = reduce(joined, (self._component(each, depth) for each in compose.get("include", ())), Members())
        excluded = reduce(joined, (self._component(each, depth) for each in compose.get("exclude", ())), Members())
        return without(included, excluded)

    def _component(self, component: Json, depth: int) -> Members:
        """One include or exclude: what is in its system and in every value set that it names."""
        parts = [self.value_set(each, depth + 1) for each in component.get("valueSet", ())]
        if "system" in component:
            parts.append(self._of_system(component))
        return reduce(common, parts) if parts else Members()

    def _of_system(self, component: Json) -> Members:
        url = component["system"]
        if "concept" in component:
            return Members(frozenset((each["code"], url) for each in component["concept"]))
        system = self.code_system(url)
        if system is None or not system.complete:
            if "filter" in component:
                raise Invalid(Issue("a code system of the value set is not known here", code="not-found"))
            return Members(systems=frozenset({url}))
        passed = (filtered(system, each) for each in component.get("filter", ()))
        codes = reduce(frozenset.intersection, passed, frozenset(system.concepts))
        return Members(frozenset((code, url) for code in codes))

    def stored(self, type: str, canonical: str) -> Json | None:
        """The version that is named, else the latest: by its number, and of several of one number the one written last.

        https://hl7.org/fhir/R4/references.html#canonical"""
        url, _, version = canonical.partition("|")
        found = [(each.seq, loads(each.body or b"")) for each in self._versions(type, url)]
        wanted = [each for each in found if not version or each[1].get("version") == version]
        return max(wanted, key=lambda each: (numbered(each[1]), each[0]), default=(0, None))[1]

    def _versions(self, type: str, url: str) -> Iterable[Version]:
        return self._find(type, equals(term("url", url)))


def numbered(body: Json) -> tuple[tuple[bool, int, str], ...]:
    """A version, so that 10 comes after 9, and whatever has one after what has none."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9.]+", body.get("version", ""))
    return tuple((each.isdecimal(), int(each) if each.isdecimal() else 0, each) for each in parts)


def _contained(contains: Iterable[Json]) -> Iterator[Coding]:
    for each in contains:
        if "code" in each and not each.get("abstract"):
            yield each["code"], each.get("system", "")
        yield from _contained(each.get("contains", ()))


def joined(one: Members, other: Members) -> Members:
    return Members(one.codes | other.codes, one.systems | other.systems)


def common(one: Members, other: Members) -> Members:
    listed = {each for each in one.codes if each in other.codes or each[1] in other.systems}
    listed |= {each for each in other.codes if each[1] in one.systems}
    return Members(frozenset(listed), one.systems & other.systems)


def without(one: Members, other: Members) -> Members:
    systems = one.systems - other.systems
    if any(system in systems for _, system in other.codes):
        raise Invalid(Issue("a code system of the value set is not known here", code="not-found"))
    kept = (each for each in one.codes if each not in other.codes and each[1] not in other.systems)
    return Members(frozenset(kept), systems)


def bounded(found: Members) -> Members:
    if len(found.codes) > MOST:
        raise Invalid(Issue(f"the value set has more than {MOST} codes", code="too-costly"))
    return found
