"""The filters by which a value set chooses among the concepts of a code system.

https://hl7.org/fhir/R4/valueset-filter-operator.html"""

from collections.abc import Callable, Mapping, Sequence

import re2

from mappings.fhir.json import Json
from server.fhir.outcome import Invalid, Issue
from server.fhir.terminology.code_system import CodeSystem, values

LONGEST = 1000
"""Characters of a regular expression."""

PLACES: Mapping[str, Callable[[CodeSystem, str], frozenset[str]]] = {
    "is-a": lambda system, code: system.below(code),
    "descendent-of": lambda system, code: system.below(code) - {code},
    "is-not-a": lambda system, code: frozenset(system.concepts) - system.below(code),
    "generalizes": lambda system, code: system.above(code),
}
"""What is asked of a concept's place."""


def matching(said: Sequence[str], pattern: str) -> bool:
    """The whole of a value. RE2's time is linear in the length of both. Raises Invalid."""
    if len(pattern) > LONGEST:
        raise Invalid(Issue("a filter's regular expression is too long", code="too-costly"))
    try:
        return any(re2.fullmatch(pattern, each) is not None for each in said)
    except re2.error:
        raise Invalid(Issue("a filter is no regular expression that is understood", code="not-supported")) from None


TESTS: Mapping[str, Callable[[Sequence[str], str], bool]] = {
    "=": lambda said, value: value in said,
    "in": lambda said, value: not listed(value).isdisjoint(said),
    "not-in": lambda said, value: listed(value).isdisjoint(said),
    "exists": lambda said, value: bool(said) == (value == "true"),
    "regex": matching,
}
"""What is asked of the values of a property."""


def filtered(system: CodeSystem, filter: Json) -> frozenset[str]:
    """The codes that pass. Raises Invalid."""
    property, operator, value = filter["property"], filter["op"], filter["value"]
    if operator in PLACES:
        return PLACES[operator](system, value)
    if operator not in TESTS:
        raise Invalid(Issue("a filter of the value set is not supported", code="not-supported"))
    passes = TESTS[operator]
    return frozenset(code for code in system.concepts if passes(said(system, code, property), value))


def said(system: CodeSystem, code: str, property: str) -> Sequence[str]:
    """What a concept says of a property."""
    concept = system.concepts[code]
    match property:
        case "code" | "concept":
            return (code,)
        case "display" | "definition":
            return (concept[property],) if property in concept else ()
        case "parent":
            return tuple(system.parents.get(code, ()))
        case "child":
            return tuple(system.children.get(code, ()))
        case _:
            return values(concept, property)


def listed(value: str) -> set[str]:
    return {each.strip() for each in value.split(",")}
