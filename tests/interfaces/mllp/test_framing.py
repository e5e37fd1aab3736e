"""MLLP's frames, without a socket."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.mllp.framing import Decoder, Frame, TooLarge, frame

ONE = b"MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5\rPID|1||7001\r"
TWO = b"MSH|^~\\&|A|B|||2024||ADT^A03|2|P|2.5\rPID|1||7002\r"
LIMIT = 1000

STREAMS = {
    "one": (frame(ONE), [ONE]),
    "two in one packet": (frame(ONE) + frame(TWO), [ONE, TWO]),
    "line ends between": (frame(ONE) + b"\r\n\n" + frame(TWO) + b"\n", [ONE, TWO]),
    "NUL between": (b"\x00\x00" + frame(ONE) + b"\x00" + frame(TWO) + b"\x00", [ONE, TWO]),
    "junk before": (b"junk" + frame(ONE) + b"more\r\n" + frame(TWO), [ONE, TWO]),
    "no VT": (ONE + b"\x1c\r" + TWO + b"\x1c\r", [ONE, TWO]),
    "LF after FS": (b"\x0b" + ONE + b"\x1c\n" + frame(TWO), [ONE, TWO]),
    "nothing after FS, then VT": (b"\x0b" + ONE + b"\x1c" + frame(TWO), [ONE, TWO]),
    "FS amid a message": (frame(b"MSH|^~\\&|A\x1cB|C\r"), [b"MSH|^~\\&|A\x1cB|C\r"]),
    "VT amid a message": (frame(b"MSH|^~\\&|A\x0bB|C\r"), [b"MSH|^~\\&|A\x0bB|C\r"]),
    "VT amid a message without VT": (b"MSH|^~\\&|A\x0bB|C\r\x1c\r", [b"MSH|^~\\&|A\x0bB|C\r"]),
    "begun again": (b"\x0b" + ONE + frame(TWO), [TWO]),
    "ended twice": (frame(ONE) + b"\x1c\r" + frame(TWO), [ONE, TWO]),
    "empty": (b"\x0b\x1c\r" + frame(b"\r") + frame(ONE), [ONE]),
    "a batch": (frame(b"FHS|^~\\&\r" + ONE), [b"FHS|^~\\&\r" + ONE]),
    "not HL7": (frame(b"hello"), [b"hello"]),
    "not HL7, without VT": (b"hello\x1c\r", [b"hello"]),
    "as large as may be": (frame(b"x" * LIMIT), [b"x" * LIMIT]),
    "unfinished": (b"\x0b" + ONE, []),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("stream", "messages"), STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_frames(stream: bytes, messages: list[bytes], size: int) -> None:
    assert fed(stream, range(size, len(stream), size)) == [Frame(message) for message in messages]


TOO_LARGE = {
    "whole": (frame(b"MSH|" + b"x" * 5000) + frame(ONE), [TooLarge, Frame]),
    "twice": (frame(b"MSH|" + b"x" * 5000) * 2 + frame(ONE), [TooLarge, TooLarge, Frame]),
    "FS in it": (frame(b"MSH|" + b"x\x1c" * 5000 + b"y") + frame(ONE), [TooLarge, Frame]),
    "junk": (b"junk" * 1000 + b"\x1c\r" + frame(ONE), [TooLarge, Frame]),
    "one byte too many": (frame(b"x" * (LIMIT + 1)), [TooLarge]),
    "endless": (b"\x0b" + b"x" * 50_000, [TooLarge]),
}


@pytest.mark.parametrize(("stream", "kinds"), TOO_LARGE.values(), ids=TOO_LARGE)
@pytest.mark.parametrize("size", [1, 13, 1001, 100_000])
def test_too_large_is_told_once_and_does_not_hurt_the_next(stream: bytes, kinds: list[type], size: int) -> None:
    events = fed(stream, range(size, len(stream), size))
    assert [type(event) for event in events] == kinds
    assert all(event.head for event in events if isinstance(event, TooLarge))


@given(data=st.data())
def test_any_split_gives_the_same_frames(data: st.DataObject) -> None:
    pieces = (ONE, b"\x0b", b"\x1c", b"\r", b"\n", b"\x00", b"MSH", b"junk", frame(TWO), frame(b"x" * 1100), b"y" * 700)
    stream = b"".join(data.draw(st.lists(st.sampled_from(pieces), max_size=12)))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20))
    assert fed(stream, cuts) == fed(stream, [])


@given(messages=st.lists(st.binary(min_size=1, max_size=50).map(lambda body: b"MSH|" + body.replace(b"\x1c", b""))))
def test_what_is_framed_comes_out(messages: list[bytes]) -> None:
    whole = [message for message in messages if b"\x0bMSH" not in message]
    assert fed(b"".join(map(frame, whole)), []) == [Frame(message) for message in whole]


def test_nothing_after_fs_is_an_end_when_told_so() -> None:
    decoder = Decoder(LIMIT)
    assert decoder.feed(b"\x0b" + ONE + b"\x1c") == []
    assert (decoder.ended, decoder.partial) == (True, True)
    assert decoder.flush() == [Frame(ONE)]
    assert (decoder.ended, decoder.partial, decoder.flush()) == (False, False, [])
    assert decoder.feed(b"\r" + frame(TWO)) == [Frame(TWO)]


def test_between_frames_nothing_is_held() -> None:
    decoder = Decoder(LIMIT)
    decoder.feed(frame(ONE) + b"\r\n\x00")
    assert (decoder.partial, decoder.held) == (False, 0)


def test_what_is_skipped_is_not_held() -> None:
    decoder = Decoder(LIMIT)
    for _ in range(100):
        decoder.feed(b"x" * 1000)
        assert decoder.held <= LIMIT + 2
    assert decoder.skipped > 90_000


SLOW = {
    "long lines": b"\x0b" + b"x" * 2_000_000,
    "ends that are none": b"\x0b" + b"\x1cx" * 1_000_000,
    "starts": b"\x0bMSH" * 500_000,
}


@pytest.mark.parametrize("stream", SLOW.values(), ids=SLOW)
def test_each_byte_is_read_once(stream: bytes) -> None:
    """In a thousand pieces it takes no longer than a few times as in one."""
    decoder = Decoder(len(stream))
    begun = time.process_time()
    for start in range(0, len(stream), 2000):
        decoder.feed(stream[start : start + 2000])
    assert time.process_time() - begun < 1


def fed(stream: bytes, cuts: range | list[int]) -> list[Frame | TooLarge]:
    decoder = Decoder(LIMIT)
    places = [0, *sorted(cuts), len(stream)]
    return [event for start, end in pairwise(places) for event in decoder.feed(stream[start:end])]
