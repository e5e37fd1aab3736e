"""The groups of a message's structure: what belongs to which patient, which insurance.

By the order of the segments, not by HL7's grammar: a segment out of place, or a sender's own, breaks none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mappings.v2.delimiters import Delimiters
from mappings.v2.message import Message, Segment


@dataclass(frozen=True, slots=True)
class Group:
    """Segments that belong together, in their order."""

    segments: Sequence[Segment]
    delimiters: Delimiters

    def segment(self, name: str) -> Segment:
        """The first of that name; one without fields if there is none."""
        return next(self.all(name), None) or Segment(name, 0, "", self.delimiters)

    def all(self, name: str) -> Iterator[Segment]:
        return (segment for segment in self.segments if segment.name == name)

    def each(self, head: str) -> list["Group"]:
        """The groups that begin with this segment."""
        starts = [number for number, segment in enumerate(self.segments) if segment.name == head]
        ends = (*starts[1:], len(self.segments))
        return [Group(self.segments[a:b], self.delimiters) for a, b in zip(starts, ends, strict=False)]


def patients(message: Message) -> list[Group]:
    """PID and all that follows it: one patient, unless it is a merge of several or an exchange of beds."""
    return Group(message.segments, message.delimiters).each("PID")
