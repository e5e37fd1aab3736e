"""Escape sequences, decoded after splitting and exactly once.

HL7 v2.7 chapter 2, section 2.7. What is not known or not terminated stays as it was sent: nothing is lost."""

import re
from collections.abc import Callable
from functools import lru_cache

from mappings.v2.delimiters import Delimiters

_FORMATTING = {
    ".br": "\n",
    ".sp": "\n",
    ".ce": "\n",
    ".sk": " ",
    ".in": "",
    ".ti": "",
    ".fi": "",
    ".nf": "",
    "H": "",
    "N": "",
}
"""Formatted text (FT) as plain text. A count, as in ``.sp3``, is layout and is not repeated."""

_COUNT = re.compile(r"(\.[a-z]{2})[+-]?[0-9]{0,4}")


def unescape(text: str, delimiters: Delimiters) -> str:
    if not delimiters.escape or delimiters.escape not in text:
        return text
    pattern, meaning = _decoder(delimiters)
    return pattern.sub(meaning, text)


def escape(text: str, delimiters: Delimiters) -> str:
    """Safe to stand anywhere in a message: no character of it parts a field or ends a segment."""
    return text.translate(_encoder(delimiters))


@lru_cache(maxsize=256)
def _decoder(delimiters: Delimiters) -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    mark = re.escape(delimiters.escape)
    known = {**_FORMATTING, **{letter: character for character, letter in _letters(delimiters).items()}}

    def meaning(match: re.Match[str]) -> str:
        name = match[1]
        if name in known:
            return known[name]
        if name.startswith("X"):
            return _hexadecimal(name[1:], delimiters.codec) or match[0]
        count = _COUNT.fullmatch(name)
        return known.get(count[1], match[0]) if count else match[0]

    return re.compile(f"{mark}([^{mark}\r\n]+){mark}"), meaning


@lru_cache(maxsize=256)
def _encoder(delimiters: Delimiters) -> dict[int, str]:
    mark = delimiters.escape
    hexadecimal = {code: f"{mark}X{code:02X}{mark}" if mark else " " for code in (*range(0x20), 0x7F)}
    letters = {
        ord(character): f"{mark}{letter}{mark}" if mark else " " for character, letter in _letters(delimiters).items()
    }
    return {**hexadecimal, **letters}


def _letters(delimiters: Delimiters) -> dict[str, str]:
    pairs = (
        (delimiters.field, "F"),
        (delimiters.component, "S"),
        (delimiters.repetition, "R"),
        (delimiters.escape, "E"),
        (delimiters.subcomponent, "T"),
        (delimiters.truncation, "P"),
    )
    return {character: letter for character, letter in pairs if character}


def _hexadecimal(digits: str, codec: str) -> str:
    """Empty if these are not whole bytes of the message's character set."""
    if not re.fullmatch("(?:[0-9A-Fa-f]{2})+", digits):
        return ""
    try:
        return bytes.fromhex(digits).decode(codec)
    except UnicodeDecodeError:
        return ""
