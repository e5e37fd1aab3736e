"""R4's invariants: rules between elements, in FHIRPath. https://hl7.org/fhir/R4/conformance-rules.html#constraints

Those that nearly every resource meets are written out here; path.py compiles the others."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from mappings.fhir import path
from mappings.fhir.json import dumps
from mappings.fhir.moments import compare
from mappings.fhir.path_nodes import Node
from mappings.fhir.path_operators import truth
from mappings.fhir.problem import NONE, Problems, Rule, Scope, one
from mappings.fhir.r4 import tables
from mappings.fhir.r4.tables import Invariant

Holds: TypeAlias = Callable[[Any, Scope], bool]


def an_extension_has_a_value_or_extensions(value: dict[str, Any], _: Scope) -> bool:
    return ("extension" in value) != any(name.startswith(("value", "_value")) for name in value)


def what_is_contained_is_there(value: dict[str, Any], scope: Scope) -> bool:
    """``#`` alone is the container itself."""
    reference = value.get("reference")
    return type(reference) is not str or reference[:1] != "#" or reference == "#" or reference[1:] in scope.contained


def a_coded_unit_has_a_system(value: dict[str, Any], _: Scope) -> bool:
    return "code" not in value or "system" in value or "_system" in value


def a_period_ends_after_its_start(value: dict[str, Any], _: Scope) -> bool:
    """A day and a time on it cannot be compared; R4 wants what can."""
    start, end = value.get("start"), value.get("end")
    return start is None or end is None or compare(start, end) in (-1, 0)


def contains_only_one_level(value: dict[str, Any], _: Scope) -> bool:
    return not any("contained" in each for each in value.get("contained", ()))


def what_it_contains_is_referred_to(value: dict[str, Any], _: Scope) -> bool:
    """From anywhere in the resource, or it refers to its container. A fragment in quotes is a reference, or a text that
    nobody writes otherwise."""
    contained = value.get("contained")
    if contained is None:
        return True
    text = dumps(value)
    return all(f'"#{each.get("id", "")}"'.encode() in text or b'"#"' in dumps(each) for each in contained)


def what_it_contains_has_no_version(value: dict[str, Any], _: Scope) -> bool:
    return not any({"versionId", "lastUpdated"} & each.get("meta", {}).keys() for each in value.get("contained", ()))


def what_it_contains_has_no_label(value: dict[str, Any], _: Scope) -> bool:
    return not any("security" in each.get("meta", {}) for each in value.get("contained", ()))


CORRECTED: Mapping[str, str] = {
    "que-12": "enableWhen.count() > 1 implies enableBehavior.exists()",
}
"""Expressions that do not say what R4's text says, as later versions have them."""

WRITTEN_OUT: Mapping[str, Holds] = {
    "dom-2": contains_only_one_level,
    "dom-3": what_it_contains_is_referred_to,
    "dom-4": what_it_contains_has_no_version,
    "dom-5": what_it_contains_has_no_label,
    "ext-1": an_extension_has_a_value_or_extensions,
    "per-1": a_period_ends_after_its_start,
    "qty-3": a_coded_unit_has_a_system,
    "ref-1": what_is_contained_is_there,
}

CHECKED_ELSEWHERE: Mapping[str, str] = {
    "ele-1": "every JSON object, in structure.py",
    "txt-1": "the narrative, in narrative.py",
    "txt-2": "the narrative, in narrative.py",
}


def of(type: str) -> tuple[Invariant, ...]:
    """Those of a type; of what is nested in one, those of the element that it is."""
    root, _, path = type.partition(".")
    structure = tables.structure(root)
    owner = next(each for each in structure.elements if each.path == path) if path else structure
    return owner.invariants


def rules(invariants: Iterable[Invariant], type: str) -> tuple[Rule, ...]:
    """What must hold of a value of a type, in the order of the table. Warnings are no part of what R4 demands."""
    demanded = (each for each in invariants if each.severity == "error" and each.key not in CHECKED_ELSEWHERE)
    return tuple(
        _rule(each, WRITTEN_OUT.get(each.key) or _compiled(CORRECTED.get(each.key, each.expression), type))
        for each in demanded
    )


def _compiled(expression: str, type: str) -> Holds:
    """Compiled when a value first comes: many types are never seen. What comes out unknown does not hold."""

    def holds(value: Any, scope: Scope) -> bool:
        return truth(path.compile(expression).at(Node(value, type), scope.resource, scope.root)) is True

    return holds


def _rule(invariant: Invariant, holds: Holds) -> Rule:
    broken = one(f"breaks {invariant.key}: {invariant.expression}", "invariant")

    def rule(value: Any, scope: Scope) -> Problems:
        return NONE if holds(value, scope) else broken

    return rule
