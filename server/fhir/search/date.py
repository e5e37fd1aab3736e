"""Dates and times: ``code<␟first`` and ``code>␟last`` millisecond of the span that a value names, in UTC.

https://hl7.org/fhir/R4/search.html#date"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mappings.fhir.moments import date_range
from mappings.fhir.values import dates
from server.fhir.search.escapes import unescape
from server.fhir.search.kind import Asked, Kind
from server.fhir.search.prefix import prefixed
from server.store.query import AFTER, All, Between, Not, Query, starts, term
from server.store.query import Any as AnyOf

BEGINS, ENDS = "<", ">"
"""After the parameter's code: the term says when a value begins, or when it ends."""

NEAR = 10
"""``ap``: as near as a tenth of the time between then and now."""


def index(code: str, value: Any, type: str) -> Iterator[str]:
    if span := dates(value, type):
        yield term(code + BEGINS, span[0])
        yield term(code + ENDS, span[1])


def instant_terms(code: str, at: datetime) -> tuple[str, str]:
    text = written(at)
    return term(code + BEGINS, text), term(code + ENDS, text)


def written(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def matching(asked: Asked) -> Query:
    prefix, text = prefixed(unescape(asked.value))
    try:
        first, last = date_range(text)
    except ValueError:
        raise asked.refusal("a date is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss[.fff]][zone]") from None
    if prefix == "ap":
        first, last = around(asked, first, last)
    return COMPARISONS[prefix](asked.code, first, last)


def around(asked: Asked, first: str, last: str) -> tuple[str, str]:
    if asked.now is None:
        raise asked.refusal("ap is not supported here")
    begin, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    margin = min(abs(asked.now - begin) / NEAR, begin - EARLIEST, LATEST - end)
    return written(begin - margin), written(end + margin)


EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


def from_(code: str, text: str) -> Query:
    """A term not before ``text``."""
    return Between(term(code, text), term(code, AFTER))


def after(code: str, text: str) -> Query:
    return Between(term(code, text) + "\x00", term(code, AFTER))


def before(code: str, text: str) -> Query:
    return Between(term(code, ""), term(code, text))


def until(code: str, text: str) -> Query:
    """A term not after ``text``."""
    return Between(term(code, ""), term(code, text) + "\x00")


def within(code: str, first: str, last: str) -> Query:
    """What was asked covers all of the value."""
    return All((Between(term(code + BEGINS, first), term(code + BEGINS, last) + "\x00"), until(code + ENDS, last)))


def outside(code: str, first: str, last: str) -> Query:
    return All((starts(term(code + BEGINS, "")), Not(within(code, first, last))))


COMPARISONS: Mapping[str, Callable[[str, str, str], Query]] = {
    "eq": within,
    "ne": outside,
    "gt": lambda code, _, last: after(code + ENDS, last),
    "lt": lambda code, first, _: before(code + BEGINS, first),
    "ge": lambda code, first, last: AnyOf((after(code + ENDS, last), within(code, first, last))),
    "le": lambda code, first, last: AnyOf((before(code + BEGINS, first), within(code, first, last))),
    "sa": lambda code, _, last: after(code + BEGINS, last),
    "eb": lambda code, first, _: before(code + ENDS, first),
    "ap": lambda code, first, last: All((until(code + BEGINS, last), from_(code + ENDS, first))),
}
"""https://hl7.org/fhir/R4/search.html#prefix"""

DATE = Kind(index, {"": matching}, present=term(BEGINS, ""))
