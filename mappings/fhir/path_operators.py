"""FHIRPath's operators over nodes, and what they have in common with its functions: equality and truth.

http://hl7.org/fhirpath/N1/#operations"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from mappings.fhir.moments import compare
from mappings.fhir.path_nodes import Node, Nodes

Operator: TypeAlias = Callable[[Nodes, Nodes], Nodes]

TRUE: Nodes = (Node(True, "boolean"),)
FALSE: Nodes = (Node(False, "boolean"),)
EMPTY: Nodes = ()


def boolean(value: object) -> Nodes:
    return TRUE if value else FALSE


def truth(nodes: Nodes) -> bool | None:
    """None is unknown. A single value that is no boolean is as good as true."""
    if not nodes:
        return None
    value = nodes[0].value
    return value if isinstance(value, bool) else True


def texts(nodes: Nodes) -> list[str]:
    """The first value if it is a text, as a list of one."""
    return [node.value for node in nodes[:1] if isinstance(node.value, str)]


def key(value: Any) -> Any:
    """What makes values equal: numbers by value, objects whatever the order of their names."""
    if isinstance(value, dict):
        return frozenset((name, key(each)) for name, each in value.items())
    if isinstance(value, list):
        return tuple(map(key, value))
    return (isinstance(value, bool), value)


def distinct(nodes: Nodes) -> list[Node]:
    seen: dict[Any, Node] = {}
    for node in nodes:
        seen.setdefault(key(node.value), node)
    return list(seen.values())


def equal(left: Nodes, right: Nodes) -> Nodes:
    if not left or not right:
        return EMPTY
    if len(left) != len(right):
        return FALSE
    return boolean(all(key(a.value) == key(b.value) for a, b in zip(left, right, strict=True)))


def unequal(left: Nodes, right: Nodes) -> Nodes:
    same = equal(left, right)
    return same and boolean(same is FALSE)


def member(left: Nodes, right: Nodes) -> Nodes:
    return boolean(key(left[0].value) in {key(node.value) for node in right}) if left else EMPTY


MOMENTS = frozenset({"date", "dateTime", "instant"})


def _amount(node: Node) -> Any:
    """What is compared of a value: of a quantity its number, if it has the same unit."""
    return node.value.get("value") if isinstance(node.value, dict) else node.value


def _unit(node: Node) -> Any:
    return (node.value.get("system"), node.value.get("code")) if isinstance(node.value, dict) else None


def ordered(holds: Callable[[Any, Any], bool]) -> Operator:
    def compared(left: Nodes, right: Nodes) -> Nodes:
        if not left or not right:
            return EMPTY
        a, b = _amount(left[0]), _amount(right[0])
        if a is None or b is None or isinstance(a, str) != isinstance(b, str) or _unit(left[0]) != _unit(right[0]):
            return EMPTY
        if left[0].type in MOMENTS and right[0].type in MOMENTS:
            order = compare(a, b)
            return EMPTY if order is None else boolean(holds(order, 0))
        return boolean(holds(a, b))

    return compared


def logical(table: Callable[[bool | None, bool | None], bool | None]) -> Operator:
    """An operator of three truths."""

    def judged(left: Nodes, right: Nodes) -> Nodes:
        known = table(truth(left), truth(right))
        return EMPTY if known is None else boolean(known)

    return judged


def and_(left: bool | None, right: bool | None) -> bool | None:
    return False if left is False or right is False else None if left is None or right is None else True


def or_(left: bool | None, right: bool | None) -> bool | None:
    return True if left or right else None if left is None or right is None else False


def xor(left: bool | None, right: bool | None) -> bool | None:
    return None if left is None or right is None else left is not right


def implies(left: bool | None, right: bool | None) -> bool | None:
    return or_(None if left is None else not left, right)


def plus(left: Nodes, right: Nodes) -> Nodes:
    if not left or not right:
        return EMPTY
    a, b = left[0].value, right[0].value
    return (Node(a + b, left[0].type),) if isinstance(a, str) == isinstance(b, str) else EMPTY


def joined(left: Nodes, right: Nodes) -> Nodes:
    """``&``: as ``+`` of strings, but an empty side is an empty string."""
    return (Node("".join(texts(left) + texts(right)), "string"),)


def union(left: Nodes, right: Nodes) -> Nodes:
    return distinct([*left, *right])


OPERATORS: Mapping[str, Operator] = {
    "implies": logical(implies),
    "or": logical(or_),
    "xor": logical(xor),
    "and": logical(and_),
    "in": member,
    "contains": lambda left, right: member(right, left),
    "=": equal,
    "!=": unequal,
    "<=": ordered(operator.le),
    ">=": ordered(operator.ge),
    "<": ordered(operator.lt),
    ">": ordered(operator.gt),
    "|": union,
    "+": plus,
    "&": joined,
}
