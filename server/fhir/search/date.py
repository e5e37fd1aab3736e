"""Dates and times: ``code<␟first␟last`` and ``code>␟last`` millisecond of the span that a value names, in UTC.

https://hl7.org/fhir/R4/search.html#date"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mappings.fhir.moments import FIRST, LAST, date_range
from mappings.fhir.values import dates
from server.fhir.search.escapes import unescape
from server.fhir.search.kind import Asked, Kind
from server.fhir.search.prefix import prefixed
from server.store.query import AFTER, Between, Query, Span, term
from server.store.query import Any as AnyOf

BEGINS, ENDS = "<", ">"
"""After the parameter's code: the term says when a value begins, or when it ends."""

NEAR = 10
"""``ap``: as near as a tenth of the time between then and now."""


def index(code: str, value: Any, type: str) -> Iterator[str]:
    if span := dates(value, type):
        yield term(code + BEGINS, *span)
        yield term(code + ENDS, span[1])


def instant_terms(code: str, at: datetime) -> tuple[str, str]:
    text = written(at)
    return term(code + BEGINS, text, text), term(code + ENDS, text)


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
    now = asked.asking.now
    if now is None:
        raise asked.refusal("ap is not supported here")
    begin, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    margin = min(abs(now - begin) / NEAR, begin - EARLIEST, LATEST - end)
    return written(begin - margin), written(end + margin)


EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


def begins_before(code: str, text: str) -> Query:
    return Between(term(code + BEGINS, ""), term(code + BEGINS, text))


def begins_after(code: str, text: str) -> Query:
    return Between(term(code + BEGINS, text, AFTER), term(code + BEGINS, AFTER))


def begins_from(code: str, text: str) -> Query:
    """Not before it."""
    return Between(term(code + BEGINS, text), term(code + BEGINS, AFTER))


def ends_before(code: str, text: str) -> Query:
    return Between(term(code + ENDS, ""), term(code + ENDS, text))


def ends_after(code: str, text: str) -> Query:
    return Between(term(code + ENDS, text) + "\x00", term(code + ENDS, AFTER))


def ends_until(code: str, text: str) -> Query:
    """Not after it."""
    return Between(term(code + ENDS, ""), term(code + ENDS, text) + "\x00")


def within(code: str, first: str, last: str) -> Query:
    """What was asked covers all of one value."""
    return Span(term(code + BEGINS, first), term(code + BEGINS, last, AFTER), FIRST, last)


def outside(code: str, first: str, last: str) -> Query:
    """What was asked does not cover all of one value."""
    return AnyOf((begins_before(code, first), ends_after(code, last)))


def overlapping(code: str, first: str, last: str) -> Query:
    return Span(term(code + BEGINS, ""), term(code + BEGINS, last, AFTER), first, LAST)


COMPARISONS: Mapping[str, Callable[[str, str, str], Query]] = {
    "eq": within,
    "ne": outside,
    "gt": lambda code, _, last: ends_after(code, last),
    "lt": lambda code, first, _: begins_before(code, first),
    # Reaching beyond what was asked, or lying within it: ending after it, or not beginning before it.
    "ge": lambda code, first, last: AnyOf((ends_after(code, last), begins_from(code, first))),
    "le": lambda code, first, last: AnyOf((begins_before(code, first), ends_until(code, last))),
    "sa": lambda code, _, last: begins_after(code, last),
    "eb": lambda code, first, _: ends_before(code, first),
    "ap": overlapping,
}
"""https://hl7.org/fhir/R4/search.html#prefix"""

DATE = Kind(index, {"": matching}, present=term(BEGINS, ""))
