"""What FHIRPath walks on: values with their types, and the step from one to its children."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple, TypeAlias

from mappings.fhir.r4 import tables

ANY_RESOURCE = frozenset({"Resource", "DomainResource"})


class Node(NamedTuple):
    """A value with the path of its type (``Claim.item``, ``Quantity``, ``code``).

    ``beside`` is what JSON writes beside a primitive (``_birthDate``); the value is None when there is only that."""

    value: Any
    type: str
    beside: Any = None


Nodes: TypeAlias = Sequence[Node]


class Environment(NamedTuple):
    """``%context``, ``%resource``, ``%rootResource``."""

    context: Node
    resource: Node
    root: Node


class Written(NamedTuple):
    """How a child is written in JSON: its name, the name of what is beside it if it is a primitive, its type."""

    name: str
    beside: str
    type: str


@cache
def written(type: str) -> dict[str, tuple[Written, ...]]:
    """By FHIRPath's name of a child."""
    primitives = tables.primitive_types()
    return {
        name: tuple(Written(each, f"_{each}" if type in primitives else "", type) for each, type in names)
        for name, names in tables.children(type).items()
    }


def children(node: Node, name: str) -> list[Node]:
    """The children by a name; a choice's, whichever type they have."""
    parent = node.value if type(node.value) is dict else node.beside
    found: list[Node] = []
    if type(parent) is dict:
        for each in written(node.type).get(name, ()):
            if each.name in parent or (each.beside and each.beside in parent):
                _add(found, parent, each)
    return found


def all_children(node: Node) -> Iterator[Node]:
    for name in written(node.type):
        if name != "value" or node.type not in tables.primitive_types():
            yield from children(node, name)


def descendants(nodes: Nodes) -> list[Node]:
    """Everything below, nearest first."""
    found: list[Node] = []
    level = list(nodes)
    while level:
        level = [child for node in level for child in all_children(node)]
        found += level
    return found


def _add(found: list[Node], parent: dict[str, Any], child: Written) -> None:
    value, beside = parent.get(child.name), parent.get(child.beside) if child.beside else None
    if type(value) is list and beside is None:
        found.extend([Node(item, _type(child.type, item)) for item in value])
    elif type(value) is not list and type(beside) is not list:
        found.append(Node(value, _type(child.type, value), beside))
    else:
        pairs = zip_longest(value or (), beside or ())
        found.extend([Node(item, _type(child.type, item), along) for item, along in pairs])


def _type(declared: str, value: Any) -> str:
    return resource_type(value) if declared in ANY_RESOURCE else declared


def resource_type(value: Any) -> str:
    """A resource names its type itself."""
    name = value.get("resourceType") if type(value) is dict else None
    return name if type(name) is str and name in tables.resource_types() else "Resource"


@cache
def is_a(type: str, wanted: str) -> bool:
    """Whether a type is, or specialises, another. ``System.String`` and R4's own ``DateTime`` are primitives, too."""
    wanted = wanted.rpartition(".")[2]
    if type in tables.primitive_types() or type not in tables.type_names():
        wanted = wanted[0].lower() + wanted[1:]
    return wanted in (tables.base_types(type) if type in tables.type_names() else (type,))


_restful = re.compile(
    r"(?:https?://.+/)?([A-Z][A-Za-z]+)(?:/[A-Za-z0-9.-]{1,64}(?:/_history/[A-Za-z0-9.-]{1,64})?|\?.*)"
).fullmatch


def target_type(reference: str) -> str | None:
    """The type that a literal reference points at, where its text says so.

    https://hl7.org/fhir/R4/references.html#literal"""
    found = _restful(reference)
    return found[1] if found and found[1] in tables.resource_types() else None
