"""MLLP's frames: VT, the message, FS, CR. Bytes in, frames out; no socket here.

HL7 Transport Specification: MLLP, Release 2. Tolerated: any split of the bytes, several frames at once, line ends and
NUL between frames, junk before a VT, a missing VT or CR. A VT before another MSH begins again: what stood before it was
never finished, and so is never acknowledged. An FS amid a message does not end it: half a message is not one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

VT, FS, CR = b"\x0b", b"\x1c", b"\r"

_END = re.compile(rb"\x1c(?=[\r\n\x0b\x00])")
_NOISE = re.compile(rb"[\r\n\x00\x1c \t]*")
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    content: bytes


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A frame beyond the limit; ``head`` is its beginning. The rest of it is skipped as it comes."""

    head: bytes


def frame(message: bytes) -> bytes:
    return VT + message + FS + CR


class Decoder:
    """Reads each byte once, however they come. ``skipped``: bytes of the frame that was too large, so far."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.skipped = 0
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False

    def feed(self, data: bytes) -> list[Frame | TooLarge]:
        self._buffer += data
        self._drop_noise()
        return list(self._events())

    def flush(self) -> list[Frame | TooLarge]:
        """Nothing comes after an FS: then it is the end."""
        return self.feed(CR) if self.ended else []

    @property
    def ended(self) -> bool:
        """Whether all that is missing is what follows the FS."""
        return self._buffer.endswith(FS)

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._buffer)

    @property
    def partial(self) -> bool:
        """Whether a frame has begun."""
        return self._skipping or bool(self._buffer)

    def _events(self) -> Iterator[Frame | TooLarge]:
        while end := _END.search(self._buffer, self._searched):
            yield from self._frame(bytes(self._buffer[: end.start()]))
            self._forget(end.end())
        self._searched = max(len(self._buffer) - 1, 0)
        if self._skipping or len(self._buffer) > self.limit + len(VT + FS):
            yield from self._skip()

    def _frame(self, framed: bytes) -> Iterator[Frame | TooLarge]:
        if self._skipping:
            self._skipping, self.skipped = False, 0
        elif len(framed) > self.limit + len(VT):
            yield self._too_large(framed)
        elif (content := _content(framed)).strip():
            yield Frame(content)

    def _skip(self) -> Iterator[TooLarge]:
        if not self._skipping:
            self._skipping, self.skipped = True, 0
            yield self._too_large(bytes(self._buffer[:_HEAD]))
        self.skipped += self._searched
        del self._buffer[: self._searched]
        self._searched = 0

    def _too_large(self, framed: bytes) -> TooLarge:
        return TooLarge(_content(framed[: min(_HEAD, self.limit)]))

    def _forget(self, end: int) -> None:
        del self._buffer[:end]
        self._searched = 0
        self._drop_noise()

    def _drop_noise(self) -> None:
        """Between frames only: what has begun begins with something else."""
        noise = _NOISE.match(self._buffer)
        if noise and not self._skipping:
            del self._buffer[: noise.end()]


def _content(framed: bytes) -> bytes:
    start = framed.rfind(VT + b"MSH")
    if start < 0 and not framed.startswith(b"MSH"):
        start = framed.find(VT)
    return framed[start + 1 :]
