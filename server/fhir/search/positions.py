"""Two whole numbers of one element, where it begins and where it ends: ``head␟000000000012␟000000000340``.

They are of one width, so that both can be asked for at once. https://hl7.org/fhir/R4/molecularsequence.html#search"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from mappings.fhir.values import implied, numbers
from server.fhir.search.kind import Asked
from server.fhir.search.number import NEAR, parsed
from server.store.query import AFTER, NOTHING, Query, Span, term

WIDTH = 12
MOST = 10**WIDTH - 1


def index(head: str, values: Sequence[Any]) -> Iterator[str]:
    begin, end = map(numbers, values)
    if begin is not None and end is not None and 0 <= begin <= MOST and 0 <= end <= MOST:
        yield term(head, written(int(begin)), written(int(end)))


def written(number: int) -> str:
    return f"{number:0{WIDTH}d}"


def matching(asked: Asked, head: str, values: Sequence[str]) -> Query:
    (begin_least, begin_most), (end_least, end_most) = (bounds(asked, each) for each in values)
    if begin_least > begin_most or end_least > end_most:
        return NOTHING
    low, high = term(head, written(begin_least)), term(head, written(begin_most), AFTER)
    return Span(low, high, written(end_least), written(end_most))


def bounds(asked: Asked, text: str) -> tuple[int, int]:
    """The least and the greatest whole number that is meant."""
    prefix, number = parsed(asked, text)
    if prefix not in BOUNDS:
        raise asked.refusal(f"{prefix} is not supported here")
    least, most = BOUNDS[prefix](max(Decimal(-1), min(number, Decimal(MOST + 1))))
    return max(0, least), min(MOST, most)


def up(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))


def down(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_FLOOR))


def equal(number: Decimal) -> tuple[int, int]:
    low, high = implied(number)
    return up(low), up(high) - 1


def about(number: Decimal) -> tuple[int, int]:
    margin = abs(number) / NEAR
    return up(number - margin), down(number + margin)


BOUNDS: Mapping[str, Callable[[Decimal], tuple[int, int]]] = {
    "eq": equal,
    "gt": lambda number: (down(number) + 1, MOST),
    "sa": lambda number: (down(number) + 1, MOST),
    "ge": lambda number: (up(number), MOST),
    "lt": lambda number: (0, up(number) - 1),
    "eb": lambda number: (0, up(number) - 1),
    "le": lambda number: (0, down(number)),
    "ap": about,
}
