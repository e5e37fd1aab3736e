"""How a segment map is written: one row per field, in the segment's order.

A row is a source field, a target element, a converter and, where one is needed, a named condition. A converter answers
with a value, with None (nothing to say), with a Draft where a reference is to be (the resource that it refers to), or
with Unreadable. Nothing that is empty reaches the resource."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from mappings.v2.message import Field, Repetition, Segment
from mappings.v2_to_fhir.sender import Sender

Value: TypeAlias = Field | Repetition
Converter: TypeAlias = Callable[[Any, Sender], Any]
"""Takes the field; each repetition of it when ``many``; the segment when ``whole``."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands there is not what the field holds; ``code`` is of table 0357."""

    text: str
    code: str = "102"


@dataclass(frozen=True, slots=True)
class Row:
    """``element`` may name a part of an object (``period.end``). ``part``: the slice of a list (slices.py) that a null
    deletes, the whole list if empty."""

    field: int
    element: str
    convert: Converter
    many: bool = False
    whole: bool = False
    when: Callable[[Segment], bool] | None = None
    part: str = ""
    note: str = ""

    @property
    def clears(self) -> str:
        return f"{self.element}:{self.part}" if self.part else self.element


@dataclass(frozen=True, eq=False)
class SegmentMap:
    """``also_read``: fields that no row of this map takes and the code that uses it does. ``unmapped``: fields that HL7
    maps and this map does not, and why."""

    segment: str
    resource: str
    spec: str
    rows: tuple[Row, ...]
    also_read: Mapping[int, str] = field(default_factory=dict)
    unmapped: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def fields(self) -> frozenset[int]:
        return frozenset(row.field for row in self.rows) | frozenset(self.also_read)
