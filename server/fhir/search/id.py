"""The logical id: ``_id␟id``. Always case-sensitive, never with a system.

https://hl7.org/fhir/R4/search.html#id"""

from collections.abc import Iterator
from typing import Any

from server.fhir.search.escapes import unescape
from server.fhir.search.kind import Asked, Kind
from server.store.query import Query, equals, term


def index(code: str, value: Any, _: str) -> Iterator[str]:
    yield term(code, str(value))


def matching(asked: Asked) -> Query:
    return equals(term(asked.code, unescape(asked.value)))


IDENTITY = Kind(index, {"": matching})
