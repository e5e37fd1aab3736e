"""Which system a bare ``code`` is of: that of the value set which its element is bound to.

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


def _codes(expression: str) -> Iterator[Element]:
    for path in _PATH.findall(expression):
        element = _element(*path.split("."))
        if element and element.binding and any(each.code == "code" for each in element.types):
            yield element


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
