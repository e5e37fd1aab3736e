"""Primitives in JSON: one, an array of them, and what is written beside them as ``_name``: ids and extensions.

https://hl7.org/fhir/R4/json.html#primitive"""

from collections.abc import Iterable
from typing import Any

from mappings.fhir.primitives import Predicate
from mappings.fhir.problem import NONE, Checker, Problem, Problems, Scope, one, within

PRESENT = [{"url": "urn:present", "valueBoolean": True}]


def holds(predicate: Predicate, value: Any) -> object:
    """A predicate's answer; where it cannot compare a JSON kind at all, no."""
    try:
        return predicate(value)
    except TypeError:
        return False


def primitive(predicate: Predicate, expected: str) -> Checker:
    """The checker of one primitive, for rules to go on top of."""
    return lambda value, *_: NONE if holds(predicate, value) else (complaint("", value, expected),)


def primitives(predicate: Predicate, expected: str) -> Checker:
    """The checker of an array of primitives with nothing beside it."""

    def check(value: Any, *_: object) -> Problems:
        try:
            sound = type(value) is list and value and all(map(predicate, value))
        except TypeError:
            sound = False
        return NONE if sound else wrong_items(value, predicate, expected)

    return check


def wrong_items(items: Any, predicate: Predicate, expected: str, beside: Any = NONE) -> Problems:
    """What is wrong in an array of primitives. A null stands for an item that has only what is beside it."""
    if type(items) is not list or not items:
        return not_an_array(items)
    return [
        complaint(f"[{index}]", item, expected)
        for index, item in enumerate(items)
        if not holds(predicate, item) and not (item is None and _at(beside, index))
    ]


def complaint(place: str, value: Any, expected: str) -> Problem:
    if value is None:
        return Problem(place, "must not be null")
    if type(value) is list:
        return Problem(place, f"must not be an array, but {expected}")
    return Problem(place, f"must be {expected}", "code-invalid" if expected.startswith("a code of") else "value")


def not_an_array(value: Any) -> Problems:
    return one("must not be an empty array" if type(value) is list else "must be an array")


def _at(items: Any, index: int) -> Any:
    return items[index] if type(items) is list and index < len(items) else None


def one_beside(element: Checker, value: dict[str, Any], name: str, depth: int, scope: Scope) -> Problems:
    """What ``_name`` says of the primitive ``name``."""
    return element(_with(name in value, value[f"_{name}"]), depth, scope)


def _with(valued: bool, beside: Any) -> Any:
    """An id alone is enough where there is a value."""
    alone = valued and type(beside) is dict and beside.keys() == {"id"}
    return {**beside, "extension": PRESENT} if alone else beside


def all_beside(element: Checker, value: dict[str, Any], name: str, depth: int, scope: Scope) -> Iterable[Problem]:
    """What ``_name`` says of an array: as long as the other, null where there is nothing to say."""
    beside, items = value[f"_{name}"], value.get(name)
    if type(beside) is not list or not beside:
        return not_an_array(beside)
    if type(items) is list and len(items) != len(beside):
        return one(f"must be as long an array as _{name}")
    problems: list[Problem] = []
    for index, each in enumerate(beside):
        if each is not None:
            problems += within(f"[{index}]", element(_with(_at(items, index) is not None, each), depth, scope))
        elif _at(items, index) is None:
            problems.append(Problem(f"[{index}]", "must have a value or extensions"))
    return problems
