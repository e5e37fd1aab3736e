"""HL7 v2.7 chapter 2, section 2.10.3."""

import pytest

from mappings.v2.batch import MESSAGES, split
from mappings.v2.message import NotHl7, parse


def msh(number: int) -> bytes:
    return b"MSH|^~\\&|REG|NORTH|||2024||ADT^A04|N-%d|P|2.5\rPID|1||70%d" % (number, number)


FHS, BHS = b"FHS|^~\\&|REG|NORTH", b"BHS|^~\\&|REG|NORTH"
ONE, TWO, THREE = msh(1), msh(2), msh(3)

FILES = {
    "one": (ONE, [ONE], []),
    "one with an end": (ONE + b"\r\n", [ONE], []),
    "several": (ONE + b"\r" + TWO + b"\r\n\r\n" + THREE, [ONE, TWO, THREE], []),
    "several, line feeds": (
        b"\n".join((ONE, TWO)).replace(b"\r", b"\n"),
        [ONE.replace(b"\r", b"\n"), TWO.replace(b"\r", b"\n")],
        [],
    ),
    "a batch": (b"\r".join((BHS, ONE, TWO, b"BTS|2", b"")), [ONE, TWO], []),
    "a file of batches": (
        b"\r".join((FHS, BHS, ONE, b"BTS|1", BHS, TWO, THREE, b"BTS|2", b"FTS|2")),
        [ONE, TWO, THREE],
        [],
    ),
    "a file without batches": (b"\r".join((FHS, ONE, b"FTS|1")), [ONE], []),
    "trailers that do not count": (b"\r".join((FHS, BHS, ONE, b"BTS", b"FTS|")), [ONE], []),
    "no trailers": (b"\r".join((FHS, BHS, ONE)), [ONE], ["FHS^1", "BHS^1"]),
    "miscounted": (
        b"\r".join((FHS, BHS, ONE, b"BTS|2", BHS, TWO, b"BTS|1", b"FTS|3")),
        [ONE, TWO],
        ["BTS^1^1", "FTS^1^1"],
    ),
    "one is broken": (b"\r".join((BHS, ONE, b"MSH|^~", TWO, b"BTS|3")), [ONE, b"MSH|^~", TWO], []),
    "captured frames": (b"\x0b" + ONE + b"\r\x1c\r\x0b" + TWO + b"\r\x1c\r", [ONE, TWO], []),
    "a byte order mark": (b"\xef\xbb\xbf" + ONE, [ONE], []),
    "indented": (b"\n  " + ONE + b"\n  " + TWO, [ONE, TWO], []),
    "other delimiters": (b"BHS@~!%+@REG\r" + ONE + b"\rBTS@1@", [ONE], []),
    "lower case": (b"bhs|^~\\&\r" + ONE + b"\rbts|1", [ONE], []),
    "something before": (b"-- export --\r" + ONE, [b"-- export --", ONE], []),
    "no header at all": (b"EVN|A01\rPID|1", [b"EVN|A01\rPID|1"], []),
    "MSH in a word": (ONE + b"\rNTE|1||see\nMSHAPE", [ONE + b"\rNTE|1||see\nMSHAPE"], []),
    "nothing": (b"\r\n \x0b\x1c\r", [], []),
}


@pytest.mark.parametrize(("data", "messages", "flaws"), FILES.values(), ids=FILES)
def test_split(data: bytes, messages: list[bytes], flaws: list[str]) -> None:
    batch = split(data)
    assert list(batch.messages) == messages
    assert [flaw.location for flaw in batch.flaws] == flaws


def test_one_broken_message_costs_the_others_nothing() -> None:
    first, broken, last = split(b"\r".join((BHS, ONE, b"MSH|^^", TWO))).messages
    assert (parse(first).control_id, parse(last).control_id) == ("N-1", "N-2")
    with pytest.raises(NotHl7):
        parse(broken)


def test_too_many() -> None:
    with pytest.raises(NotHl7):
        split(b"MSH|\r" * (MESSAGES + 1))


def test_real_files(samples: dict[str, bytes]) -> None:
    counts = {name: len(split(data).messages) for name, data in samples.items()}
    several = {name: count for name, count in counts.items() if count != 1}
    assert several == {
        "adt-a0x-baller-01": 2,
        "adt-a0x-baller-03": 2,
        "adt-a0x-baller-04": 2,
        "adt-a0x-baller-05": 2,
        "edge-count-mismatch-cosyte-01": 2,
        "edge-malformed-mid-batch-cosyte-01": 3,
        "edge-multi-batch-file-cosyte-01": 3,
        "edge-single-batch-cosyte-01": 2,
    }
