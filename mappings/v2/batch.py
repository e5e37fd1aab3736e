"""The messages of a file: one, several one after the other, a batch (FHS BHS ... BTS FTS), or captured MLLP frames.

HL7 v2.7 chapter 2, section 2.10.3. Each message has its own bytes, so that one that is broken costs the others nothing.
Nothing is left out: what stands before the first header is handed on too, to be refused by whoever reads it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mappings.v2.faults import Flaw, NotHl7

MESSAGES = 10_000

_BEGIN = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|[\r\n\x0b\x1c\x00])[ \t]*(?i:(MSH|FHS|BHS|BTS|FTS))(?![A-Za-z0-9])")
_FRAMING = b"\x0b\x1c\x00\r\n \t"
_TRAILERS = (("FHS", "FTS"), ("BHS", "BTS"))


@dataclass(frozen=True, slots=True)
class Batch:
    """``flaws``: where the trailers and what came differ."""

    messages: tuple[bytes, ...]
    flaws: tuple[Flaw, ...] = ()


def split(data: bytes) -> Batch:
    """Raises NotHl7 if there are more than MESSAGES."""
    pieces = tuple(_pieces(data))
    messages = tuple(piece for name, piece in pieces if name == "MSH")
    if len(messages) > MESSAGES:
        raise NotHl7(f"more than {MESSAGES} messages", code="207")
    return Batch(messages, (*_missing(pieces), *_miscounted(pieces)))


def _pieces(data: bytes) -> Iterator[tuple[str, bytes]]:
    """A header, a trailer or a message, by its first segment's name; what cannot be told is taken for a message."""
    begins = [(match[1].decode().upper(), match.start(1)) for match in _BEGIN.finditer(data)]
    first = begins[0][1] if begins else len(data)
    if before := data[:first].removeprefix(b"\xef\xbb\xbf").strip(_FRAMING):
        yield "MSH", before
    ends = (*(start for _, start in begins[1:]), len(data))
    for (name, start), end in zip(begins, ends, strict=False):
        yield name, data[start:end].strip(_FRAMING)


def _missing(pieces: tuple[tuple[str, bytes], ...]) -> Iterator[Flaw]:
    names = [name for name, _ in pieces]
    for header, trailer in _TRAILERS:
        if names.count(header) > names.count(trailer):
            yield Flaw(f"{header} without {trailer}", f"{header}^{names.count(header)}", "100")


def _miscounted(pieces: tuple[tuple[str, bytes], ...]) -> Iterator[Flaw]:
    """BTS-1 is the number of messages in the batch, FTS-1 the number of batches in the file."""
    seen = dict.fromkeys(("MSH", "BHS", "BTS", "FTS"), 0)
    for name, piece in pieces:
        seen[name] = seen.get(name, 0) + 1
        if name == "BHS":
            seen["MSH"] = 0
        elif name == "BTS" and _count(piece) not in (None, seen["MSH"]):
            yield Flaw("BTS-1 is not the number of messages", f"BTS^{seen['BTS']}^1", "207")
        elif name == "FTS" and seen["BHS"] and _count(piece) not in (None, seen["BHS"]):
            yield Flaw("FTS-1 is not the number of batches", f"FTS^{seen['FTS']}^1", "207")


def _count(trailer: bytes) -> int | None:
    found = re.match(rb"...[^A-Za-z0-9\s][ ]*([0-9]{1,9})(?![0-9])", trailer)
    return int(found[1]) if found else None
