"""Where in a resource a FHIRPath leads, so that something can be changed there.

Only paths that go from element to element, and choose among them, lead to a place; what computes a value does not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TypeAlias

from mappings.fhir.json import Json
from mappings.fhir.patch.faults import BadPatch, Unfit
from mappings.fhir.path import compiled
from mappings.fhir.path_grammar import Call, Item, Literal, Name, NotFhirPath, NotPlain, Operation, Step, Tree, parse
from mappings.fhir.path_nodes import Environment, Node, is_a, resource_type, written
from mappings.fhir.path_operators import truth

COSTLY = frozenset({"matches", "replaceMatches"})
"""Regular expressions of strangers can take for ever."""

Pair: TypeAlias = tuple[Any, Any]
"""A value, and what JSON writes beside it if it is a primitive."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node, and what holds it: under which name of JSON, and as which of an array."""

    node: Node
    owner: Json
    name: str
    index: int | None = None

    @property
    def parent(self) -> Json:
        """What its children are in: of a primitive, what is beside it."""
        inside = self.node.value if isinstance(self.node.value, dict) else self.node.beside
        return inside if isinstance(inside, dict) else {}


def read(path: str) -> Tree:
    """Raises BadPatch."""
    try:
        tree = parse(path)
    except (NotFhirPath, NotPlain, RecursionError):
        raise BadPatch("path is no FHIRPath that leads to an element") from None
    return tree


def root(resource: Json) -> Place:
    return Place(Node(resource, resource_type(resource)), {}, "")


def places(tree: Tree, resource: Json) -> list[Place]:
    """Raises BadPatch."""
    match tree:
        case Name(name) if name[0].isupper():
            return [each for each in (root(resource),) if is_a(each.node.type, name)]
        case Name(name):
            return list(below(root(resource), name))
        case Step(left, Name(name)):
            return [each for place in places(left, resource) for each in below(place, name)]
        case Step(left, Call(name, arguments)) if name in CHOICES and len(arguments) == CHOICES[name][0]:
            return CHOICES[name][1](places(left, resource), arguments, resource)
        case Item(left, number):
            return places(left, resource)[number : number + 1]
        case Operation("as", left, type):
            return _of_type(places(left, resource), (type,), resource)
    raise BadPatch("path is no FHIRPath that leads to an element")


def below(place: Place, name: str) -> Iterator[Place]:
    parent = place.parent
    for child in written(place.node.type).get(name, ()):
        if isinstance(parent.get(child.name, parent.get(child.beside)), list):
            for index, (value, beside) in enumerate(pairs(parent, child.name)):
                yield Place(_node(value, child.type, beside), parent, child.name, index)
        elif child.name in parent or child.beside in parent:
            yield Place(_node(parent.get(child.name), child.type, parent.get(child.beside)), parent, child.name)


def _node(value: Any, type: str, beside: Any) -> Node:
    return Node(value, resource_type(value) if type in {"Resource", "DomainResource"} else type, beside)


def _where(found: Sequence[Place], arguments: Sequence[Tree], resource: Json) -> list[Place]:
    criteria, whole = arguments[0], root(resource).node
    if COSTLY & set(_calls(criteria)):
        raise BadPatch("path has a function that is not allowed here")
    try:
        holds = compiled(criteria)
        env = Environment(whole, whole, whole)
        return [each for each in found if truth(holds((each.node,), (each.node,), env))]
    except (NotFhirPath, NotPlain, TypeError, IndexError, ArithmeticError):
        raise BadPatch("path has a condition that cannot be decided") from None


def _calls(tree: Tree) -> Iterator[str]:
    match tree:
        case Call(name, arguments):
            yield name
            for each in arguments:
                yield from _calls(each)
        case Step(left, right) | Operation(_, left, right):
            yield from _calls(left)
            yield from _calls(right)
        case Item(left, _):
            yield from _calls(left)


def _extension(found: Sequence[Place], arguments: Sequence[Tree], _: Json) -> list[Place]:
    url = arguments[0]
    extensions = (each for place in found for each in below(place, "extension"))
    return [each for each in extensions if isinstance(url, Literal) and each.parent.get("url") == url.value]


def _of_type(found: Sequence[Place], arguments: Sequence[Tree], _: Json) -> list[Place]:
    match arguments[0]:
        case Name(name) | Step(Name("FHIR" | "System"), Name(name)):
            return [each for each in found if is_a(each.node.type, name)]
    raise BadPatch("path names no type")


CHOICES: Mapping[str, tuple[int, Callable[[Sequence[Place], Sequence[Tree], Json], list[Place]]]] = {
    "as": (1, _of_type),
    "extension": (1, _extension),
    "first": (0, lambda found, *_: list(found[:1])),
    "last": (0, lambda found, *_: list(found[-1:])),
    "ofType": (1, _of_type),
    "where": (1, _where),
}
"""Functions that choose among places, with the number of their arguments."""


def one(tree: Tree, resource: Json) -> Place:
    """Raises BadPatch; Unfit unless the path leads to exactly one element."""
    found = places(tree, resource)
    if len(found) != 1:
        raise Unfit("the path leads to nothing" if not found else "the path leads to more than one element")
    return found[0]


def pairs(owner: Json, name: str) -> list[Pair]:
    """An array with what is written beside it."""
    return list(zip_longest(owner.get(name) or (), owner.get(f"_{name}") or ()))


def set_pairs(owner: Json, name: str, items: Sequence[Pair]) -> None:
    """Both arrays, each only where it says something."""
    for key, values in ((name, [value for value, _ in items]), (f"_{name}", [beside for _, beside in items])):
        if any(each is not None for each in values):
            owner[key] = values
        else:
            owner.pop(key, None)
