"""What a parameter's elements say of its values: which system a bare ``code`` is of, and what names by its url.

https://hl7.org/fhir/R4/search.html#token"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from mappings.fhir.r4.tables import Element, SearchParameter, children, members, value_set

_PATH = re.compile(r"\b[A-Z][A-Za-z]+(?:\.[a-z][A-Za-z]*)+")


@cache
def implied(parameter: SearchParameter) -> Mapping[str, frozenset[str]]:
    """The codes by system, for a parameter about elements of type ``code``."""
    found: dict[str, frozenset[str]] = {}
    for element in _codes(parameter.expression):
        for system, codes in (value_set(element.binding) or {}).items():
            found[system] = found.get(system, frozenset()) | codes
    return found


@cache
def by_url(parameter: SearchParameter) -> bool:
    """Whether what it refers to is named by its url alone. https://hl7.org/fhir/R4/references.html#canonical"""
    types = {each.code for element in _elements(parameter.expression) for each in element.types}
    return bool(types) and types <= {"canonical", "uri", "RelatedArtifact"}


def _codes(expression: str) -> Iterator[Element]:
    for element in _elements(expression):
        if element.binding and any(each.code == "code" for each in element.types):
            yield element


def _elements(expression: str) -> Iterator[Element]:
    found = (_element(*path.split(".")) for path in _PATH.findall(expression))
    return (each for each in found if each)


def _element(type: str, *names: str) -> Element | None:
    """Where a path ends, as far as it goes from child to child."""
    *above, last = names
    for name in above:
        declared = _children(type).get(name)
        if not declared:
            return None
        type = declared[0][1]
    return next((each for each in _members(type) if each.name == last), None)


def _children(type: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    try:
        return children(type)
    except KeyError:
        return {}


def _members(type: str) -> tuple[Element, ...]:
    try:
        return members(type)
    except KeyError:
        return ()
