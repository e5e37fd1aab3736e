"""Less than the whole of a resource, where ``_summary`` or ``_elements`` asks for less.

https://hl7.org/fhir/R4/search.html#summary, https://hl7.org/fhir/R4/search.html#elements"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from mappings.fhir.json import Json, dumps, loads
from mappings.fhir.r4.tables import children, members, summary
from server.fhir.exchange import Parameters
from server.fhir.outcome import Invalid, Issue

SUMMARIES = ("true", "text", "data", "count", "false")
ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
"""What a resource is, and what changes the meaning of all the rest."""
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
"""https://hl7.org/fhir/R4/valueset-security-labels.html"""


@dataclass(frozen=True, slots=True)
class Extent:
    """``elements`` are names, or a type's name, a dot and a name."""

    summary: str = "false"
    elements: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        return not self.elements and self.summary in {"false", "count"}


@lru_cache(maxsize=256)
def extent(query: Parameters) -> Extent:
    """What a request asks to be shown. Raises Invalid."""
    wanted = [value for name, value in query if name == "_summary"]
    listed = [value for name, value in query if name == "_elements"]
    if not set(wanted) <= set(SUMMARIES) or len(wanted) > 1:
        raise Invalid(Issue(f"_summary is one of {', '.join(SUMMARIES)}", code="not-supported"))
    names = frozenset(name.strip() for each in listed for name in each.split(","))
    if listed and not all(names):
        raise Invalid("_elements is a list of elements' names")
    return Extent(wanted[0] if wanted else "false", names)


def shown(query: Parameters, body: bytes | None) -> bytes:
    """A stored body as far as it is asked for: as it is, or a part of it that says that it is one."""
    asked = extent(query)
    return body or b"" if asked.whole or not body else dumps(subset(loads(body), asked))


def subset(resource: Json, asked: Extent) -> Json:
    type = resource["resourceType"]
    part = SUBSETS[asked.summary](resource)
    if asked.elements:
        part = only(part, chosen(type, asked.elements) | mandatory(type))
    return {**part, "meta": _subsetted(resource.get("meta", {}))}


def only(value: Json, names: Container[str]) -> Json:
    """``_birthDate`` goes where ``birthDate`` goes."""
    return {name: each for name, each in value.items() if (plain := name.removeprefix("_")) in names or plain in ALWAYS}


def _subsetted(meta: Json) -> Json:
    return {**meta, "tag": [*(each for each in meta.get("tag", ()) if each != SUBSETTED), SUBSETTED]}


def _summary(resource: Json) -> Json:
    return _summarised(resource, resource["resourceType"])


def _summarised(value: Json, type: str) -> Json:
    known = summarised(type)
    return {name: _below(each, known.get(name, "")) for name, each in only(value, known).items()}


def _below(value: Any, type: str) -> Any:
    """What is of a type of its own is shown whole; what is declared where it is used, as its summary."""
    if "." not in type:
        return value
    return [_summarised(each, type) for each in value] if isinstance(value, list) else _summarised(value, type)


@cache
def summarised(type: str) -> Mapping[str, str]:
    """By their names in JSON: a type's elements that belong to its summary, or have to be there; and their types."""
    inside = summary(type.partition(".")[0])
    found = (children(type)[each.name] for each in members(type) if each.min or each.path in inside)
    return {name: path for options in found for name, path in options}


@cache
def mandatory(type: str) -> frozenset[str]:
    return frozenset(name for each in members(type) if each.min for name, _ in children(type)[each.name])


SUBSETS: Mapping[str, Callable[[Json], Json]] = {
    "true": _summary,
    "text": lambda resource: only(resource, {"text", *mandatory(resource["resourceType"])}),
    "data": lambda resource: {name: each for name, each in resource.items() if name != "text"},
    "count": lambda resource: resource,
    "false": lambda resource: resource,
}


@cache
def chosen(type: str, elements: frozenset[str]) -> frozenset[str]:
    """The names in JSON of the elements that are listed for this type; ``value`` is ``valueQuantity``, too."""
    listed = {each.removeprefix(f"{type}.") for each in elements}
    known = children(type)
    return frozenset(name for each in listed for name, _ in known.get(each, ((each, ""),)))
