"""References: ``code␟Type/id``, or the whole address of what is elsewhere; ``code:identifier␟value␟system``.

https://hl7.org/fhir/R4/search.html#reference"""

import re
from collections.abc import Iterator
from typing import Any

from mappings.fhir.values import reference
from server.fhir.exchange import ID
from server.fhir.registry import names
from server.fhir.search import token
from server.fhir.search.escapes import unescape
from server.fhir.search.kind import Asked, Kind, Question, bounded, renamed
from server.store.query import OneOf, Query, term

_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")


def index(code: str, value: Any, _: str) -> Iterator[str]:
    """Of a Reference, a canonical or a uri. What is contained is nobody else's to find; that something is there is told
    by a term without a value."""
    yield term(code, bounded(reference(value) or ""))
    if isinstance(value, str) and "|" in value:
        yield term(code, bounded(value))
    if isinstance(value, dict) and isinstance(identifier := value.get("identifier"), dict):
        yield from token.coded(f"{code}:identifier", identifier, "Identifier")


def matching(asked: Asked) -> Query:
    """``id``, ``Type/id``, an absolute address (this server's own is the relative one), a canonical."""
    return OneOf(tuple(term(asked.code, each) for each in named(asked, unescape(asked.value))))


def named(asked: Asked, value: str) -> tuple[str, ...]:
    """How a resource may write what is meant. An id alone is one of any type that the parameter leads to."""
    own = value.removeprefix(asked.base + "/")
    if ID.fullmatch(own):
        targets = asked.parameter.target or sorted(names())
        return tuple(each for type in targets for each in addresses(asked.base, type, own))
    if found := _RELATIVE.fullmatch(own):
        return addresses(asked.base, found[1], found[2])
    return (bounded(value),)


def addresses(base: str, type: str, id: str = "") -> tuple[str, ...]:
    """Resources may hold this server's own absolute address; it means the same."""
    return f"{type}/{id}", bounded(f"{base}/{type}/{id}")


def of_type(type: str) -> Question:
    """``subject:Patient=1``."""

    def question(asked: Asked) -> Query:
        own = unescape(asked.value).removeprefix(asked.base + "/").removeprefix(f"{type}/")
        if not ID.fullmatch(own):
            raise asked.refusal(f"an id of a {type} is needed")
        return OneOf(tuple(term(asked.code, each) for each in addresses(asked.base, type, own)))

    return question


def identified(asked: Asked) -> Query:
    """``:identifier``: by what the reference itself says of its target's identifier."""
    return token.matching(renamed(asked, f"{asked.code}:identifier"))


def question(modifier: str) -> Question | None:
    return of_type(modifier) if modifier in names() else None


REFERENCE = Kind(index, {"": matching, "identifier": identified})
