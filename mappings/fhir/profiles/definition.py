"""A profile's snapshot as a tree: elements with their children and their slices.

https://hl7.org/fhir/R4/elementdefinition.html"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mappings.fhir.json import Json
from mappings.fhir.r4 import tables
from mappings.fhir.r4.tables import UNBOUNDED, Invariant

ABSENT = object()
ELEMENTS = 20_000
DEPTH = 40


class BadProfile(ValueError):
    """A StructureDefinition that cannot be applied; the text says why."""


class TypeOf(NamedTuple):
    """A type an element may have, the profiles of it (one must be met), and the profiles a reference may point at."""

    code: str
    profiles: tuple[str, ...]
    targets: tuple[str, ...]


class Discriminator(NamedTuple):
    """https://hl7.org/fhir/R4/profiling.html#discriminator"""

    type: str
    path: str


@dataclass(slots=True)
class Definition:
    """One element. ``binding`` is its strength and value set; ``fixed`` and ``pattern`` are ABSENT where none is."""

    name: str
    choice: bool = False
    min: int = 0
    max: float = float("inf")
    types: tuple[TypeOf, ...] = ()
    fixed: Any = ABSENT
    pattern: Any = ABSENT
    binding: tuple[str, str] = ("", "")
    length: float = float("inf")
    content: str = ""
    invariants: tuple[Invariant, ...] = ()
    discriminators: tuple[Discriminator, ...] = ()
    closed: bool = False
    children: dict[str, "Definition"] = field(default_factory=dict)
    slices: dict[str, "Definition"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    url: str
    type: str
    root: Definition


def profile(resource: Json) -> Profile:
    """Of a StructureDefinition that was checked as a resource. Raises BadProfile."""
    elements = resource.get("snapshot", {}).get("element", ())
    if not elements:
        raise BadProfile("the profile has no snapshot")
    if len(elements) > ELEMENTS:
        raise BadProfile("the profile has too many elements")
    root = _definition(resource["type"], elements[0])
    for each in elements[1:]:
        _place(root, each)
    _repeat(root, root, 0)
    return Profile(resource["url"], resource["type"], root)


def _place(root: Definition, element: Json) -> None:
    """``Patient.extension:race.url`` is the child ``url`` of the slice ``race`` of the child ``extension``."""
    *above, (name, slice_name) = _steps(element)
    parent: Definition | None = root
    for step in above:
        parent = _below(parent, *step)
    if parent is None:  # a slice of a slice: what it adds is not asked
        return
    made = _definition(name, element)
    if slice_name and name in parent.children:
        parent.children[name].slices[slice_name] = made
    elif not slice_name:
        parent.children[name] = made


def _steps(element: Json) -> list[tuple[str, str]]:
    steps = str(element.get("id", element["path"])).split(".")[1:]
    if not 0 < len(steps) < DEPTH:
        raise BadProfile("an element has no place in its profile")
    parts = (step.partition(":") for step in steps)
    return [(name.removesuffix("[x]"), slice_name) for name, _, slice_name in parts]


def _below(parent: Definition | None, name: str, slice_name: str) -> Definition | None:
    child = parent.children.get(name) if parent else None
    return child.slices.get(slice_name) if child and slice_name else child


def _repeat(root: Definition, definition: Definition, depth: int) -> None:
    """An element that repeats another one has its children."""
    for each in (*definition.children.values(), *definition.slices.values()) if depth < DEPTH else ():
        if each.content and not each.children:
            each.children = _at(root, each.content)
        elif not each.content:
            _repeat(root, each, depth + 1)


def _at(root: Definition, content: str) -> dict[str, Definition]:
    found: Definition | None = root
    for name in content.split(".")[1:]:
        found = found.children.get(name) if found else None
    return found.children if found else {}


def _definition(name: str, element: Json) -> Definition:
    slicing, binding = element.get("slicing", {}), element.get("binding", {})
    most = element.get("max", UNBOUNDED)
    return Definition(
        name=name,
        choice=str(element["path"]).endswith("[x]"),
        min=element.get("min", 0),
        max=float("inf") if most == UNBOUNDED else int(most),
        types=tuple(map(_type, element.get("type", ()))),
        fixed=_valued(element, "fixed"),
        pattern=_valued(element, "pattern"),
        binding=(binding.get("strength", ""), canonical(binding.get("valueSet", ""))),
        length=element.get("maxLength", float("inf")),
        content=element.get("contentReference", "").rpartition("#")[2],
        invariants=tuple(_invariants(element)),
        discriminators=tuple(Discriminator(each["type"], each["path"]) for each in slicing.get("discriminator", ())),
        closed=slicing.get("rules") == "closed",
    )


def _type(declared: Json) -> TypeOf:
    profiles, targets = (tuple(map(canonical, declared.get(name, ()))) for name in ("profile", "targetProfile"))
    return TypeOf(declared["code"], profiles, targets)


def canonical(url: str) -> str:
    """Without a version: what is loaded is what counts."""
    return url.partition("|")[0]


def _valued(element: Mapping[str, Any], prefix: str) -> Any:
    return next((value for name, value in element.items() if name.startswith(prefix)), ABSENT)


def _invariants(element: Json) -> Iterator[Invariant]:
    """Those that R4 does not have itself, which were checked before."""
    for each in element.get("constraint", ()):
        if each["key"] not in tables.invariant_keys() and "expression" in each:
            yield Invariant(each["key"], each["severity"], each["expression"])
