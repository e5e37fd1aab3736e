"""DTM, TS, DT and DR: a moment as exact as it was said. https://hl7.org/fhir/R4/datatypes.html#dateTime

A time's offset is the message's own, else the sender's zone, never the host's; a date stays a date."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from mappings.v2.message import Component, Field, Node, Repetition
from mappings.v2_to_fhir.notation import Unreadable
from mappings.v2_to_fhir.sender import Sender

_DTM = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\.\d+)?)?)?)?)?)?\s*([+-]\d\d(?::?\d\d)?|Z)?", re.ASCII
)
NOT_A_DATE = Unreadable("not a date")
NOT_A_TIME = Unreadable("not a date and time")


def day(node: Node, _: Sender) -> str | Unreadable | None:
    """A FHIR date: year, month or day, whatever was said."""
    if not (value := node.text):
        return None
    found = _DTM.fullmatch(value)
    return (found and _day(found)) or NOT_A_DATE


def moment(node: Node, sender: Sender) -> str | Unreadable | None:
    """A FHIR dateTime."""
    if not (value := node.text):
        return None
    found = _DTM.fullmatch(value)
    if found is None:
        return NOT_A_TIME
    if found[4] is None:
        return _day(found) or NOT_A_TIME
    time = _time(found, sender.zone)
    return time.isoformat() if time else NOT_A_TIME


def instant(node: Node, sender: Sender) -> datetime | None:
    """For comparing, None if there is none that could be: a date begins at midnight."""
    found = _DTM.fullmatch(node.text)
    time = _time(found, sender.zone) if found else None
    return time if time and date.min.year < time.year < date.max.year else None


def utc(time: datetime) -> str:
    """Text whose order is time's."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def period(node: Field | Repetition | Component, sender: Sender) -> dict[str, object] | None:
    """DR."""
    return {"start": moment(node[1], sender), "end": moment(node[2], sender)}


def has_time(node: Node) -> bool:
    found = _DTM.fullmatch(node.text)
    return bool(found and found[4])


def in_order(start: str, end: str) -> bool:
    """Whether a period may begin and end so; as far as both are said."""
    if "T" in start and "T" in end:
        return _aware(start) <= _aware(end)
    exact = min(len(start), len(end), len("2024-01-01"))
    return start[:exact] <= end[:exact]


def _aware(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _day(found: re.Match[str]) -> str | None:
    year, month, day = found[1], found[2], found[3]
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return "-".join(filter(None, (year, month, day)))


def _time(found: re.Match[str], zone: tzinfo) -> datetime | None:
    fraction = int((found[7] or ".0")[1:7].ljust(6, "0"))
    parts = [int(found[group] or lowest) for group, lowest in enumerate((1, 1, 1, 0, 0, 0), 1)]
    try:
        local = datetime(*parts, fraction, tzinfo=_zone(found[8]) or zone)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    return local.replace(tzinfo=_whole_minutes(local))


def _zone(offset: str | None) -> timezone | None:
    if offset is None:
        return None
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-delta if offset[0] == "-" else delta)


def _whole_minutes(local: datetime) -> timezone:
    """Local mean time, before there were time zones, had seconds; FHIR's offsets have none."""
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    return timezone(timedelta(minutes=minutes))
