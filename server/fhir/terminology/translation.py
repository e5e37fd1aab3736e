"""What a ConceptMap makes of a code.

https://hl7.org/fhir/R4/conceptmap.html"""

from collections.abc import Iterator
from dataclasses import dataclass

from mappings.fhir.json import Json

NOTHING = frozenset({"unmatched", "disjoint"})
"""Equivalences that say that there is no translation."""

REVERSED = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}


@dataclass(frozen=True, slots=True)
class Match:
    """https://hl7.org/fhir/R4/conceptmap-operation-translate.html"""

    equivalence: str
    system: str
    code: str
    display: str = ""

    @property
    def translates(self) -> bool:
        return self.equivalence not in NOTHING


def translations(map: Json, code: str, system: str, *, target: str = "", reverse: bool = False) -> Iterator[Match]:
    """``target``: only into this code system. With ``reverse``: what would be translated into the code."""
    for group in map.get("group", ()):
        from_, to = group.get("source", ""), group.get("target", "")
        if reverse:
            from_, to = to, from_
        if from_ in {"", system} and target in {"", to}:
            yield from backwards(group, code, to) if reverse else forwards(group, code, to)


def forwards(group: Json, code: str, system: str) -> Iterator[Match]:
    elements = [each for each in group["element"] if each.get("code") == code]
    if not elements:
        yield from unmapped(group.get("unmapped", {}), code, system)
    for each in elements:
        for target in each.get("target", ()):
            yield Match(target["equivalence"], system, target.get("code", ""), target.get("display", ""))


def unmapped(said: Json, code: str, system: str) -> Iterator[Match]:
    """https://hl7.org/fhir/R4/conceptmap.html#unmapped; another map is another question."""
    match said.get("mode"):
        case "provided":
            yield Match("equal", system, code)
        case "fixed":
            yield Match("inexact", system, said.get("code", ""), said.get("display", ""))


def backwards(group: Json, code: str, system: str) -> Iterator[Match]:
    for each in group["element"]:
        for target in each.get("target", ()):
            if target.get("code") == code and "code" in each:
                equivalence = target["equivalence"]
                yield Match(REVERSED.get(equivalence, equivalence), system, each["code"], each.get("display", ""))
