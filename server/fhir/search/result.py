"""The parameters of a search that say how its result is given.

https://hl7.org/fhir/R4/search.html#return"""

import re
from collections.abc import Iterable, Mapping

from server.fhir.outcome import Invalid, Issue
from server.fhir.registry import ResourceType
from server.fhir.search.kinds import kind
from server.store.query import Sort

MAX_COUNT = 1000
DEFAULT_COUNT = 50

RESULT = frozenset({"_sort", "_count", "_total", "_summary", "_elements", "_page"})
TOTALS: Mapping[str, bool] = {"none": False, "estimate": True, "accurate": True}

_PRINTABLE = re.compile(r"[\w:.\-]{1,64}")


def single(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for code, value in pairs:
        if code in found:
            raise Invalid(f"{code} is given twice")
        found[code] = value
    return found


MAX_KEYS = 5


def sort(row: ResourceType, text: str | None) -> tuple[Sort, ...]:
    """https://hl7.org/fhir/R4/search.html#sort"""
    keys = text.split(",") if text is not None else []
    if len(keys) > MAX_KEYS:
        raise Invalid(Issue(f"_sort: more than {MAX_KEYS} keys", code="too-costly"))
    return tuple(sort_key(row, each) for each in keys)


def sort_key(row: ResourceType, text: str) -> Sort:
    code = text.removeprefix("-")
    if code not in row.parameters or row.parameters[code].components:
        raise Invalid(Issue(f"_sort: {printable(code)} is not a search parameter of {row.name}", code="not-supported"))
    return Sort(code + kind(row.parameters[code]).present, text.startswith("-"))


def counted(text: str | None) -> int:
    """https://hl7.org/fhir/R4/search.html#count: more than MAX_COUNT is given in pages."""
    if text is None:
        return DEFAULT_COUNT
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Invalid("_count has to be a whole number")
    return min(int(text), MAX_COUNT)


def choice(code: str, text: str | None, known: Mapping[str, bool]) -> bool:
    if text is None:
        return False
    if text not in known:
        raise Invalid(Issue(f"{code} is one of {', '.join(known)}", code="not-supported"))
    return known[text]


def printable(name: str) -> str:
    """A name as it may be repeated in an answer; anything else could be data that went astray."""
    return name if _PRINTABLE.fullmatch(name) else "(unprintable)"
