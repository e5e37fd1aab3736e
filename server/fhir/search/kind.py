"""What a search parameter type is: how values are written as terms, and what a search asks of those terms."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from mappings.fhir.r4.tables import SearchParameter
from server.fhir.outcome import Invalid
from server.store.entry import Version
from server.store.query import SEP, Query

LONGEST = 200
"""Characters of a value within a term; what is longer is cut and told apart by its digest."""


Find = Callable[[str, Query], Iterable[Version]]
"""What a query finds of a type, for the client that asks."""


@dataclass(frozen=True, slots=True)
class Asking:
    """``base`` is this server's own address, ``now`` the time of asking, if that is to matter, and ``find`` looks up
    what a question rests on, if it may rest on what is stored."""

    base: str = ""
    now: datetime | None = None
    find: Find | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One value of one parameter: ``code:modifier=value``, the value with its escapes."""

    parameter: SearchParameter
    value: str
    asking: Asking

    @property
    def code(self) -> str:
        return self.parameter.code

    @property
    def base(self) -> str:
        return self.asking.base

    def refusal(self, text: str) -> Invalid:
        """Says which parameter is wrong, and never repeats the value."""
        return Invalid(f"{self.code}: {text}")


def renamed(asked: Asked, code: str) -> Asked:
    """The same question of other terms."""
    return replace(asked, parameter=replace(asked.parameter, code=code))


Index = Callable[[str, Any, str], Iterable[str]]
"""A parameter's code, a value of its element and the value's type, to terms."""
Question = Callable[[Asked], Query]


@dataclass(frozen=True, slots=True)
class Kind:
    """``index`` gives the terms of one value; ``questions`` are by modifier, "" for none.

    Every term of a parameter that has a value starts with one of code + ``present``; its order sorts."""

    index: Index
    questions: Mapping[str, Question]
    present: str = SEP


def bounded(text: str) -> str:
    """The text itself if it is short; else its beginning and a digest of the whole."""
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST - 32] + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
