"""HL7 v2.7 chapter 2, sections 2.5 to 2.7."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.v2.ack import ack, header
from mappings.v2.batch import split
from mappings.v2.bounds import LINES, MESSAGE_BYTES, PARTS
from mappings.v2.message import Message, NotHl7, parse

HEADER = b"MSH|^~\\&|REG|NORTH|CAUSEWAY|BILLING|20240301101500||ADT^A08^ADT_A01|N-1|P|2.5.1"

WRITTEN = {
    "CR": b"\r".join((HEADER, b"EVN|A08", b"PID|1||7001^^^NORTH^MR", b"")),
    "LF": b"\n".join((HEADER, b"EVN|A08", b"PID|1||7001^^^NORTH^MR", b"")),
    "CRLF": b"\r\n".join((HEADER, b"EVN|A08", b"PID|1||7001^^^NORTH^MR", b"")),
    "mixed": HEADER + b"\rEVN|A08\nPID|1||7001^^^NORTH^MR\r\n",
    "no end": b"\r".join((HEADER, b"EVN|A08", b"PID|1||7001^^^NORTH^MR")),
    "blank lines": b"\r\r".join((b"", HEADER, b"EVN|A08", b"  ", b"PID|1||7001^^^NORTH^MR", b"")),
    "byte order mark": b"\xef\xbb\xbf" + b"\r".join((HEADER, b"EVN|A08", b"PID|1||7001^^^NORTH^MR")),
    "MLLP bytes": b"\x0b" + b"\r".join((HEADER, b"EVN|A08", b"PID|1||7001^^^NORTH^MR")) + b"\r\x1c\r",
    "indented": b"\n   ".join((b"", HEADER, b"EVN|A08", b"PID|1||7001^^^NORTH^MR", b"")),
    "trailing separators": HEADER + b"|||\rEVN|A08|||||\rPID|1||7001^^^NORTH^MR^^^~~|||",
    "lower case": b"\r".join((HEADER.replace(b"MSH", b"msh"), b"evn|A08", b"pid|1||7001^^^NORTH^MR")),
}


@pytest.mark.parametrize("data", WRITTEN.values(), ids=WRITTEN)
def test_is_read_however_it_is_written(data: bytes) -> None:
    message = parse(data)
    assert [segment.name for segment in message.segments] == ["MSH", "EVN", "PID"]
    identifiers = message.segment("PID")[3].repetitions
    assert [(cx[1].text, cx[4].text, cx[5].text) for cx in identifiers] == [("7001", "NORTH", "MR")]


def test_what_the_header_says() -> None:
    message = parse(HEADER)
    said = message.code, message.trigger, message.structure, message.version, message.control_id, message.sender
    assert said == ("ADT", "A08", "ADT_A01", "2.5.1", "N-1", "REG|NORTH")
    assert [message.header[number].text for number in (1, 2, 3)] == ["|", "^~\\&", "REG"]


DELIMITERS = {
    "usual": (b"|^~\\&", ("|", "^", "~", "\\", "&", "")),
    "truncation": (b"|^~\\&#", ("|", "^", "~", "\\", "&", "#")),
    "others": (b"@*!%+", ("@", "*", "!", "%", "+", "")),
    "component only": (b"|^", ("|", "^", "", "", "", "")),
    "without escape": (b"|^~", ("|", "^", "~", "", "", "")),
    "without subcomponent": (b"|^~\\", ("|", "^", "~", "\\", "", "")),
}


@pytest.mark.parametrize(("written", "expected"), DELIMITERS.values(), ids=DELIMITERS)
def test_delimiters_are_the_senders(written: bytes, expected: tuple[str, ...]) -> None:
    separator, component = written[:1], written[1:2]
    name = component.join((b"OAK", b"IDA"))
    message = parse(b"MSH" + separator.join((written, b"APP", b"FAC\rPID", b"1", b"", b"", b"", name)))
    found = message.delimiters
    assert (found.field, *(getattr(found, name) for name in PARTS_OF_MSH2)) == expected
    assert [message.segment("PID")[5][number].text for number in (1, 2)] == ["OAK", "IDA"]


PARTS_OF_MSH2 = ("component", "repetition", "escape", "subcomponent", "truncation")


def test_without_a_delimiter_nothing_is_split_there() -> None:
    field = parse(b"MSH|^|APP\rPID|1||A~B&C\\T\\^D").segment("PID")[3]
    assert [(each[1].text, each[2].text) for each in field.repetitions] == [("A~B&C\\T\\", "D")]


REFUSED = {
    "empty": (b"", "MSH^1", "100"),
    "blank": (b" \r\n\x0b\x1c\r", "MSH^1", "100"),
    "not HL7": (b"GET / HTTP/1.1\r\n\r\n", "MSH^1", "100"),
    "binary": (bytes(range(128)) * 4, "MSH^1", "100"),
    "no MSH": (b"EVN|A01\rPID|1", "MSH^1", "100"),
    "a batch": (b"FHS|^~\\&|A\r" + HEADER, "MSH^1", "100"),
    "MSH only": (b"MSH", "MSH^1^2", "102"),
    "no encoding characters": (b"MSH||APP", "MSH^1^2", "102"),
    "a letter parts": (b"MSHA^~\\&AAPP", "MSH^1^2", "102"),
    "a blank parts": (b"MSH ^~\\& APP", "MSH^1^2", "102"),
    "one twice": (b"MSH|^~\\\\&|APP", "MSH^1^2", "102"),
    "too many": (b"MSH|^~\\&#!|APP", "MSH^1^2", "102"),
    "a letter among them": (b"MSH|^~X&|APP", "MSH^1^2", "102"),
    "a quote among them": (b'MSH|^~"&|APP', "MSH^1^2", "102"),
    "two messages": (HEADER + b"\rPID|1\r" + HEADER, "MSH^2", "100"),
    "too long": (HEADER.ljust(MESSAGE_BYTES + 1, b"|"), "MSH^1", "207"),
    "too many segments": (HEADER + b"\rZZZ|1" * LINES, "MSH^1", "207"),
    "too many line ends": (HEADER + b"\r" * LINES + b"PID|1", "MSH^1", "207"),
    "too many fields": (HEADER + b"\rPID|1\rZZZ" + b"|" * PARTS, "ZZZ^1", "207"),
    "too many repetitions": (HEADER + b"\rPID|1||7001" + b"~7001" * PARTS, "PID^1^3", "207"),
    "too many components": (HEADER + b"\rPID|1||A~B" + b"^C" * PARTS, "PID^1^3^2", "207"),
    "too many subcomponents": (HEADER + b"\rPID|1||A^B" + b"&C" * PARTS, "PID^1^3^1^2", "207"),
}


@pytest.mark.parametrize(("data", "location", "code"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_the_place(data: bytes, location: str, code: str) -> None:
    with pytest.raises(NotHl7) as refused:
        parse(data)
    assert (refused.value.location, refused.value.code) == (location, code)


HOSTILE = {
    "repetitions": HEADER + b"\rPID|1||" + b"~".join([b"7001^^^N"] * 10_000),
    "segments": HEADER + b"\rZZ1|A^B~C" * 5_000,
    "components": HEADER + b"\rPID|1||" + b"^" * 10_000,
    "stray lines": HEADER + b"\rnot a segment" * 9_000,
    "unterminated escapes": HEADER + b"\rPID|1||" + b"\\" * 90_001,
    "long header": b"MSH|^~\\&|" + b"A" * 90_000,
    "blanks": HEADER + b"\r" + b" " * 90_000 + b"x",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_messages_are_cheap(data: bytes) -> None:
    best = min(timed(lambda: read_or_refuse(data)) for _ in range(3))
    assert best < 0.05


def timed(work: Callable[[], None]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def read_or_refuse(data: bytes) -> None:
    try:
        message = parse(data)
    except NotHl7:
        return
    for segment in message.segments:
        assert all(segment[number].text is not None for number in range(1, len(segment) + 1))


STATES = {
    # raw: text, absent, null, has a value
    "nothing": (b"", "", True, False, False),
    "blanks": (b"  ", "", True, False, False),
    "only delimiters": (b"^&^~", "", True, False, False),
    "null": (b'""', "", False, True, False),
    "a value": (b"OAK", "OAK", False, False, True),
    "a value in the third component": (b"^^OAK", "", False, False, True),
    "a null in it": (b'^^""', "", False, False, False),
    "a null before a value": (b'""^OAK', "", False, False, True),
    "surrounding blanks": (b"  OAK TREE ^X", "OAK TREE", False, False, True),
    "quotes about a value": (b'"OAK"', '"OAK"', False, False, True),
    "an escaped delimiter": (b"OAK\\S\\ASH", "OAK^ASH", False, False, True),
    "decoded once": (b"\\E\\S\\E\\", "\\S\\", False, False, True),
}


@pytest.mark.parametrize(("raw", "text", "absent", "null", "valued"), STATES.values(), ids=STATES)
def test_three_states(raw: bytes, text: str, absent: bool, null: bool, valued: bool) -> None:
    field = parse(HEADER + b"\rPID|1||" + raw).segment("PID")[3]
    assert (field.text, field.absent, field.null, bool(field)) == (text, absent, null, valued)


def test_three_states_at_every_level() -> None:
    field = parse(HEADER + b'\rPID|1||A&""&&B^""^~""~C').segment("PID")[3]
    first, second, third = field.repetitions
    assert [first[number].null for number in (1, 2, 3)] == [False, True, False]
    assert [first[number].absent for number in (1, 2, 3, 99)] == [False, False, True, True]
    assert [first[1][number].text for number in (1, 2, 3, 4, 5)] == ["A", "", "", "B", ""]
    assert [first[1][number].null for number in (1, 2, 3)] == [False, True, False]
    assert [first[1][number].absent for number in (1, 2, 3, 0, -1)] == [False, False, True, True, True]
    assert (second.null, third.text, field[1][4].text) == (True, "C", "B")


def test_what_is_not_there_is_absent() -> None:
    message = parse(HEADER)
    missing = message.segment("PV1")
    assert (bool(missing), len(missing), message.all("PV1")) == (False, 0, ())
    assert missing[3][1][2].absent
    assert missing[3].repetitions == ()
    assert [message.header[number].absent for number in (0, -1, 99)] == [True, True, True]


def test_empty_repetitions_before_a_value_keep_their_place() -> None:
    field = parse(HEADER + b"\rPID|1||~7001~~7002~~").segment("PID")[3]
    assert [each.text for each in field.repetitions] == ["", "7001", "", "7002"]


def test_unknown_segments_are_kept_in_their_place() -> None:
    message = parse(HEADER + b"\rZPI|a\rPID|1\rXY9|b\rZPI|c")
    assert [(each.name, each.sequence) for each in message.segments] == [
        ("MSH", 1),
        ("ZPI", 1),
        ("PID", 1),
        ("XY9", 1),
        ("ZPI", 2),
    ]
    assert [each[1].text for each in message.all("ZPI")] == ["a", "c"]


def test_a_line_break_in_a_field_is_part_of_it_and_reported() -> None:
    message = parse(HEADER + b"\rNTE|1||line one\nline two\rPID|1")
    assert message.segment("NTE")[3].text == "line one\nline two"
    assert [(flaw.location, flaw.code) for flaw in message.flaws] == [("NTE^1", "102")]


def test_lower_case_is_reported() -> None:
    flaws = parse(HEADER + b"\rpid|1").flaws
    assert [(flaw.location, flaw.code) for flaw in flaws] == [("PID^1", "100")]


def test_an_escape_never_makes_a_segment() -> None:
    message = parse(HEADER + b"\rPID|1||7001\\X0D\\PV1\\F\\1")
    assert [each.name for each in message.segments] == ["MSH", "PID"]
    assert message.segment("PID")[3].text == "7001\rPV1|1"


STRUCTURES = {
    "sent": (b"ADT^A08^ADT_A01", "ADT_A01"),
    "A08": (b"ADT^A08", "ADT_A01"),
    "A31": (b"ADT^A31", "ADT_A05"),
    "A11": (b"ADT^A11", "ADT_A09"),
    "A40": (b"ADT^A40", "ADT_A39"),
    "its own": (b"DFT^P03", "DFT_P03"),
    "unknown": (b"ADT^Z99", "ADT_Z99"),
    "event in EVN alone": (b"ADT", "ADT_A01"),
}


@pytest.mark.parametrize(("type", "structure"), STRUCTURES.values(), ids=STRUCTURES)
def test_structure_is_derived(type: bytes, structure: str) -> None:
    assert parse(b"MSH|^~\\&|A|B|||2024||" + type + b"|1|P|2.3\rEVN|A04").structure == structure


def test_nodes_do_not_iterate_and_do_not_show_what_they_hold() -> None:
    message = parse(HEADER + b"\rPID|1||7001^^^NORTH")
    segment = message.segment("PID")
    nodes: list[Any] = [segment, segment[3], segment[3][1], segment[3][1][1], segment[3].repetitions[0]]
    for node in nodes:
        with pytest.raises(TypeError):
            iter(node)
        assert "7001" not in repr(node)
    assert "7001" not in repr(message)


PIECES = (
    *(
        b"MSH|^~\\&|",
        b"MSH",
        b"\rPID|",
        b"FHS|",
        b"\r",
        b"\n",
        b"|",
        b"^",
        b"~",
        b"&",
        b"\\",
        b"\\X0D\\",
        b'""',
        b"\x0b",
    ),
    *(
        b"UNICODE UTF-8",
        b"|||||||||||||||8859/1",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc3\xbc",
        b"\xfc",
        b"\x1b$B",
        b" ",
        b"A1",
        b"\0",
    ),
)


@given(
    data=st.one_of(
        st.binary(), st.lists(st.sampled_from(PIECES)).map(lambda pieces: b"".join((b"MSH|^~\\&|", *pieces)))
    )
)
def test_anything_is_read_or_refused_and_answered(data: bytes) -> None:
    read_or_refuse(data)
    assert b"\rMSA|AR" in ack(header(data), "AR", control_id="C-9", at=datetime(2024, 3, 1, tzinfo=UTC)).replace(
        b"\0", b""
    )
    for message in split(data).messages:
        read_or_refuse(message)


def test_real_messages_are_read_or_refused(samples: dict[str, bytes]) -> None:
    refused = {name for name, data in samples.items() if not readable(data)}
    assert len(samples) == 253
    assert {name.rsplit("-", 2)[0] for name in refused} == {
        "adt-a01",  # MSH-2 with one delimiter twice
        "adt-a0x",  # two messages in one
        "edge-count-mismatch",
        "edge-malformed-mid-batch",
        "edge-multi-batch-file",
        "edge-single-batch",
        "edge-no-msh-segment",
    }


def readable(data: bytes) -> Message | None:
    try:
        return parse(data)
    except NotHl7:
        return None
