"""HL7 v2.7 chapter 2, section 2.14.9.18 (MSH-18), and table 0211."""

import pytest

from mappings.v2.charset import CODECS
from mappings.v2.message import NotHl7, parse


def message(declared: str, name: bytes) -> bytes:
    return b"MSH|^~\\&|A|B|||2024||ADT^A08|1|P|2.5||||||" + declared.encode() + b"\rPID|1||7^^^B||" + name


READ = {
    # MSH-18, the sender's default, the name, what its bytes are: as what it is read, whether that is reported
    "ASCII": (("ASCII", None), "Oak", "ascii", "ascii", False),
    "nothing": (("", None), "Oak", "ascii", "utf-8", False),
    "nothing, UTF-8": (("", None), "Müller", "utf-8", "utf-8", False),
    "nothing, Latin 1": (("", None), "Müller", "latin-1", "cp1252", True),
    "nothing, Windows quotes": (("", None), "O\u2019Hara", "cp1252", "cp1252", True),
    "nothing, the default": (("", "8859/2"), "Łódź", "iso8859-2", "iso8859-2", False),
    "nothing, a default of several bytes": (("", "GB 18030"), "李明", "gb18030", "gb18030", False),
    "the default yields": (("8859/1", "8859/2"), "Müller", "latin-1", "iso8859-1", False),
    "UNICODE UTF-8": (("UNICODE UTF-8", None), "李明", "utf-8", "utf-8", False),
    "UTF-8 as many write it": (("utf-8", None), "Müller", "utf-8", "utf-8", False),
    "8859/1": (("8859/1", None), "Müller", "latin-1", "iso8859-1", False),
    "8859/7": (("8859/7", None), "Νίκος", "iso8859-7", "iso8859-7", False),
    "8859/15": (("8859/15", None), "Šárka €", "iso8859-15", "iso8859-15", False),
    "ISO IR100": (("ISO IR100", None), "Müller", "latin-1", "iso8859-1", False),
    "GB 18030": (("GB 18030-2000", None), "李明", "gb18030", "gb18030", False),
    "BIG-5": (("BIG-5", None), "李明", "big5", "big5", False),
    "KS X 1001": (("KS X 1001", None), "홍길동", "euc_kr", "euc_kr", False),
    "ISO IR87 beside ASCII": (("ASCII~ISO IR87", None), "山田", "iso2022_jp", "iso2022_jp_2", False),
    "empty first, then another": (("~ISO IR87", None), "山田", "iso2022_jp", "iso2022_jp_2", False),
    "spelt with other blanks and case": (("unicode  utf-8", None), "Müller", "utf-8", "utf-8", False),
    "ASCII declared, UTF-8 sent": (("ASCII", None), "Müller", "utf-8", "utf-8", True),
    "ASCII declared, the default sent": (("ASCII", "8859/2"), "Łódź", "iso8859-2", "iso8859-2", True),
    "Latin 1 declared, UTF-8 sent": (("8859/1", None), "Müller", "utf-8", "utf-8", True),
    "unknown, UTF-8 sent": (("KLINGON", None), "Müller", "utf-8", "utf-8", True),
    "unknown, ASCII sent": (("KLINGON", None), "Oak", "ascii", "utf-8", False),
}


@pytest.mark.parametrize(("said", "name", "sent", "codec", "reported"), READ.values(), ids=READ)
def test_is_read(said: tuple[str, str | None], name: str, sent: str, codec: str, reported: bool) -> None:
    declared, default = said
    read = parse(message(declared, name.encode(sent)), default)
    assert (read.segment("PID")[5].text, read.codec) == (name, codec)
    assert [(flaw.location, flaw.code) for flaw in read.flaws] == ([("MSH^1^18", "102")] if reported else [])


REFUSED = {
    "UTF-8 declared, Latin 1 sent": ("UNICODE UTF-8", None, "Müller".encode("latin-1")),
    "a surrogate in UTF-8": ("UNICODE UTF-8", None, b"\xed\xa0\x80"),
    "a truncated character": ("UNICODE UTF-8", None, "李".encode()[:2]),
    "BIG-5 declared, UTF-8 sent": ("BIG-5", None, "Müller李明".encode()),
    "nothing declared, no text at all": ("", None, b"\x81\x8d\xff"),
    "not of the default": ("", "UNICODE UTF-8", "Müller".encode("latin-1")),
}


@pytest.mark.parametrize(("declared", "default", "name"), REFUSED.values(), ids=REFUSED)
def test_is_refused(declared: str, default: str | None, name: bytes) -> None:
    with pytest.raises(NotHl7) as refused:
        parse(message(declared, name), default)
    assert (refused.value.location, refused.value.code) == ("MSH^1^18", "102")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_by_its_mark(codec: str) -> None:
    text = message("UNICODE UTF-16", b"").decode() + "李明"
    data = text.encode(codec) if codec == "utf-16" else ("\ufeff" + text).encode(codec)
    assert parse(data).segment("PID")[5].text == "李明"


def test_a_delimiter_within_a_character_parts_nothing() -> None:
    name = "許功蓋"  # BIG-5 has a backslash and a bar as second bytes
    assert b"\\" in name.encode("big5")
    read = parse(message("BIG-5", name.encode("big5") + b"^X"))
    assert [read.segment("PID")[5][number].text for number in (1, 2)] == [name, "X"]


def test_every_codec_is_one() -> None:
    assert {codec for codec in CODECS.values() if not "A".encode(codec)} == set()
