"""A stored CodeSystem: its concepts, and which is below which.

https://hl7.org/fhir/R4/codesystem.html"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mappings.fhir.json import Json

UP, DOWN = "parent", "child"
"""Properties by which a concept names its neighbours. https://hl7.org/fhir/R4/codesystem.html#defined-props"""


@dataclass(frozen=True)
class CodeSystem:
    body: Json
    concepts: Mapping[str, Json] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "concepts", {each["code"]: each for _, each in self._nested()})

    @property
    def url(self) -> str:
        return str(self.body["url"])

    @property
    def complete(self) -> bool:
        return self.body.get("content") == "complete"

    def _nested(self) -> Iterator[tuple[str | None, Json]]:
        """Each concept with the one that it stands in."""
        left: list[tuple[str | None, Json]] = [(None, each) for each in reversed(self.body.get("concept", ()))]
        while left:
            above, concept = left.pop()
            yield above, concept
            left += [(concept["code"], each) for each in reversed(concept.get("concept", ()))]

    @cached_property
    def children(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for above, concept in self._nested():
            for parent in {above, *values(concept, UP)} - {None}:
                found.setdefault(str(parent), set()).add(concept["code"])
            found.setdefault(concept["code"], set()).update(values(concept, DOWN))
        return {code: frozenset(each) for code, each in found.items()}

    @cached_property
    def parents(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for parent, children in self.children.items():
            for child in children:
                found.setdefault(child, set()).add(parent)
        return {code: frozenset(each) for code, each in found.items()}

    def below(self, code: str) -> frozenset[str]:
        """The code and all that it subsumes."""
        return _reached(code, self.children)

    def above(self, code: str) -> frozenset[str]:
        """The code and all that subsume it."""
        return _reached(code, self.parents)


def values(concept: Json, property: str) -> tuple[str, ...]:
    """What a concept says of a property, as text."""
    found = (each for each in concept.get("property", ()) if each["code"] == property)
    return tuple(_text(value) for each in found for name, value in each.items() if name.startswith("value"))


def _text(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("code", ""))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reached(code: str, along: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found, left = {code}, [code]
    while left:
        more = along.get(left.pop(), frozenset()) - found
        found |= more
        left += more
    return frozenset(found)
