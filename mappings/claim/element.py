"""Readings of FHIR elements that claims, coverages and plans share."""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

T = TypeVar("T")

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


def first(values: Iterable[T]) -> T | None:
    return next(iter(values), None)


def reference(element: Any) -> str | None:
    """``Coverage/c1``: what a Reference points at, whatever version of it."""
    target = element.get("reference") if isinstance(element, Mapping) else None
    return target.split("/_history/")[0] if target else None


def party(element: Any) -> str | None:
    """Who is meant: a reference, or a business identifier (``urn:x|12``) where the sender has no more."""
    identifier = element.get("identifier", {}) if isinstance(element, Mapping) else {}
    value = identifier.get("value")
    return reference(element) or (f"{identifier.get('system', '')}|{value}" if value else None)


def codes(concept: Any) -> tuple[str, ...]:
    """The codes of a CodeableConcept, in order."""
    if not isinstance(concept, Mapping):
        return ()
    return tuple(each["code"] for each in concept.get("coding", ()) if "code" in each)


def all_codes(concepts: Iterable[Any]) -> tuple[str, ...]:
    """The first code of each CodeableConcept that has one."""
    return tuple(found[0] for each in concepts if (found := codes(each)))


def day(value: Any, *, last: bool = False) -> date | None:
    """The day of a date or dateTime as it was written down; of a month or year its first day, or its ``last``."""
    found = _DATE.match(value) if isinstance(value, str) else None
    if not found:
        return None
    year, month, number = (int(part) if part else None for part in found.groups())
    month = month or (12 if last else 1)
    try:
        return date(year or 0, month, number or (monthrange(year or 0, month)[1] if last else 1))
    except ValueError:
        return None


def service_day(value: Any) -> date | None:
    """A day on which a service can have been given: whole, and of a year that anyone alive has seen or will see."""
    found = day(value) if isinstance(value, str) and len(value) >= len("2024-01-31") else None
    return found if found and EARLIEST <= found <= LATEST else None
