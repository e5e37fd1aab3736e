"""HL7 v2.7 chapter 2, section 2.7."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.v2.delimiters import STANDARD, delimiters
from mappings.v2.escape import escape, unescape

LATIN = delimiters("|", "^~\\&", "iso8859-1")
TRUNCATING = delimiters("|", "^~\\&#")
OTHERS = delimiters("@", "*!%+")
SHORT = delimiters("|", "^~")

MEANING = {
    "nothing to decode": ("Oak & Sons", "Oak & Sons"),
    "the delimiters": (r"\F\\S\\T\\R\\E\ ", "|^&~\\ "),
    "hexadecimal": (r"A\X41\B\X0d0A\C", "AAB\r\nC"),
    "hexadecimal of several bytes": (r"M\XC3BC\ller", "Müller"),
    "hexadecimal that is no character": (r"M\XC3\ller", r"M\XC3\ller"),
    "hexadecimal of odd length": (r"A\X4\B\X414\C", r"A\X4\B\X414\C"),
    "hexadecimal without digits": (r"A\X\B", r"A\X\B"),
    "hexadecimal with others": (r"A\XZZ\B", r"A\XZZ\B"),
    "line breaks": (r"one\.br\two\.sp\three\.sp3\four\.ce\five", "one\ntwo\nthree\nfour\nfive"),
    "other layout": (r"one\.in+4\two\.ti-2\three\.fi\four\.nf\five\.sk2\six", "onetwothreefourfive six"),
    "highlighting": (r"is \H\high\N\ now", "is high now"),
    "unknown": (r"A\Z99\B\.xy\C\f\D", r"A\Z99\B\.xy\C\f\D"),
    "another character set": (r"\C2842\\M824041\ ", r"\C2842\\M824041\ "),
    "not terminated": (r"A\T\B\T", r"A&B\T"),
    "a lone one": ("C:\\temp", "C:\\temp"),
    "across a line": ("A\\\nT\\B", "A\\\nT\\B"),
    "escaped escapes are decoded once": (r"\E\X09\E\ ", "\\X09\\ "),
    "truncation where there is none": (r"A\P\B", r"A\P\B"),
}


@pytest.mark.parametrize(("written", "meant"), MEANING.values(), ids=MEANING)
def test_meaning(written: str, meant: str) -> None:
    assert unescape(written, STANDARD) == meant


def test_hexadecimal_is_of_the_messages_character_set() -> None:
    assert LATIN
    assert unescape(r"M\XFC\ller", LATIN) == "Müller"


def test_truncation() -> None:
    assert TRUNCATING
    assert unescape(r"A\P\B", TRUNCATING) == "A#B"


def test_other_delimiters() -> None:
    assert OTHERS
    assert unescape("A%F%%S%%R%%E%%T%B", OTHERS) == "A@*!%+B"
    assert unescape(r"A\F\B", OTHERS) == r"A\F\B"


def test_without_an_escape_character_nothing_is_escaped() -> None:
    assert SHORT
    assert unescape(r"A\T\B", SHORT) == r"A\T\B"
    assert escape("A|B^C~D&E\r", SHORT) == "A B C D&E "


@pytest.mark.parametrize("written", [STANDARD, LATIN, TRUNCATING, OTHERS])
@given(text=st.text(st.characters(codec="iso8859-1")))
def test_round_trip(written: object, text: str) -> None:
    assert isinstance(written, type(STANDARD))
    assert unescape(escape(text, written), written) == text


@given(text=st.text())
def test_what_is_escaped_parts_nothing(text: str) -> None:
    assert not set(escape(text, STANDARD)) & set("|^~&\r\n\x0b\x1c")


@given(text=st.text(st.sampled_from("\\FSTREXHN0Z4.brsp |")))
def test_decoding_takes_anything(text: str) -> None:
    assert isinstance(unescape(text, STANDARD), str)
