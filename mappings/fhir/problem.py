"""What a checker finds wrong: where, in words that repeat no value, and R4's issue type."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

MOST = 100
"""Problems that are told of one resource; whoever reads them has enough to do."""


class Problem(NamedTuple):
    """``expression`` is FHIRPath (``Patient.name[0].family``); while it is on its way up, relative (``[0].family``).

    ``code`` is one of https://hl7.org/fhir/R4/valueset-issue-type.html"""

    expression: str
    text: str
    code: str = "structure"


Problems: TypeAlias = Sequence[Problem]
NONE: Problems = ()


def within(place: str, problems: Iterable[Problem]) -> list[Problem]:
    """The same problems, seen from one element further up."""
    return [Problem(place + expression, text, code) for expression, text, code in islice(problems, MOST)]


def one(text: str, code: str = "structure") -> Problems:
    return (Problem("", text, code),)


class Scope:
    """The resource being checked and the one that contains it, or itself: ``%resource`` and ``%rootResource``."""

    __slots__ = ("_contained", "resource", "root")

    def __init__(self, resource: dict[str, Any], root: dict[str, Any] | None = None) -> None:
        self.resource = resource
        self.root = resource if root is None else root
        self._contained: dict[str, str] | None = None

    @property
    def contained(self) -> dict[str, str]:
        """Type by id of what the container contains."""
        if self._contained is None:
            self._contained = dict(_identified(self.root.get("contained")))
        return self._contained


def _identified(contained: Any) -> Iterable[tuple[str, str]]:
    for each in contained if isinstance(contained, list) else ():
        if isinstance(each, dict) and isinstance(each.get("id"), str):
            yield each["id"], str(each.get("resourceType"))


Checker: TypeAlias = Callable[[Any, int, Scope], Problems]
"""Of a value at a depth."""
Rule: TypeAlias = Callable[[Any, Scope], Problems]
"""Of a value whose kind is known."""
