"""References: ``code␟Type/id``, or the whole address of what is elsewhere; ``code:identifier␟value␟system``.

https://hl7.org/fhir/R4/search.html#reference"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mappings.fhir.values import reference
from server.fhir.registry import names
from server.fhir.search import token
from server.fhir.search.escapes import unescape
from server.fhir.search.kind import Asked, Kind, Question, bounded
from server.store.query import SEP, Holds, Query, equals, term
from server.store.query import Any as AnyOf

FEW = 8
"""Types of target that are asked for one by one."""

_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def index(code: str, value: Any, _: str) -> Iterator[str]:
    """Of a Reference, a canonical or a uri. What is contained is nobody else's to find."""
    if target := reference(value):
        yield term(code, bounded(target))
    if isinstance(value, str) and "|" in value:
        yield term(code, bounded(value))
    if isinstance(value, dict) and isinstance(identifier := value.get("identifier"), dict):
        yield from token.index(f"{code}:identifier", identifier, "Identifier")


def matching(asked: Asked) -> Query:
    """``id``, ``Type/id``, an absolute address (this server's own is the relative one), a canonical."""
    value = unescape(asked.value)
    own = value.removeprefix(asked.base + "/")
    if _ID.fullmatch(own):
        return _of_any_type(asked, own)
    if found := _RELATIVE.fullmatch(own):
        return _at(asked, found[1], found[2])
    return equals(term(asked.code, bounded(value)))


def _of_any_type(asked: Asked, id: str) -> Query:
    targets = asked.parameter.target
    if 0 < len(targets) <= FEW:
        return AnyOf(tuple(_at(asked, each, id) for each in targets))
    return Holds(asked.code + SEP, f"/{id}", ends=True)


def _at(asked: Asked, type: str, id: str) -> Query:
    """Resources may hold this server's own absolute address; it means the same."""
    written = (f"{type}/{id}", bounded(f"{asked.base}/{type}/{id}"))
    return AnyOf(tuple(equals(term(asked.code, each)) for each in written))


def of_type(type: str) -> Question:
    """``subject:Patient=1``."""

    def question(asked: Asked) -> Query:
        own = unescape(asked.value).removeprefix(asked.base + "/").removeprefix(f"{type}/")
        if not _ID.fullmatch(own):
            raise asked.refusal(f"an id of a {type} is needed")
        return _at(asked, type, own)

    return question


def identified(asked: Asked) -> Query:
    """``:identifier``: by what the reference itself says of its target's identifier."""
    return token.matching(replace(asked, parameter=replace(asked.parameter, code=f"{asked.code}:identifier")))


def question(modifier: str) -> Question | None:
    return of_type(modifier) if modifier in names() else None


REFERENCE = Kind(index, {"": matching, "identifier": identified})
