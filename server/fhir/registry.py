"""What this server does with each resource type: one row per type, made from R4's own tables when first asked for.

``DIFFERS`` is all that is not as R4's tables have it; what implementation guides add is in ``guides.py``. The router,
the index, the checks of scopes and the CapabilityStatement read these rows, so they cannot disagree."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TypeAlias

from mappings.fhir.r4.tables import SearchParameter, resource_types, search_parameters
from server.fhir import guides
from server.fhir.outcome import MethodNotAllowed, NotSupported

READING = frozenset({"read", "vread", "history-instance", "history-type", "search-type"})
WRITING = frozenset({"create", "update", "patch", "delete"})
ALL = READING | WRITING

DIFFERS: Mapping[str, frozenset[str]] = {
    # R4 gives it no endpoint: it is what operations take and give. https://hl7.org/fhir/R4/parameters.html
    "Parameters": frozenset(),
}
"""Interactions of the types that do not have all of them (http://hl7.org/fhir/ValueSet/type-restful-interaction)."""

SEARCHED = frozenset({"token", "string", "date", "reference", "number", "quantity", "uri", "composite"})
NOT_SEARCHED = frozenset({"phonetic"})
"""Matching by sound depends on a language, and R4 leaves it open which."""

UNSAID: Mapping[str, str] = {"_text": "DomainResource.text"}
"""What a parameter is about, where R4 says it in words alone."""

MISTAKEN: Mapping[tuple[str, str], Mapping[str, str]] = {
    # R4 4.0.1 gives each of the two the other's expression.
    ("DocumentReference", "relationship"): {"relatesto": "target", "relation": "code"},
}
"""By component: what a composite parameter is about, where R4's own words cannot be meant."""


@dataclass(frozen=True, slots=True, eq=False)
class ResourceType:
    """One row. ``parameters`` are what it can be searched by, by code; ``pending`` are written into the index already,
    but what was stored before is not found by them yet."""

    name: str
    interactions: frozenset[str]
    parameters: Mapping[str, SearchParameter]
    pending: Mapping[str, SearchParameter]


Parameters: TypeAlias = Mapping[str, Mapping[str, SearchParameter]]
"""By type and code."""


@dataclass(frozen=True, slots=True)
class Added:
    """What the SearchParameters that are stored add (``added.py``)."""

    searched: Parameters = field(default_factory=dict)
    pending: Parameters = field(default_factory=dict)

    @property
    def all_types(self) -> frozenset[str]:
        return frozenset(self.searched.keys() | self.pending.keys())

    def __hash__(self) -> int:
        return id(self)


_added = [Added()]


def add(added: Added) -> None:
    """From now on, in this process."""
    _added[0] = added


def added() -> Added:
    return _added[0]


@cache
def names() -> frozenset[str]:
    return frozenset(resource_types())


def resource_type(name: str) -> ResourceType:
    """Raises NotSupported for a type that R4 does not have."""
    if name not in names():
        raise NotSupported("this resource type is not one of FHIR R4's")
    return _row(name, added())


@lru_cache(maxsize=1024)
def _row(name: str, added: Added) -> ResourceType:
    known, pending = of_r4(name), added.pending.get(name, {})
    if name in added.searched:
        known = MappingProxyType(dict(sorted({**added.searched[name], **known}.items())))
    return ResourceType(name, DIFFERS.get(name, ALL), known, pending)


@cache
def of_r4(name: str) -> Mapping[str, SearchParameter]:
    """What R4 and the guides have for every server."""
    told = (_corrected(name, each) for each in search_parameters(name))
    known = {each.code: each for each in told if _is_searched(each)}
    return MappingProxyType(dict(sorted({**known, **guides.parameters(name)}.items())))


def _corrected(type: str, parameter: SearchParameter) -> SearchParameter:
    if parameter.code in UNSAID:
        return replace(parameter, expression=UNSAID[parameter.code])
    expressions = MISTAKEN.get((type, parameter.code), {})
    components = (
        replace(each, expression=expressions.get(each.code, each.expression)) for each in parameter.components
    )
    return replace(parameter, components=tuple(components)) if expressions else parameter


def _is_searched(parameter: SearchParameter) -> bool:
    return bool(parameter.expression) and parameter.type in SEARCHED and parameter.code not in NOT_SEARCHED


def permitted(name: str, interaction: str) -> ResourceType:
    """The row, if the type has the interaction at all. Raises NotSupported, MethodNotAllowed."""
    row = resource_type(name)
    if interaction not in row.interactions:
        raise MethodNotAllowed(f"{name} has no {interaction} here")
    return row


def referring(target: str) -> Mapping[str, tuple[str, ...]]:
    """By type: the parameters that find what refers to a resource of type ``target``."""
    return _referring(target, added())


@lru_cache(maxsize=512)
def _referring(target: str, _: Added) -> Mapping[str, tuple[str, ...]]:
    rows = {name: _reference_parameters(resource_type(name), target) for name in sorted(names())}
    return {name: codes for name, codes in rows.items() if codes}


def _reference_parameters(row: ResourceType, target: str) -> tuple[str, ...]:
    references = (each for each in row.parameters.values() if each.type == "reference")
    return tuple(each.code for each in references if not each.target or target in each.target)
