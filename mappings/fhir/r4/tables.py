"""What R4 (hl7.fhir.r4.core 4.0.1, CC0) defines: the tables that generate.py writes, each read when first asked for.

A type is named by its path: ``Claim``, ``HumanName``, and for what is nested in it ``Claim.item``."""

import gzip
import json
from collections.abc import KeysView, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

UNBOUNDED = "*"
NESTED = frozenset({"BackboneElement", "Element"})
"""Types whose elements are declared where they are used."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type an element may have; ``profiles`` are what a reference may point at, or narrow the type itself."""

    code: str
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule in FHIRPath. https://hl7.org/fhir/R4/conformance-rules.html#constraints"""

    key: str
    severity: str
    expression: str


@dataclass(frozen=True, slots=True)
class Element:
    """``path`` is below the structure; ``binding`` is a required value set; ``content`` the type path it repeats."""

    path: str
    min: int
    max: str
    types: tuple[Type, ...]
    binding: str = ""
    content: str = ""
    invariants: tuple[Invariant, ...] = ()

    @property
    def name(self) -> str:
        """Its own name, without ``[x]``."""
        return self.path.rpartition(".")[2].removesuffix("[x]")

    @property
    def choice(self) -> bool:
        return self.path.endswith("[x]")

    def names(self) -> tuple[tuple[str, Type], ...]:
        """What it is called in JSON, by type: https://hl7.org/fhir/R4/formats.html#choice"""
        if not self.choice:
            return tuple((self.name, each) for each in self.types)
        return tuple((self.name + each.code[0].upper() + each.code[1:], each) for each in self.types)


@dataclass(frozen=True, slots=True)
class Structure:
    """A resource type, data type or primitive type."""

    name: str
    kind: str
    abstract: bool
    base: str
    invariants: tuple[Invariant, ...]
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a composite parameter; its expression starts at what the composite's own expression finds."""

    code: str
    type: str
    expression: str


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """https://hl7.org/fhir/R4/searchparameter.html; ``expression`` is empty where R4 gives none (``_text``)."""

    code: str
    type: str
    expression: str
    target: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()


@cache
def _table(name: str) -> Any:
    return json.loads(gzip.decompress((files(__package__) / f"{name}.json.gz").read_bytes()))


@cache
def resource_types() -> KeysView[str]:
    """The types that a resource can have, sorted."""
    types = _table("structures")["types"].items()
    return dict.fromkeys(name for name, row in types if row["kind"] == "resource" and not row["abstract"]).keys()


@cache
def type_names() -> frozenset[str]:
    """Every type: of resources, of data, primitive, abstract."""
    return frozenset(_table("structures")["types"])


@cache
def primitive_types() -> frozenset[str]:
    return frozenset(name for name, row in _table("structures")["types"].items() if row["kind"] == "primitive-type")


@cache
def structure(name: str) -> Structure:
    """Raises KeyError for a type that R4 does not have."""
    row = _table("structures")["types"][name]
    return Structure(
        name=name,
        kind=row["kind"],
        abstract=row["abstract"],
        base=row["base"],
        invariants=_invariants(row["invariants"]),
        elements=tuple(_element(each) for each in row["elements"]),
    )


def _element(row: list[Any]) -> Element:
    path, least, most, types, binding, content, invariants = row
    declared = tuple(Type(code, tuple(profiles)) for code, *profiles in types)
    return Element(path, least, most, declared, binding, content, _invariants(invariants))


def _invariants(numbers: list[int]) -> tuple[Invariant, ...]:
    stored = _table("structures")["invariants"]
    return tuple(Invariant(*stored[number]) for number in numbers)


@cache
def invariant_keys() -> frozenset[str]:
    return frozenset(key for key, *_ in _table("structures")["invariants"])


@cache
def members(type: str) -> tuple[Element, ...]:
    """The elements directly below a type, or below one that is nested in it: ``Claim``, ``Claim.item``."""
    root, _, below = type.partition(".")
    prefix = f"{below}." if below else ""
    return tuple(
        each
        for each in structure(root).elements
        if each.path.startswith(prefix) and "." not in each.path[len(prefix) :]
    )


@cache
def summary(type: str) -> frozenset[str]:
    """Of a resource type: the paths of the elements that its summary has."""
    return frozenset(_table("summaries")[type])


@cache
def children(type: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """By the name that FHIRPath uses: the names it may have in JSON, each with the path of its type."""
    return {
        element.name: tuple((name, type_path(type, element, declared)) for name, declared in _declared(element))
        for element in members(type)
    }


def _declared(element: Element) -> tuple[tuple[str, Type], ...]:
    return ((element.name, Type(element.content)),) if element.content else element.names()


def type_path(owner: str, element: Element, declared: Type) -> str:
    """Where the elements of an element's type are found."""
    if element.content:
        return element.content
    return f"{owner}.{element.name}" if declared.code in NESTED else declared.code


@cache
def base_types(type: str) -> tuple[str, ...]:
    """A type and what it specialises, upwards: ``Claim``, ``DomainResource``, ``Resource``."""
    found = [type]
    while base := structure(found[-1]).base:
        found.append(base)
    return tuple(found)


@cache
def value_set(url: str) -> Mapping[str, frozenset[str]] | None:
    """Codes by system; None for a value set that the package cannot expand (UCUM, MIME types, LOINC, currencies)."""
    systems = _table("codes").get(url)
    return None if systems is None else {system: frozenset(codes) for system, codes in systems.items()}


@cache
def code_systems() -> tuple[str, ...]:
    """The code systems that R4 has or names in its value sets, by URL."""
    return tuple(_table("code_systems"))


@cache
def search_parameters(type: str) -> tuple[SearchParameter, ...]:
    """What a resource type can be searched by, also as a resource at all; one for each code, sorted by it."""
    rows = {row[0]: row for base in reversed(base_types(type)) for row in reversed(_parameter_rows(base))}
    return tuple(_search_parameter(*row) for _, row in sorted(rows.items()))


def _parameter_rows(base: str) -> list[list[Any]]:
    rows: list[list[Any]] = _table("search_parameters").get(base, [])
    return rows


def _search_parameter(
    code: str, type: str, expression: str, target: list[str], components: list[list[str]]
) -> SearchParameter:
    return SearchParameter(code, type, expression, tuple(target), tuple(Component(*each) for each in components))


@cache
def compartment(name: str) -> Mapping[str, tuple[str, ...]]:
    """By resource type: the reference parameters that put a resource in somebody's compartment.

    https://hl7.org/fhir/R4/compartmentdefinition.html"""
    return {type: tuple(params) for type, params in _table("compartments")[name].items()}
