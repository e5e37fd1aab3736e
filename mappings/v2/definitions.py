"""What each version of HL7 v2 defines, out of hl7apy's tables. The only module that knows hl7apy.

A version's tables are imported when they are first asked for (30 ms)."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from mappings.v2.structures import structure_of

VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2")
DEFAULT = "2.5.1"

_UNBOUNDED = -1


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """``maximum``: how often it may repeat, None without limit. ``table``: HL7's, such as ``HL70001``."""

    name: str
    datatype: str
    required: bool
    maximum: int | None
    table: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A segment of a structure, or a group with members of its own."""

    name: str
    required: bool
    maximum: int | None
    members: tuple["Member", ...] = ()


def closest(version: str) -> str:
    """The version whose tables serve for what MSH-12 says: 2.9 is read as 2.8.2, nothing or nonsense as 2.5.1."""
    if version in VERSIONS:
        return version
    numbers = version_number(version)
    return max((known for known in VERSIONS if version_number(known) <= numbers), key=version_number, default=DEFAULT)


def version_number(version: str) -> tuple[int, ...]:
    """``2.5.1`` -> ``(2, 5, 1)``; empty if it is not a version."""
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else ()


@lru_cache(maxsize=1024)
def field(segment: str, number: int, version: str = DEFAULT) -> FieldDefinition | None:
    """None for a field, or a Z-segment, that HL7 does not define."""
    _, rows = _tables(closest(version)).SEGMENTS.get(segment, ("", ()))
    row = next((row for row in rows if row[0] == f"{segment}_{number}"), None)
    if row is None:
        return None
    _, (_, _, datatype, name, table, *_), (minimum, maximum), _ = row
    return FieldDefinition(name.replace("_", " ").capitalize(), datatype, minimum > 0, _limit(maximum), table)


def field_name(segment: str, number: int, version: str = DEFAULT) -> str:
    """``("PID", 5)`` -> ``Patient name``; empty if HL7 does not define it."""
    definition = field(segment, number, version)
    return definition.name if definition else ""


@lru_cache(maxsize=256)
def structure(name: str, version: str = DEFAULT) -> tuple[Member, ...]:
    """The segments and groups of a message structure, in order; none if this version does not define it."""
    return _members(_tables(closest(version)).MESSAGES.get(name))


@lru_cache(maxsize=1024)
def is_known(code: str, trigger: str, version: str = DEFAULT) -> bool:
    """Whether HL7 defines such a message."""
    return bool(structure(structure_of(code, trigger), version))


def _members(definition: Any) -> tuple[Member, ...]:
    if definition is None:
        return ()
    return tuple(
        Member(name, minimum > 0, _limit(maximum), _members(inner) if kind == "GRP" else ())
        for name, inner, (minimum, maximum), kind in definition[1]
    )


def _limit(maximum: int) -> int | None:
    return None if maximum == _UNBOUNDED else maximum


def _tables(version: str) -> Any:
    return import_module(f"hl7apy.v{version.replace('.', '_')}")
