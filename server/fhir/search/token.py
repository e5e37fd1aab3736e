"""Codes and identifiers: ``code␟value␟system``.

https://hl7.org/fhir/R4/search.html#token. Matches are literal and case-sensitive."""

from collections.abc import Iterator
from typing import Any

from mappings.fhir.values import tokens
from server.fhir.search.escapes import split, unescape
from server.fhir.search.kind import Asked, Kind, bounded
from server.store.query import SEP, Holds, Not, Query, equals, starts, term


def index(code: str, value: Any, type: str) -> Iterator[str]:
    for each in tokens(value, type):
        yield term(code, bounded(each.code), bounded(each.system))


def matching(asked: Asked) -> Query:
    """``value``, ``system|value``, ``|value`` (without a system), ``system|`` (any of it)."""
    parts = [unescape(each) for each in split(asked.value, "|")]
    match parts:
        case [value]:
            return starts(term(asked.code, bounded(value), ""))
        case [system, ""] if system:
            return Holds(asked.code + SEP, SEP + bounded(system), ends=True)
        case [system, value] if value:
            return equals(term(asked.code, bounded(value), bounded(system)))
        case _:
            raise asked.refusal("a token is code, system|code, |code or system|")


def without(asked: Asked) -> Query:
    """``:not``. Resources that have no value at all are included, as the specification says."""
    return Not(matching(asked))


TOKEN = Kind(index, {"": matching, "not": without})
