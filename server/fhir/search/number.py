"""Numbers: ``code␟sortable``.

https://hl7.org/fhir/R4/search.html#number"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.fhir.values import implied, numbers, sortable
from server.fhir.search.escapes import unescape
from server.fhir.search.kind import Asked, Kind
from server.fhir.search.prefix import prefixed
from server.store.query import AFTER, Between, Query, term
from server.store.query import Any as AnyOf

LONGEST = 64
NEAR = 10
"""``ap``: within a tenth of the value."""


def index(code: str, value: Any, _: str) -> Iterator[str]:
    number = numbers(value)
    if number is not None:
        yield term(code, sortable(number))


def matching(asked: Asked) -> Query:
    return compared(asked, asked.code, unescape(asked.value))


def compared(asked: Asked, code: str, text: str) -> Query:
    """The query for ``ge5.4`` over the terms ``code␟sortable``."""
    prefix, number = parsed(asked, text)
    try:
        return COMPARISONS[prefix](code, number)
    except ValueError:
        raise asked.refusal("a number is needed") from None


def parsed(asked: Asked, text: str) -> tuple[str, Decimal]:
    """The prefix and the number."""
    prefix, digits = prefixed(text)
    try:
        number = Decimal(digits) if len(digits) <= LONGEST else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise asked.refusal("a number is needed")
    return prefix, number


def between(code: str, low: Decimal, high: Decimal) -> Query:
    return Between(term(code, sortable(low)), term(code, sortable(high)))


def equal(code: str, number: Decimal) -> Query:
    """By the digits it is written with: 100 is 99.5 to 100.5."""
    return between(code, *implied(number))


def unequal(code: str, number: Decimal) -> Query:
    low, high = map(sortable, implied(number))
    return AnyOf((Between(term(code, ""), term(code, low)), Between(term(code, high), term(code, AFTER))))


def about(code: str, number: Decimal) -> Query:
    margin = abs(number) / NEAR
    return Between(term(code, sortable(number - margin)), term(code, sortable(number + margin)) + "\x00")


def more(code: str, number: Decimal) -> Query:
    return Between(term(code, sortable(number)) + "\x00", term(code, AFTER))


def less(code: str, number: Decimal) -> Query:
    return Between(term(code, ""), term(code, sortable(number)))


COMPARISONS: Mapping[str, Callable[[str, Decimal], Query]] = {
    "eq": equal,
    "ne": unequal,
    "gt": more,
    "lt": less,
    "ge": lambda code, number: Between(term(code, sortable(number)), term(code, AFTER)),
    "le": lambda code, number: Between(term(code, ""), term(code, sortable(number)) + "\x00"),
    "sa": more,
    "eb": less,
    "ap": about,
}

NUMBER = Kind(index, {"": matching})
