"""Dates of every precision as the span of time they name, in UTC, as text of one width that sorts.

A date or time without a zone is taken as UTC's: the store does not know the place, and the same rule for what is stored
and what is asked makes them meet. Fractions are kept to the millisecond.

https://hl7.org/fhir/R4/search.html#date"""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone

FIRST, LAST = "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"
"""Where an open period begins and ends."""

_parts = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
).fullmatch


def date_range(text: str) -> tuple[str, str]:
    """The first and the last millisecond of a date, dateTime or instant; also with minutes only, as in a search.

    Raises ValueError for a text that is none."""
    found = _parts(text)
    if not found:
        raise ValueError("not a date")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    if hour is None:
        return _days(int(year), month, day)
    # A leap second is the last one of its minute: neither Python nor an index has a sixtieth.
    start = datetime(int(year), int(month), int(day), int(hour), int(minute), min(int(second or 0), 59), tzinfo=UTC)
    low, high = _within(second, fraction)
    return _utc(start, zone, low), _utc(start, zone, high)


def compare(left: str, right: str) -> int | None:
    """Below, above or 0, by the precision both have; None where that is the same and one of them goes on.

    http://hl7.org/fhirpath/N1/#greater-than"""
    shared = min(len(left), len(right), len("YYYY-MM-DDT"))
    whole = shared == len("YYYY-MM-DDT")
    a, b = (date_range(left)[0], date_range(right)[0]) if whole else (left[:shared], right[:shared])
    if a == b and len(left) != len(right) and not whole:
        return None
    return (a > b) - (a < b)


def _days(year: int, month: str | None, day: str | None) -> tuple[str, str]:
    first, last = int(month or 1), int(month or 12)
    low, high = int(day or 1), int(day) if day else monthrange(year, last)[1]
    datetime(year, last, high, tzinfo=UTC)  # not a day of the calendar: ValueError
    return f"{year:04}-{first:02}-{low:02}T00:00:00.000Z", f"{year:04}-{last:02}-{high:02}T23:59:59.999Z"


def _within(second: str | None, fraction: str | None) -> tuple[timedelta, timedelta]:
    """How far after its written seconds a time begins and ends."""
    if second is None:
        return timedelta(), timedelta(minutes=1, milliseconds=-1)
    if fraction is None:
        return timedelta(), timedelta(milliseconds=999)
    digits = fraction[:3]
    begin, end = int(digits.ljust(3, "0")), int(digits.ljust(3, "9"))
    return timedelta(milliseconds=begin), timedelta(milliseconds=end)


def _utc(written: datetime, zone: str | None, after: timedelta) -> str:
    try:
        moment = (written + after).replace(tzinfo=_zone(zone)).astimezone(UTC)
    except OverflowError:  # the first or the last hours of time, in another zone
        moment = written + after
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _zone(zone: str | None) -> timezone:
    if zone is None or zone == "Z":
        return UTC
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return timezone(-offset if zone[0] == "-" else offset)
