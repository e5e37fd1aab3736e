"""What a resource can be found by, extracted when it is written.

A type's extractors are compiled when its first resource comes."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from mappings.fhir import path
from mappings.fhir.json import Json, dumps, loads
from mappings.fhir.path_nodes import Environment
from mappings.fhir.r4.tables import SearchParameter, children
from server.fhir.registry import ResourceType, resource_type
from server.fhir.search import composite, date
from server.fhir.search.kinds import kind
from server.store.query import term

OWN = frozenset({"_id", "_lastUpdated"})
"""What the server itself says of a resource: known only when it is written."""

Extractor: TypeAlias = tuple[str, frozenset[str], Callable[[Environment], Iterable[str]]]
"""A parameter's code, the elements of which one has to be there for it to find anything, the terms of its values."""

LOGIC = re.compile(r"exists\(|empty\(|not\(| and | or | != | = [^']")
"""What finds something where nothing is."""

WHOLE = "resourceType"
"""The element of an expression that asks the whole resource."""

REMEMBERED, LONGEST = 8192, 1000
"""Elements whose terms are remembered, and of how many bytes at most: most of a new version is as it was before."""


def terms(body: Json) -> tuple[str, ...]:
    """Every term of what the client said, sorted. The body conforms."""
    row = resource_type(body["resourceType"])
    if "contained" in body:  # Any element may refer to it.
        return tuple(sorted(extracted(extractors(row), body)))
    named = by_element(row)
    found = extracted(named[WHOLE], body) if WHOLE in named else set[str]()
    for name, value in body.items():
        if name in named and name != WHOLE:
            told = dumps(value)
            found |= remembered(row, name, told) if len(told) <= LONGEST else element_terms(row, name, value)
    return tuple(sorted(found))


@lru_cache(REMEMBERED)
def remembered(row: ResourceType, name: str, told: bytes) -> set[str]:
    return element_terms(row, name, loads(told))


def element_terms(row: ResourceType, name: str, value: Any) -> set[str]:
    """What an element says by itself, whatever is beside it."""
    return extracted(by_element(row)[name], {"resourceType": row.name, name: value})


def extracted(extractors: Iterable[Extractor], body: Json) -> set[str]:
    found, environment = set[str](), path.environment(body)
    for _, _, written in extractors:
        found.update(written(environment))
    return found


def own_terms(id: str, at: datetime) -> tuple[str, ...]:
    return (term("_id", id), *date.instant_terms("_lastUpdated", at))


@lru_cache(maxsize=256)
def extractors(row: ResourceType) -> tuple[Extractor, ...]:
    known = {**row.pending, **row.parameters}
    return tuple(extractor(row.name, each) for code, each in known.items() if code not in OWN)


@lru_cache(maxsize=256)
def by_element(row: ResourceType) -> Mapping[str, Sequence[Extractor]]:
    """By the JSON name of an element: the extractors that look at it."""
    named: dict[str, list[Extractor]] = {}
    for each in extractors(row):
        for name in each[1]:
            named.setdefault(name, []).append(each)
    return named


def extractor(type: str, parameter: SearchParameter) -> Extractor:
    expression = parameter.expression
    if parameter.components:
        return parameter.code, shared_elements(type, parameter), composite.extractor(parameter)
    return parameter.code, elements(type, expression), single(parameter)


def single(parameter: SearchParameter) -> Callable[[Environment], Iterable[str]]:
    """The terms of each value that the parameter's path finds."""
    code, nodes, index = parameter.code, path.compile(parameter.expression).within, kind(parameter).index

    def written(environment: Environment) -> Iterator[str]:
        for node in nodes(environment):
            if node.value is not None:
                yield from index(code, node.value, node.type)

    return written


def shared_elements(type: str, parameter: SearchParameter) -> frozenset[str]:
    """Of a composite: those of which a single one has all components."""
    owners = [each.strip() for each in parameter.expression.split("|")]
    if type in owners or any("%resource" in each.expression for each in parameter.components):
        return frozenset({WHOLE})
    return elements(type, parameter.expression)


def elements(type: str, expression: str) -> frozenset[str]:
    """The JSON names of the elements that an expression starts at; ``resourceType``, which is always there, when that
    cannot be told from its text. One that starts at several finds what it finds in each by itself."""
    starts = re.findall(rf"\b(?:{type}|Resource|DomainResource)\.(\w+)", expression)
    if not starts or LOGIC.search(expression):
        return frozenset({WHOLE})
    known = children(type)
    return frozenset(name for start in starts for name, _ in known.get(start, ()))
