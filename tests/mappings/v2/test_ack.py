"""HL7 v2.7 chapter 2, sections 2.9.2 and 2.9.3 (when), 2.14.5 (ERR) and 2.14.8 (MSA)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.v2.ack import ECHO, ERR_SEGMENTS, TEXT, AckError, accept_code, ack, application_code, header
from mappings.v2.message import Message, parse

AT = datetime(2024, 3, 1, 10, 15, tzinfo=UTC)


def answer(message: Message | None, code: Any, *errors: AckError) -> list[str]:
    data = ack(message, code, errors, control_id="C-9", at=AT)
    return data.decode(message.codec if message else "ascii").removesuffix("\r").split("\r")


def sent(version: str, rest: str = "") -> Message:
    return parse(f"MSH|^~\\&|REG^1.2.3^ISO|NORTH|CAUSEWAY|BILLING|2024||ADT^A08^ADT_A01|N-1|T|{version}{rest}".encode())


WRONG = AckError("PID^1^3^2^1", "101", "E", "an identifier is needed")
ALSO = AckError("FT1^3^11", "102")


def test_accepted() -> None:
    assert answer(sent("2.5.1"), "AA") == [
        "MSH|^~\\&|CAUSEWAY|BILLING|REG^1.2.3^ISO|NORTH|20240301101500+0000||ACK^A08^ACK|C-9|T|2.5.1",
        "MSA|AA|N-1",
    ]


def test_errors_since_v25() -> None:
    assert answer(sent("2.5"), "AE", WRONG, ALSO)[1:] == [
        "MSA|AE|N-1",
        "ERR||PID^1^3^2^1|101^Required field missing^HL70357|E||||an identifier is needed",
        "ERR||FT1^3^11|102^Data type error^HL70357|E",
    ]


def test_errors_before_v25() -> None:
    assert answer(sent("2.3"), "AE", WRONG, ALSO)[1:] == [
        "MSA|AE|N-1|an identifier is needed",
        "ERR|PID^1^3^101&Required field missing&HL70357~FT1^3^11^102&Data type error&HL70357",
    ]


def test_a_place_that_is_only_a_segment_before_v25() -> None:
    assert answer(sent("2.4"), "AR", AckError("MSH^1", "100"))[2] == "ERR|MSH^1^^100&Segment sequence error&HL70357"


def test_the_senders_delimiters_and_character_set() -> None:
    message = parse("MSH@*!%+@REG@Käsdorf@CAUSEWAY@B@2024@@ADT*A04@N%T%1@P@2.6@@@@@@8859/1".encode("iso8859-1"))
    data = ack(message, "AE", [WRONG], control_id="C@9", at=AT)
    assert data.decode("iso8859-1").split("\r") == [
        "MSH@*!%+@CAUSEWAY@B@REG@Käsdorf@20240301101500+0000@@ACK*A04*ACK@C%F%9@P@2.6@@@@@@8859/1",
        "MSA@AE@N%T%1",
        "ERR@@PID*1*3*2*1@101*Required field missing*HL70357@E@@@@an identifier is needed",
        "",
    ]


def test_where_there_was_nothing_to_answer() -> None:
    assert answer(None, "AR", AckError("MSH^1", "100")) == [
        "MSH|^~\\&|||||20240301101500+0000||ACK|C-9|P|2.5.1",
        "MSA|AR",
        "ERR||MSH^1|100^Segment sequence error^HL70357|E",
    ]


SALVAGED = {
    "another set of characters than declared": (
        b"MSH|^~\\&|REG|NORTH|||2024||ADT^A01|N-\xfc|P|2.5||||||UNICODE UTF-8\rPID|1",
        b"N-\xfc",
    ),
    "one delimiter twice": (b"MSH|^~\\\\&|REG|NORTH|||2024||ADT^A01|N^1|P|2.5", b"N\\S\\1"),
    "two messages": (b"MSH|^~\\&|REG|NORTH|||2024||ADT^A01|N-1|P|2.5\rMSH|^~\\&", b"N-1"),
    "junk before it": (b"junk\rMSH|^~\\&|REG|NORTH|||2024||ADT^A01|N-1|P|2.5", b"N-1"),
    "cut short": (b"MSH|^~\\&|REG|NORTH|||2024||ADT^A01|N-", b"N-"),
    "a letter parts": (b"MSHxyxxxxxxxxAx|", b"A"),
}


@pytest.mark.parametrize(("data", "control_id"), SALVAGED.values(), ids=SALVAGED)
def test_what_cannot_be_parsed_is_answered_with_what_is_left(data: bytes, control_id: bytes) -> None:
    answer = ack(header(data), "AR", [AckError("MSH^1", "100")], control_id="C-9", at=AT)
    _, msa, err, end = answer.split(b"\r")
    assert (msa, err[:11], end) == (b"MSA|AR|" + control_id, b"ERR||MSH^1|", b"")


@pytest.mark.parametrize("data", [b"", b"MSH", b"EVN|A01", b"\x00" * 99, "MSH|^~\\&".encode("utf-16")])
def test_nothing_is_left(data: bytes) -> None:
    assert header(data) is None


def test_echoes_are_bounded() -> None:
    message = parse(b"MSH|^~\\&|" + b"A" * 70_000 + b"||||2024||ADT^" + b"A" * 9_000 + b"|" + b"N" * 70_000 + b"|P|2.5")
    errors = [AckError("PID^1^" + "9" * 999, "101", "E", "x" * 9_999)] * 50
    msh, msa, *err = answer(message, "AE", *errors)
    assert (msa, len(err)) == ("MSA|AE|" + "N" * ECHO, ERR_SEGMENTS)
    assert len(msh) < 3 * ECHO
    assert len(err[0]) < 3 * TEXT


FORGED = b"N\x0bX\x00Y\x1bZ\x7f\nPID|1||forged"


def test_control_characters_are_not_echoed() -> None:
    _, msa = answer(parse(b"MSH|^~\\&|A|B|||2024||ADT^A01|" + FORGED + b"|P|2.5"), "AA")[:2]
    assert msa == "MSA|AA|NXYZ"


@given(id=st.binary(max_size=400), text=st.text(max_size=400), place=st.text(max_size=50))
def test_nothing_forges_a_segment(id: bytes, text: str, place: str) -> None:
    raw = b"MSH|^~\\&|A|B|||2024||ADT^A01|" + id + b"|P|2.5"
    data = ack(header(raw), "AE", [AckError(place, "101", "E", text)], control_id="C-9", at=AT)
    segments = [segment.split(b"|") for segment in data.split(b"\r")]
    assert [segment[0] for segment in segments] == [b"MSH", b"MSA", b"ERR", b""]
    assert segments[1][1] == b"AE"
    assert len(segments[2]) in (5, 9)
    assert not set(data) & set(b"\n\x0b\x1c\x00")


MODES = {
    # MSH-15, MSH-16, outcome: accept, application
    "original, accepted": ("", "", "A", None, "AA"),
    "original, in error": ("", "", "E", None, "AE"),
    "original, rejected": ("", "", "R", None, "AR"),
    "always, always": ("AL", "AL", "A", "CA", "AA"),
    "always, never": ("AL", "NE", "A", "CA", None),
    "never, always": ("NE", "AL", "E", None, "AE"),
    "never, never": ("NE", "NE", "R", None, None),
    "on error, accepted": ("ER", "ER", "A", None, None),
    "on error, in error": ("ER", "ER", "E", "CE", "AE"),
    "on error, rejected": ("ER", "ER", "R", "CR", "AR"),
    "on success, accepted": ("SU", "SU", "A", "CA", "AA"),
    "on success, rejected": ("SU", "SU", "R", None, None),
    "accept alone": ("AL", "", "A", "CA", None),
    "application alone": ("", "AL", "A", None, "AA"),
}


@pytest.mark.parametrize(("accept", "application", "outcome", "first", "second"), MODES.values(), ids=MODES)
def test_modes(accept: str, application: str, outcome: Any, first: str | None, second: str | None) -> None:
    codes = accept_code(outcome, accept, application), application_code(outcome, accept, application)
    assert codes == (first, second)
