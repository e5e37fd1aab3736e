"""Codes and identifiers: ``code␟value␟system``. What they are called: ``code:text␟normalized␟original``. An identifier
with its type: ``code:of-type␟value␟code␟system``.

https://hl7.org/fhir/R4/search.html#token. Matches are literal and case-sensitive: of the code systems that R4 defines,
only SNOMED CT's codes are said not to be, and those are digits."""

from collections.abc import Iterator
from typing import Any

from mappings.fhir.values import identifier_types, labels, tokens
from server.fhir.search import string
from server.fhir.search.bindings import implied
from server.fhir.search.escapes import split, unescape
from server.fhir.search.kind import Asked, Kind, bounded, renamed
from server.fhir.search.terminology import above, below, members
from server.store.query import SEP, Holds, Not, OneOf, Query, equals, starts, term
from server.store.query import Any as AnyOf

TEXT, OF_TYPE = ":text", ":of-type"


def index(code: str, value: Any, type: str) -> Iterator[str]:
    """A concept without any code is still there: ``code␟␟``."""
    yield from list(coded(code, value, type)) or (term(code, "", ""),)
    if isinstance(value, dict):
        for label in labels(value, type):
            yield from string.index(code + TEXT, label, "string")
        for each in identifier_types(value, type):
            yield term(code + OF_TYPE, bounded(value["value"]), bounded(each.code), bounded(each.system))


def coded(code: str, value: Any, type: str) -> Iterator[str]:
    """The codes alone."""
    for each in tokens(value, type):
        yield term(code, bounded(each.code), bounded(each.system))


def matching(asked: Asked) -> Query:
    """``value``, ``system|value``, ``|value`` (without a system), ``system|`` (any of it)."""
    parts = [unescape(each) for each in split(asked.value, "|")]
    match parts:
        case [value]:
            return starts(term(asked.code, bounded(value), ""))
        case [system, ""] if system:
            return _of_system(asked, system)
        case [system, value] if value:
            return one_of(asked, [(value, system)])
        case _:
            raise asked.refusal("a token is code, system|code, |code or system|")


def _of_system(asked: Asked, system: str) -> Query:
    any_code = Holds(asked.code + SEP, SEP + bounded(system), ends=True)
    known = implied(asked.parameter).get(system, ())
    return AnyOf((any_code, one_of(asked, [(value, system) for value in known]))) if known else any_code


def one_of(asked: Asked, codings: list[tuple[str, str]]) -> Query:
    """Of these values and systems. A ``code`` has no system written beside it: its value set's is meant."""
    known = implied(asked.parameter)
    meant = {(value, "") for value, system in codings if value in known.get(system, ())}
    texts = sorted(term(asked.code, bounded(value), bounded(system)) for value, system in {*codings, *meant})
    return equals(texts[0]) if len(texts) == 1 else OneOf(tuple(texts))


def without(asked: Asked) -> Query:
    """``:not``. Resources that have no value at all are included, as the specification says."""
    return Not(matching(asked))


def called(asked: Asked) -> Query:
    """``:text``: what it is called starts with this."""
    return string.starting(renamed(asked, asked.code + TEXT))


def of_type(asked: Asked) -> Query:
    """``:of-type=system|code|value``."""
    match [unescape(each) for each in split(asked.value, "|")]:
        case [system, code, value] if system and code and value:
            return equals(term(asked.code + OF_TYPE, bounded(value), bounded(code), bounded(system)))
        case _:
            raise asked.refusal("an identifier of a type is system|code|value")


def inside(asked: Asked) -> Query:
    """``:in``: the codes of a value set, and, where it takes a system whole that is not known here, all of that."""
    found = members(asked)
    whole = tuple(_of_system(asked, system) for system in sorted(found.systems))
    listed = one_of(asked, sorted(found.codes)) if found.codes else OneOf(())
    return AnyOf((listed, *whole)) if whole else listed


def outside(asked: Asked) -> Query:
    return Not(inside(asked))


def subsumed(asked: Asked) -> Query:
    return one_of(asked, sorted(below(asked)))


def subsuming(asked: Asked) -> Query:
    return one_of(asked, sorted(above(asked)))


TOKEN = Kind(
    index,
    {
        "": matching,
        "not": without,
        "text": called,
        "of-type": of_type,
        "in": inside,
        "not-in": outside,
        "below": subsumed,
        "above": subsuming,
    },
)
