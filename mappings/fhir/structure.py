"""Checkers of JSON objects and arrays: closures over dictionaries that look at a value once and tell its problems.

A sound value costs a look-up and a call for each element; words and places are made only for what is wrong. Every value
is visited once, so time is linear in the size, which whoever reads the bytes bounds.

https://hl7.org/fhir/R4/json.html"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mappings.fhir import beside
from mappings.fhir.primitives import Predicate
from mappings.fhir.problem import MOST, NONE, Checker, Problem, Problems, Rule, Scope, one, within

DEPTH = 64
"""How deep elements may lie in each other; real resources stay below 20."""

_element_name = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,63}").fullmatch


@dataclass(slots=True)
class Shape:
    """What each of a type's names in JSON leads to: a primitive's predicate or another checker."""

    type: str
    simple: dict[str, Predicate] = field(default_factory=dict)
    members: dict[str, Checker] = field(default_factory=dict)
    repeated: dict[str, Predicate] = field(default_factory=dict)
    """Of the members, those that are arrays of primitives."""
    expected: dict[str, str] = field(default_factory=dict)
    """By name: what a primitive must be, in words."""
    places: dict[str, str] = field(default_factory=dict)
    """By name: the same in FHIRPath, where that differs (``valueQuantity``)."""
    beside: Checker = lambda *_: NONE
    """Checks what goes with a primitive."""

    def place(self, name: str) -> str:
        return "." + self.places.get(name, name)

    def complaint(self, name: str, value: Any) -> Problem:
        return beside.complaint(self.place(name), value, self.expected[name])

    def nested(self, name: str, value: dict[str, Any], found: Problems) -> Iterable[Problem]:
        """What a member has found, seen from here; nulls in an array of primitives may have something beside them."""
        if name in self.repeated:
            found = beside.wrong_items(value[name], self.repeated[name], self.expected[name], value.get(f"_{name}"))
        return within(self.place(name), found)

    def other(self, name: str, value: dict[str, Any], depth: int, scope: Scope) -> Iterable[Problem]:
        """An element that has no row: what is beside a primitive, or a mistake."""
        primitive = name[1:] if name.startswith("_") else ""
        if primitive in self.simple:
            return within(self.place(primitive), beside.one_beside(self.beside, value, primitive, depth, scope))
        if primitive in self.repeated:
            return within(self.place(primitive), beside.all_beside(self.beside, value, primitive, depth, scope))
        shown = f".{name}" if _element_name(name) else ""
        return (Problem(shown, f"is not an element of {self.type}" if shown else "has an unknown element"),)


def objects(  # noqa: C901 (the hot loop stays in one piece)
    shape: Shape, rules: tuple[Rule, ...], invariants: tuple[Rule, ...]
) -> Checker:
    """The checker of a JSON object: each element by its name, rules of what must be together, and if all that is sound,
    invariants, which may then rely on it."""
    simple, members = shape.simple, shape.members

    def check(value: Any, depth: int, scope: Scope) -> Problems:  # noqa: C901 (the hot loop stays in one piece)
        # No more keys than an id: empty, or against ele-1.
        if type(value) is not dict or len(value) <= ("id" in value) or depth > DEPTH:
            return _refused(value, depth)
        problems: list[Problem] = []
        for name, child in value.items():
            if (predicate := simple.get(name)) is not None:
                try:
                    sound = predicate(child)
                except TypeError:
                    sound = False
                if not sound:
                    problems.append(shape.complaint(name, child))
            elif (member := members.get(name)) is None:
                problems += shape.other(name, value, depth + 1, scope)
            elif found := member(child, depth + 1, scope):
                problems += shape.nested(name, value, found)
        for rule in rules:
            problems += rule(value, scope)
        for rule in () if problems else invariants:
            problems += rule(value, scope)
        return problems

    return check


def _refused(value: Any, depth: int) -> Problems:
    if depth > DEPTH:
        return one(f"lies deeper than {DEPTH} elements", "too-long")
    if type(value) is dict:
        return one("must have an element beside its id" if value else "must not be an empty object")
    if value is None:
        return one("must not be null")
    return one("must not be an array" if type(value) is list else "must be an object")


def arrays(item: Checker) -> Checker:
    """The checker of an element that repeats."""

    def check(value: Any, depth: int, scope: Scope) -> Problems:
        if type(value) is not list or not value:
            return beside.not_an_array(value)
        problems: list[Problem] = []
        for index, each in enumerate(value):
            if found := item(each, depth, scope):
                problems += within(f"[{index}]", found)
                if len(problems) > MOST:
                    break
        return problems

    return check


def ruled(base: Checker, rules: tuple[Rule, ...]) -> Checker:
    """A checker with rules on top, for a value that is sound by itself."""

    def check(value: Any, depth: int, scope: Scope) -> Problems:
        found = base(value, depth, scope)
        if not found:
            for rule in rules:
                found = found or rule(value, scope)
        return found

    return check if rules else base
