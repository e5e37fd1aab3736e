"""Names, addresses, text: ``code␟normalized␟original``, so that a prefix is found whatever its case and accents.

https://hl7.org/fhir/R4/search.html#string"""

from collections.abc import Iterator
from typing import Any

from mappings.fhir.values import normalized, strings
from server.fhir.search.escapes import unescape
from server.fhir.search.kind import LONGEST, Asked, Kind, bounded
from server.store.query import SEP, Holds, Query, equals, starts, term


def index(code: str, value: Any, type: str) -> Iterator[str]:
    """A name without any text is still there: ``code␟␟``."""
    for each in list(strings(value, type)) or [""]:
        yield term(code, bounded(normalized(each)), bounded(each))


def starting(asked: Asked) -> Query:
    return starts(term(asked.code, normalized(unescape(asked.value))[: LONGEST - 32]))


def exactly(asked: Asked) -> Query:
    value = unescape(asked.value)
    return equals(term(asked.code, bounded(normalized(value)), bounded(value)))


def containing(asked: Asked) -> Query:
    return Holds(asked.code + SEP, normalized(unescape(asked.value))[: LONGEST - 32])


STRING = Kind(index, {"": starting, "exact": exactly, "contains": containing})
