"""Whether a resource is what R4 says it is: structure, cardinality, values, codes, references, invariants, narrative.

The rows of a type are compiled into a checker when it is first used, with all that it leads to, and then published at
once, so that threads may share it. A profile is a StructureDefinition as a type is: rows, compiled the same way."""

from collections.abc import Mapping
from typing import Any

from mappings.fhir import invariants, narrative, rules, schema, stated
from mappings.fhir.beside import primitive, primitives
from mappings.fhir.path_nodes import ANY_RESOURCE, resource_type
from mappings.fhir.primitives import PRIMITIVES, Predicate
from mappings.fhir.problem import MOST, NONE, Checker, Problem, Problems, Rule, Scope, one, within
from mappings.fhir.r4 import tables
from mappings.fhir.r4.tables import NESTED, UNBOUNDED, Element, Type
from mappings.fhir.structure import DEPTH, Shape, arrays, objects, ruled

UNKNOWN = one("must have the resourceType of an R4 resource")

_published: dict[str, Checker] = {}


def check(resource: Any) -> list[Problem]:
    """What is wrong with a resource, most of it first; an empty list when it conforms. Takes any JSON value."""
    if schema.ordinary(resource):
        return []
    return within(resource_type(resource), _standing_alone(resource, 0))[:MOST]


def _resource(value: dict[str, Any], depth: int, scope: Scope) -> Problems:
    name = resource_type(value)
    return checker(name)(value, depth, scope) if name in tables.resource_types() else UNKNOWN


def _standing_alone(value: Any, depth: int, _: Scope | None = None) -> Problems:
    """A resource with a scope of its own, as in an entry of a Bundle."""
    if 0 < depth <= DEPTH - schema.DEPTH and schema.ordinary(value):
        return NONE
    return _resource(value, depth, Scope(value)) if type(value) is dict else one("must be an object")


def _contained(value: Any, depth: int, scope: Scope) -> Problems:
    return _resource(value, depth, Scope(value, scope.root)) if type(value) is dict else one("must be an object")


def checker(type: str) -> Checker:
    """The checker of a type, named by its path (``Claim``, ``HumanName``)."""
    found = _published.get(type)
    if found is None:
        compiler = Compiler(_published)
        found = compiler.checker(type)
        _published.update(compiler.made)
    return found


class Compiler:
    """Compiles a type and what it leads to. Types lead to each other in circles, so a checker is noted before its
    members are filled in."""

    def __init__(self, known: Mapping[str, Checker]) -> None:
        self.made: dict[str, Checker] = {}
        self._known = known

    def checker(self, type: str) -> Checker:
        found = self._known.get(type) or self.made.get(type)
        if found is None:
            shape = Shape(type)
            self.made[type] = found = objects(shape, self._rules(type), _invariants(type))
            self._fill(shape)
        return found

    def _rules(self, type: str) -> tuple[Rule, ...]:
        elements = tables.members(type)
        needed = {each.name: each.name for each in elements if each.min and not each.choice}
        together = [
            rules.choice(each.name, frozenset(name for name, _ in each.names()), each.min)
            for each in elements
            if each.choice
        ]
        return ((rules.required(needed),) if needed else ()) + tuple(together)

    def _fill(self, shape: Shape) -> None:
        if shape.type in tables.resource_types():
            shape.simple["resourceType"] = frozenset({shape.type}).__contains__
            shape.expected["resourceType"] = shape.type
        for element in tables.members(shape.type):
            if element.max != "0":
                self._add(shape, element)
        shape.beside = self.checker("Element")

    def _add(self, shape: Shape, element: Element) -> None:
        if element.content:
            _add_member(shape, element, element.name, self.checker(element.content))
        for name, declared in element.names():
            if element.choice:
                shape.places[name] = f"{element.name}.ofType({declared.code})"
            if declared.code in PRIMITIVES:
                self._add_primitive(shape, element, name, declared)
            else:
                _add_member(shape, element, name, self._complex(shape.type, element, declared))

    @staticmethod
    def _add_primitive(shape: Shape, element: Element, name: str, declared: Type) -> None:
        lexical = stated.STRICTER.get(f"{shape.type}.{name}") or PRIMITIVES[declared.code]
        predicate, expected = _bound(element, *lexical)
        shape.expected[name] = expected
        if own := invariants.rules(element.invariants, declared.code):
            shape.members[name] = ruled(primitive(predicate, expected), own)
        elif element.max == UNBOUNDED:
            shape.repeated[name] = predicate
            shape.members[name] = primitives(predicate, expected)
        else:
            shape.simple[name] = predicate

    def _complex(self, owner: str, element: Element, declared: Type) -> Checker:
        code = declared.code
        if code == "xhtml":
            return _xhtml
        if code in ANY_RESOURCE:
            return _contained if element.name == "contained" else _standing_alone
        if code in NESTED:
            return self.checker(tables.type_path(owner, element, declared))
        own = invariants.rules(element.invariants, code) + rules.codes(element)
        if code == "Reference":
            return ruled(self.checker(code), own + _targets(declared))
        if code == "Extension" and owner != "Extension":
            return ruled(self.checker(code), (*own, stated.absolute_url))
        return ruled(self.checker(declared.profiles[0] if declared.profiles else code), own)


def _add_member(shape: Shape, element: Element, name: str, item: Checker) -> None:
    shape.members[name] = arrays(item) if element.max == UNBOUNDED else item


def _invariants(type: str) -> tuple[Rule, ...]:
    return invariants.rules(invariants.of(type), type) + stated.RULES.get(type, ())


def _bound(element: Element, predicate: Predicate, expected: str) -> tuple[Predicate, str]:
    """A code of a value set is looked up in it; where R4's package cannot expand it, it is a code like any."""
    systems = tables.value_set(element.binding)
    if systems is None:
        return predicate, expected
    codes = frozenset[str]().union(*systems.values())
    return codes.__contains__, f"a code of {element.binding.rpartition('/')[2]}"


def _targets(declared: Type) -> tuple[Rule, ...]:
    anything = not declared.profiles or "Resource" in declared.profiles
    return () if anything else (rules.reference(declared.profiles),)


def _xhtml(value: Any, *_: object) -> Problems:
    fault = narrative.fault(value) if type(value) is str else "must be a text"
    return one(fault, "value") if fault else NONE
