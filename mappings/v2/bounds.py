"""How much one message may hold. What is larger is refused before it costs anything: only an attacker sends it."""

from collections.abc import Iterator

from mappings.v2.faults import NotHl7
from mappings.v2.segment import Segment

MESSAGE_BYTES = 16 * 1024 * 1024
"""Room for an embedded document (OBX-5 of type ED)."""
LINES = 10_000
PARTS = 1_000
"""Of fields in a segment, repetitions in a field, components in a repetition, subcomponents in a component."""

_TOO_MANY = "207"


def check_size(data: bytes) -> None:
    if len(data) > MESSAGE_BYTES:
        raise NotHl7(f"longer than {MESSAGE_BYTES} bytes", code=_TOO_MANY)


def check_lines(text: str) -> None:
    if text.count("\r") >= LINES:
        raise NotHl7(f"more than {LINES} segments", code=_TOO_MANY)


def check_parts(segment: Segment) -> None:
    """What has no more characters than there may be parts needs no counting."""
    place = f"{segment.name}^{segment.sequence}"
    if len(segment.raw) > PARTS:
        _refuse(segment.raw, segment.delimiters.field, "fields", place)
        for number, field in _long(segment.fields):
            _check_field(field, segment, f"{place}^{number}")


def _check_field(field: str, segment: Segment, place: str) -> None:
    delimiters = segment.delimiters
    _refuse(field, delimiters.repetition, "repetitions", place)
    for repetition, value in _long(_split(field, delimiters.repetition), 1):
        _refuse(value, delimiters.component, "components", f"{place}^{repetition}")
        for component, part in _long(_split(value, delimiters.component), 1):
            _refuse(part, delimiters.subcomponent, "subcomponents", f"{place}^{repetition}^{component}")


def _split(value: str, separator: str) -> list[str]:
    return value.split(separator) if separator else [value]


def _long(values: list[str], start: int = 0) -> Iterator[tuple[int, str]]:
    return ((number, value) for number, value in enumerate(values, start) if len(value) > PARTS)


def _refuse(value: str, separator: str, parts: str, place: str) -> None:
    if separator and value.count(separator) >= PARTS:
        raise NotHl7(f"more than {PARTS} {parts}", place, _TOO_MANY)
