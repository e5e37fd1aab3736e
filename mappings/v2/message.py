"""A v2 message as its sender wrote it, tolerant of what senders do, never guessing.

HL7 v2.7 chapter 2, sections 2.5 to 2.7. Tolerated: segments ended by CR, LF or CRLF, blank lines, a byte order mark or
MLLP's bytes around the message, names in lower case, a line break left in a field. Refused: what does not begin with
MSH, delimiters that cannot be, a second MSH (``batch.split`` first), bytes of another character set than declared, and
what exceeds bounds."""

import re
from collections.abc import Sequence

from mappings.v2 import charset as charsets
from mappings.v2.bounds import check_lines, check_parts, check_size
from mappings.v2.delimiters import Delimiters, delimiters
from mappings.v2.faults import Flaw, NotHl7
from mappings.v2.segment import Component, Field, Node, Repetition, Segment, Subcomponent
from mappings.v2.structures import structure_of

__all__ = [
    "Component",
    "Delimiters",
    "Field",
    "Flaw",
    "Message",
    "Node",
    "NotHl7",
    "Repetition",
    "Segment",
    "Subcomponent",
    "parse",
]

_NOISE = " \t\r\n\x00\x0b\x1c\ufeff"


class Message:
    """``codec`` is Python's name of its character set; ``flaws`` what was tolerated in reading it."""

    __slots__ = ("_named", "codec", "delimiters", "flaws", "segments")

    def __init__(
        self, segments: Sequence[Segment], delimiters: Delimiters, codec: str, flaws: tuple[Flaw, ...] = ()
    ) -> None:
        self.segments = segments
        self.delimiters = delimiters
        self.codec = codec
        self.flaws = flaws
        self._named: dict[str, list[Segment]] = {}
        for segment in segments:
            self._named.setdefault(segment.name, []).append(segment)

    def segment(self, name: str) -> Segment:
        """The first of that name; one without fields if there is none."""
        named = self._named.get(name)
        return named[0] if named else Segment(name, 0, "", self.delimiters)

    def all(self, name: str) -> tuple[Segment, ...]:
        return tuple(self._named.get(name, ()))

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def code(self) -> str:
        return self.header[9][1].text

    @property
    def trigger(self) -> str:
        """MSH-9.2; senders of v2.1 and v2.2 have it in EVN-1 alone."""
        return self.header[9][2].text or self.segment("EVN")[1].text

    @property
    def structure(self) -> str:
        return self.header[9][3].text or structure_of(self.code, self.trigger)

    @property
    def version(self) -> str:
        return self.header[12].text

    @property
    def control_id(self) -> str:
        return self.header[10].text

    @property
    def sender(self) -> str:
        """``application|facility``."""
        return f"{self.header[3].text}|{self.header[4].text}"

    def __repr__(self) -> str:
        return f"<Message of {len(self.segments)} segments>"


def parse(data: bytes, charset: str | None = None) -> Message:
    """``charset``: as table 0211 names it, what a sender who leaves MSH-18 empty writes. Raises NotHl7."""
    check_size(data)
    try:
        text, codec, flaw = charsets.decode(data, charset)
    except charsets.NotDecodable as error:
        raise NotHl7(str(error), "MSH^1^18", "102") from None
    text = text.strip(_NOISE)
    written = _delimiters(text, codec)
    lines = _lines(text, written.field)
    segments = _segments(lines, written)
    flaws = (Flaw(flaw, "MSH^1^18", "102"),) if flaw else ()
    return Message(segments, written, codec, (*flaws, *_flaws(lines, segments)))


def _delimiters(text: str, codec: str) -> Delimiters:
    if text[:3].upper() != "MSH":
        raise NotHl7("no MSH segment at the beginning")
    separator = text[3:4]
    encoding_characters = re.split(rf"[{re.escape(separator)}\s]", text[4:12], maxsplit=1)[0]
    # \X..\ names bytes; those of UTF-16 would be halves of characters
    written = delimiters(separator, encoding_characters, "utf-8" if codec == "utf-16" else codec)
    if written is None:
        raise NotHl7("MSH-1 and MSH-2 are no delimiters", "MSH^1^2", "102")
    return written


def _lines(text: str, separator: str) -> list[list[str]]:
    """Per segment its lines: one that does not begin as a segment does is the rest of the field before."""
    text = text.replace("\r\n", "\r").replace("\n", "\r")
    check_lines(text)
    begins = re.compile(rf"[A-Za-z][A-Za-z0-9]{{2}}(?:{re.escape(separator)}|\Z)").match
    lines: list[list[str]] = []
    for line in text.split("\r"):
        if begins(line := line.strip(_NOISE)):
            lines.append([line])
        elif line:
            lines[-1].append(line)
    return lines


def _segments(lines: list[list[str]], written: Delimiters) -> tuple[Segment, ...]:
    counts: dict[str, int] = {}
    segments = []
    for parts in lines:
        name = parts[0][:3].upper()
        counts[name] = sequence = counts.get(name, 0) + 1
        segments.append(segment := Segment(name, sequence, "\n".join(parts), written))
        check_parts(segment)
    if counts["MSH"] > 1:
        raise NotHl7("several messages in one", "MSH^2")
    return tuple(segments)


def _flaws(lines: list[list[str]], segments: Sequence[Segment]) -> list[Flaw]:
    flaws = []
    for parts, segment in zip(lines, segments, strict=True):
        if len(parts) > 1:
            flaws.append(Flaw("a line break within a field", f"{segment.name}^{segment.sequence}", "102"))
        if not segment.raw.startswith(segment.name):
            flaws.append(Flaw("a segment name in lower case", f"{segment.name}^{segment.sequence}", "100"))
    return flaws
