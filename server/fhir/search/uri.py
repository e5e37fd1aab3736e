"""Addresses and canonical names: ``code␟uri``, compared character by character.

https://hl7.org/fhir/R4/search.html#uri"""

from collections.abc import Iterator
from typing import Any

from server.fhir.search.escapes import unescape
from server.fhir.search.kind import LONGEST, Asked, Kind, bounded
from server.store.query import Any as AnyOf
from server.store.query import Query, equals, starts, term


def index(code: str, value: Any, type: str) -> Iterator[str]:
    """A canonical is found with and without its version."""
    if isinstance(value, str):
        yield term(code, bounded(value))
        if type == "canonical" and "|" in value:
            yield term(code, bounded(value.partition("|")[0]))


def matching(asked: Asked) -> Query:
    return equals(term(asked.code, bounded(unescape(asked.value))))


def below(asked: Asked) -> Query:
    """Everything that starts with it."""
    return starts(term(asked.code, unescape(asked.value)[: LONGEST - 32]))


def above(asked: Asked) -> Query:
    """Everything that it starts with, cut at its slashes."""
    uri = unescape(asked.value)
    cuts = [at for at, character in enumerate(uri) if character == "/"]
    prefixes = {uri, *(uri[:at] for at in cuts), *(uri[: at + 1] for at in cuts)}
    return AnyOf(tuple(equals(term(asked.code, bounded(each))) for each in sorted(prefixes) if each))


URI = Kind(index, {"": matching, "below": below, "above": above})
