"""What elements of one object must be together, and what an element may point at or be coded with.

A rule is a function of a value and its scope that tells problems; each is made once, from a row of R4's tables."""

from collections.abc import Mapping
from typing import Any

from mappings.fhir.path_nodes import target_type
from mappings.fhir.problem import NONE, Problem, Problems, Rule, Scope, one
from mappings.fhir.r4 import tables
from mappings.fhir.r4.tables import Element


def required(names: Mapping[str, str]) -> Rule:
    """Each of these is there, or an extension says why it is not; their places by their names."""
    keys = frozenset(names)

    def rule(value: dict[str, Any], _: Scope) -> Problems:
        if keys <= value.keys():
            return NONE
        missing = [name for name in names if name not in value and f"_{name}" not in value]
        return [Problem(f".{names[name]}", "is required", "required") for name in missing]

    return rule


def choice(element: str, names: frozenset[str], at_least: int) -> Rule:
    """An element of several types has one of them. https://hl7.org/fhir/R4/formats.html#choice"""
    keys = names | {f"_{name}" for name in names}
    missing = [Problem(f".{element}", "is required", "required")] if at_least else NONE
    several = [Problem(f".{element}", "must have only one type")]

    def rule(value: dict[str, Any], _: Scope) -> Problems:
        if keys.isdisjoint(value):
            return missing
        given = keys & value.keys()
        return NONE if len(given) == 1 or len({name.removeprefix("_") for name in given}) == 1 else several

    return rule


def reference(targets: tuple[str, ...]) -> Rule:
    """A reference that tells what it points at, by its text or its type, points at one of these types.

    https://hl7.org/fhir/R4/references.html"""
    allowed = frozenset(targets)
    wrong = one(f"must refer to {' or '.join(targets)}", "value")

    def rule(value: dict[str, Any], scope: Scope) -> Problems:
        pointed = _pointed_at(value.get("reference"), scope)
        if pointed is not None and pointed not in allowed:
            return wrong
        stated = value.get("type")
        return wrong if stated is not None and stated not in allowed and stated in tables.resource_types() else NONE

    return rule


def _pointed_at(text: Any, scope: Scope) -> str | None:
    if type(text) is not str:
        return None
    if text.startswith("#"):
        return scope.contained.get(text[1:])
    return target_type(text)


def codes(element: Element) -> tuple[Rule, ...]:
    """What a concept is bound to, if R4's package can expand it."""
    systems = tables.value_set(element.binding)
    return () if systems is None else (coded(element.binding, systems),)


def coded(url: str, systems: Mapping[str, frozenset[str]]) -> Rule:
    """A concept has a code of the value set it is bound to. https://hl7.org/fhir/R4/terminologies.html#required"""
    wrong = one(f"must have a code of {url.rpartition('/')[2]}", "code-invalid")

    def rule(value: dict[str, Any], _: Scope) -> Problems:
        codings = value.get("coding", ())
        return NONE if any(each.get("code") in systems.get(each.get("system"), ()) for each in codings) else wrong

    return rule
