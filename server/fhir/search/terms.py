"""What a resource can be found by, extracted when it is written.

A type's extractors are compiled when its first resource comes."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TypeAlias

from mappings.fhir import path
from mappings.fhir.json import Json
from mappings.fhir.path_nodes import Environment, Nodes
from mappings.fhir.r4.tables import SearchParameter, children
from server.fhir.registry import resource_type
from server.fhir.search import date
from server.fhir.search.kind import Index
from server.fhir.search.kinds import kind
from server.store.query import term

OWN = frozenset({"_id", "_lastUpdated"})
"""What the server itself says of a resource: known only when it is written."""

Extractor: TypeAlias = tuple[str, frozenset[str], Callable[[Environment], Nodes], Index]
"""A parameter's code, the elements of which one has to be there for it to find anything, where its values are, and what
terms they make."""

LOGIC = re.compile(r"exists\(|empty\(|not\(| and | or | != | = [^']")
"""What finds something where nothing is."""


def terms(body: Json) -> tuple[str, ...]:
    """Every term of what the client said, sorted. The body conforms."""
    found, environment = set[str](), path.environment(body)
    for code, elements, nodes, index in extractors(body["resourceType"]):
        if elements.isdisjoint(body):
            continue
        for node in nodes(environment):
            if node.value is not None:
                found.update(index(code, node.value, node.type))
    return tuple(sorted(found))


def own_terms(id: str, at: datetime) -> tuple[str, ...]:
    return (term("_id", id), *date.instant_terms("_lastUpdated", at))


@cache
def extractors(type: str) -> tuple[Extractor, ...]:
    rows = [each for each in resource_type(type).parameters.values() if each.code not in OWN]
    return tuple(extractor(type, each) for each in rows)


def extractor(type: str, parameter: SearchParameter) -> Extractor:
    expression = parameter.expression
    return parameter.code, elements(type, expression), path.compile(expression).within, kind(parameter).index


def elements(type: str, expression: str) -> frozenset[str]:
    """The JSON names of the elements that an expression starts at; ``resourceType``, which is always there, when that
    cannot be told from its text."""
    starts = re.findall(rf"\b(?:{type}|Resource|DomainResource)\.(\w+)", expression)
    if not starts or LOGIC.search(expression):
        return frozenset({"resourceType"})
    known = children(type)
    return frozenset(name for start in starts for name, _ in known.get(start, ()))
