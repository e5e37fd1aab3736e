"""What a resource can be found by, extracted when it is written.

A type's extractors are compiled when its first resource comes."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TypeAlias

from mappings.fhir import path
from mappings.fhir.json import Json
from mappings.fhir.path_nodes import Nodes
from server.fhir.registry import resource_type
from server.fhir.search import date
from server.fhir.search.kind import Index
from server.fhir.search.kinds import kind
from server.store.query import term

OWN = frozenset({"_id", "_lastUpdated"})
"""What the server itself says of a resource: known only when it is written."""

Extractor: TypeAlias = tuple[str, Callable[[Json], Nodes], Index]


def terms(body: Json) -> tuple[str, ...]:
    """Every term of what the client said, sorted. The body conforms."""
    found: set[str] = set()
    for code, nodes, index in extractors(body["resourceType"]):
        for node in nodes(body):
            if node.value is not None:
                found.update(index(code, node.value, node.type))
    return tuple(sorted(found))


def own_terms(id: str, at: datetime) -> tuple[str, ...]:
    return (term("_id", id), *date.instant_terms("_lastUpdated", at))


@cache
def extractors(type: str) -> tuple[Extractor, ...]:
    rows = [each for each in resource_type(type).parameters.values() if each.code not in OWN]
    return tuple((each.code, path.compile(each.expression).nodes, kind(each).index) for each in rows)
