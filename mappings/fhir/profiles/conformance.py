"""Whether a resource that is sound in R4 is what a profile demands.

https://hl7.org/fhir/R4/profiling.html, https://hl7.org/fhir/R4/profiling.html#slicing"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from mappings.fhir import path
from mappings.fhir.path_grammar import NotFhirPath
from mappings.fhir.path_nodes import Node, children, is_a, resource_type, target_type
from mappings.fhir.path_operators import key, truth
from mappings.fhir.problem import MOST, Problem
from mappings.fhir.profiles.definition import ABSENT, Definition, Discriminator, Profile, TypeOf
from mappings.fhir.profiles.discriminators import at, has_pattern, says_something
from mappings.fhir.profiles.value_sets import Find, contains
from mappings.fhir.r4 import tables

Load: TypeAlias = Callable[[str], Profile | None]
"""A profile by its URL; None when it is not here."""

R4 = "http://hl7.org/fhir/StructureDefinition/"
DEPTH = 32
STEPS = 200_000
"""Elements looked at for one resource, over all profiles that lead to each other."""


class Verdict(NamedTuple):
    errors: Sequence[Problem]
    warnings: Sequence[Problem]


def conformance(resource: Any, profile: Profile, load: Load, find: Find, place: str = "") -> Verdict:
    """Of a resource that ``check`` finds nothing wrong with; ``place`` is where it stands, if within another."""
    asked = _Conformance(resource, load, find)
    type = resource_type(resource)
    if type != profile.type:
        return Verdict([Problem(place or type, f"must be a {profile.type}", "value")], [])
    asked.element(Node(resource, type), profile.root, place or type)
    return Verdict(asked.errors[:MOST], asked.warnings[:MOST])


class _Conformance:
    """One resource before one profile. Within a Bundle, each resource is one of its own."""

    def __init__(self, resource: Any, load: Load, find: Find, depth: int = 0) -> None:
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self._resource = resource
        self._load = load
        self._find = find
        self._depth = depth
        self._steps = 0

    def element(self, node: Node, definition: Definition, place: str) -> None:
        """The element itself, then what is in it."""
        self._steps += 1
        if self._steps > STEPS:
            self._wrong(place, "takes too long to compare with the profile", "too-costly")
            return
        self._value(node, definition, place)
        for child in definition.children.values() if self._steps <= STEPS else ():
            self._members(node, child, place)

    def _members(self, node: Node, child: Definition, above: str) -> None:
        found = _placed(node, child, above)
        self._count(len(found), child, f"{above}.{child.name}")
        for place, each in found:
            self.element(each, child, place)
        if child.slices:
            self._sliced(found, child, f"{above}.{child.name}")

    def _count(self, count: int, definition: Definition, place: str, of: str = "") -> None:
        if count < definition.min:
            self._wrong(
                place,
                f"{of}is required" if definition.min == 1 else f"{of}must be there {definition.min} times",
                "required",
            )
        elif count > definition.max:
            self._wrong(
                place,
                f"{of}must not be there" if not definition.max else f"{of}must be there {definition.max} times at most",
            )

    def _sliced(self, found: Sequence[tuple[str, Node]], child: Definition, above: str) -> None:
        """Each value belongs to the first slice whose discriminators it meets."""
        taken: dict[str, list[tuple[str, Node]]] = {name: [] for name in child.slices}
        for place, each in found:
            name = next((name for name, slice_ in child.slices.items() if self._is_of(each, slice_, child)), None)
            if name is not None:
                taken[name].append((place, each))
            elif child.closed:
                self._wrong(place, "is none of the slices that the profile has")
        for name, members in taken.items():
            self._count(len(members), child.slices[name], above, f"slice {name} ")
            for place, each in members:
                self.element(each, child.slices[name], place)

    def _is_of(self, node: Node, slice_: Definition, sliced: Definition) -> bool:
        return bool(sliced.discriminators) and all(self._meets(node, slice_, each) for each in sliced.discriminators)

    def _meets(self, node: Node, slice_: Definition, discriminator: Discriminator) -> bool:
        nodes, definition = at(node, slice_, discriminator.path)
        if discriminator.path == "url" and (definition is None or definition.fixed is ABSENT):
            return any(each.value in _urls(slice_) for each in nodes)
        if definition is None:
            return False
        match discriminator.type:
            case "exists":
                return bool(nodes) == bool(definition.min)
            case "type":
                return any(_has_type(each, definition.types) for each in nodes)
            case "profile":
                return any(not self._against(each, definition, "").errors for each in nodes)
        return any(self._is_meant(each, definition) for each in nodes)

    def _is_meant(self, node: Node, definition: Definition) -> bool:
        """By what is fixed at the discriminator's path, there or below it."""
        if definition.fixed is not ABSENT:
            return bool(key(node.value) == key(definition.fixed))
        if definition.pattern is not ABSENT:
            return has_pattern(node.value, definition.pattern)
        if definition.binding[0] == "required":
            return self._coded(node, definition.binding[1]) is True
        fixed = [each for each in definition.children.values() if says_something(each)]
        return bool(fixed) and all(
            any(self._is_meant(found, each) for found in children(node, each.name)) for each in fixed
        )

    def _value(self, node: Node, definition: Definition, place: str) -> None:
        if definition.choice and definition.types and not _has_type(node, definition.types):
            self._wrong(place, f"must be a {' or '.join(each.code for each in definition.types)}", "value")
        if definition.fixed is not ABSENT and key(node.value) != key(definition.fixed):
            self._wrong(place, "must be the value that the profile fixes", "value")
        if definition.pattern is not ABSENT and not has_pattern(node.value, definition.pattern):
            self._wrong(place, "must have what the profile fixes", "value")
        if isinstance(node.value, str) and len(node.value) > definition.length:
            self._wrong(place, f"must have {definition.length} characters at most", "too-long")
        self._bound(node, definition, place)
        self._targets(node, definition, place)
        self._invariants(node, definition, place)
        self._profiles(node, definition, place)

    def _bound(self, node: Node, definition: Definition, place: str) -> None:
        strength, url = definition.binding
        if strength not in ("required", "extensible") or self._coded(node, url) is not False:
            return
        found = Problem(
            place,
            f"must have a code of {url}" if strength == "required" else f"should have a code of {url}",
            "code-invalid",
        )
        if strength == "required":
            self.errors.append(found)
        elif _codes(node):
            self.warnings.append(found)

    def _coded(self, node: Node, url: str) -> bool | None:
        """Whether one of the codes is of a value set; None where the code systems at hand do not tell."""
        if node.value is None:
            return None
        known = [contains(self._find, url, system, code) for system, code in _codes(node)]
        return True if True in known else None if None in known else False

    def _targets(self, node: Node, definition: Definition, place: str) -> None:
        targets = [url for each in definition.types if each.code == "Reference" for url in each.targets]
        text = node.value.get("reference") if node.type == "Reference" and isinstance(node.value, dict) else None
        pointed = target_type(text) if isinstance(text, str) else None
        allowed = {self._type_of(url) for url in targets}
        if pointed and allowed and not allowed & {pointed, "Resource", None}:
            self._wrong(place, f"must refer to {' or '.join(sorted(map(str, allowed)))}", "value")

    def _type_of(self, url: str) -> str | None:
        name = url.removeprefix(R4)
        if name in tables.type_names():
            return name
        known = self._load(url)
        return known.type if known else None

    def _invariants(self, node: Node, definition: Definition, place: str) -> None:
        for each in definition.invariants:
            problem = Problem(place, f"breaks {each.key}: {each.expression}", "invariant")
            try:
                holds = truth(path.compile(each.expression).at(node, self._resource, self._resource))
            except NotFhirPath:
                self.warnings.append(Problem(place, f"{each.key} was not evaluated", "not-supported"))
                continue
            if holds is not True:
                (self.errors if each.severity == "error" else self.warnings).append(problem)

    def _profiles(self, node: Node, definition: Definition, place: str) -> None:
        """One of the profiles of its type is met."""
        verdict = self._against(node, definition, place)
        self.errors.extend(verdict.errors)
        self.warnings.extend(verdict.warnings)

    def _against(self, node: Node, definition: Definition, place: str) -> Verdict:
        urls = [url for each in definition.types if _has_type(node, (each,)) for url in each.profiles]
        known = [found for url in urls if (found := self._load(url))]
        if len(known) < len(urls) or not urls:
            return Verdict([], [])
        if self._depth > DEPTH:
            return Verdict([Problem(place, "takes too many profiles to compare", "too-costly")], [])
        verdicts = [self._by(node, each, place) for each in known]
        return min(verdicts, key=lambda each: len(each.errors))

    def _by(self, node: Node, profile: Profile, place: str) -> Verdict:
        resource = node.value if node.type in tables.resource_types() else self._resource
        inner = _Conformance(resource, self._load, self._find, self._depth + 1)
        inner._steps = self._steps
        if is_a(node.type, profile.type):
            inner.element(node, profile.root, place)
        else:
            inner._wrong(place, f"must be a {profile.type}", "value")
        self._steps = inner._steps
        return Verdict(inner.errors, inner.warnings)

    def _wrong(self, place: str, text: str, code: str = "structure") -> None:
        self.errors.append(Problem(place, text, code))


def _placed(node: Node, child: Definition, above: str) -> list[tuple[str, Node]]:
    """The children by a name, each with its place as ``check`` tells places."""
    found = children(node, child.name)
    parent = node.value if isinstance(node.value, dict) else node.beside
    repeated = isinstance(parent, dict) and isinstance(parent.get(child.name, parent.get(f"_{child.name}")), list)
    if repeated:
        return [(f"{above}.{child.name}[{index}]", each) for index, each in enumerate(found)]
    return [(f"{above}.{child.name}{f'.ofType({each.type})' if child.choice else ''}", each) for each in found]


def _urls(definition: Definition) -> set[str]:
    """An extension's profile has the extension's own URL."""
    return {url for each in definition.types for url in each.profiles}


def _has_type(node: Node, types: Iterable[TypeOf]) -> bool:
    return any(is_a(node.type, each.code.rpartition("/")[2]) for each in types)


def _codes(node: Node) -> list[tuple[str | None, str]]:
    value = node.value
    if isinstance(value, str):
        return [(None, value)]
    codings = value.get("coding", [value]) if isinstance(value, dict) else []
    return [(each.get("system", ""), each["code"]) for each in codings if "code" in each]
