"""The nodes of a message: segment, field, repetition, component, subcomponent.

At every level a value is one of three: absent (nothing between the delimiters: no change), null (``""``: delete), or a
value (HL7 v2.7 chapter 2, section 2.5.3). A composite may hold nulls and no value: then it is none of the three.
Nodes are split when they are asked for; how many there may be was checked when the message was parsed."""

import re

from mappings.v2.delimiters import LITERAL, STANDARD, Delimiters
from mappings.v2.escape import unescape

NULL = '""'
BLANK = " \t\xa0"
HEADERS = ("MSH", "FHS", "BHS")
_ENCODING_CHARACTERS = 2


class Node:
    """A value at some level. ``raw`` is what stands between the delimiters."""

    __slots__ = ("_parts", "delimiters", "raw")
    __iter__ = None  # [n] is never out of range, so that iterating by it would not end

    def __init__(self, raw: str, delimiters: Delimiters) -> None:
        self.raw = raw
        self.delimiters = delimiters
        self._parts: list[str] | None = None

    @property
    def text(self) -> str:
        """Unescaped, without surrounding blanks; of a composite, its first leaf. Empty when absent or null."""
        if not self.raw or self.raw.isalnum():
            return self.raw
        match = self.delimiters.leaf.match(self.raw)
        leaf = match[0].strip(BLANK) if match else ""
        return "" if leaf == NULL else unescape(leaf, self.delimiters)

    @property
    def absent(self) -> bool:
        """Nothing but delimiters and blanks."""
        return not self.raw.strip(self.delimiters.empty)

    @property
    def null(self) -> bool:
        return self.raw == NULL

    def __bool__(self) -> bool:
        """Whether there is a value in it anywhere."""
        if not self.raw:
            return False
        bare = self.raw.strip(self.delimiters.empty)
        return bool(bare) and (NULL not in bare or any(leaf not in ("", NULL) for leaf in self._leaves()))

    def __repr__(self) -> str:
        """Without what it holds: it may be a patient's."""
        return f"<{type(self).__name__}>"

    def _leaves(self) -> list[str]:
        return re.split(f"[{re.escape(self.delimiters.empty)}]", self.raw)

    def _part(self, number: int, separator: str) -> str:
        if self._parts is None:
            self._parts = self.raw.split(separator) if separator else [self.raw]
        return self._parts[number - 1] if 0 < number <= len(self._parts) else ""


class Subcomponent(Node):
    __slots__ = ()


class Component(Node):
    __slots__ = ()

    def __getitem__(self, number: int) -> Subcomponent:
        part = self._part(number, self.delimiters.subcomponent)
        return Subcomponent(part, self.delimiters) if part else NO_SUBCOMPONENT


class Repetition(Node):
    __slots__ = ()

    def __getitem__(self, number: int) -> Component:
        part = self._part(number, self.delimiters.component)
        return Component(part, self.delimiters) if part else NO_COMPONENT


class Field(Node):
    __slots__ = ("_first",)

    def __init__(self, raw: str, delimiters: Delimiters) -> None:
        self.raw = raw
        self.delimiters = delimiters
        self._parts = None
        self._first: Repetition | None = None

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """Without those at the end that are empty; none when absent."""
        if self.absent:
            return ()
        separator = self.delimiters.repetition
        parts = self.raw.rstrip(separator).split(separator) if separator else [self.raw]
        return tuple(Repetition(part, self.delimiters) for part in parts)

    def __getitem__(self, number: int) -> Component:
        """Component ``number`` of the first repetition."""
        if self._first is None:
            self._first = Repetition(self._part(1, self.delimiters.repetition), self.delimiters)
        return self._first[number]


class Segment:
    """``segment[5]`` is field 5 as HL7 numbers it, in MSH too. ``sequence`` counts segments of the same name from 1."""

    __slots__ = ("_fields", "delimiters", "name", "raw", "sequence")
    __iter__ = None

    def __init__(self, name: str, sequence: int, raw: str, delimiters: Delimiters) -> None:
        self.name = name
        self.sequence = sequence
        self.raw = raw
        self.delimiters = delimiters
        self._fields: list[str] | None = None

    @property
    def fields(self) -> list[str]:
        """As they were sent; ``fields[n]`` is field n."""
        if self._fields is None:
            separator = self.delimiters.field
            self._fields = self.raw.split(separator)
            if self.name in HEADERS:
                self._fields.insert(1, separator)
        return self._fields

    def __getitem__(self, number: int) -> Field:
        fields = self._fields or self.fields
        if not (0 < number < len(fields) and fields[number]):
            return ABSENT
        literal = number <= _ENCODING_CHARACTERS and self.name in HEADERS
        return Field(fields[number], LITERAL if literal else self.delimiters)

    def __len__(self) -> int:
        """The number of its last field."""
        return len(self.fields) - 1

    def __bool__(self) -> bool:
        return bool(self.raw)

    def __repr__(self) -> str:
        return f"<{self.name} {self.sequence}>"


ABSENT, NO_COMPONENT, NO_SUBCOMPONENT = Field("", STANDARD), Component("", STANDARD), Subcomponent("", STANDARD)
