"""Which character set a message is written in, and the text that its bytes are. Never a replacement character.

MSH-18 with table 0211 says what the sender means; MSH itself is ASCII, and is read before anything is decoded.
What a sender declares is obeyed, with three exceptions, each reported:

- ASCII declared, other bytes there: read as if nothing had been declared.
- a one-byte set declared, and the bytes are well-formed UTF-8 beyond ASCII, which such text hardly ever is: UTF-8.
- an unknown name: read as if nothing had been declared.

Nothing declared: the sender's configured default; else UTF-8; else, where it is not well-formed UTF-8, Windows-1252,
the superset of Latin 1 that such senders use, reported. Bytes that are none of these are refused."""

import codecs
from typing import NamedTuple

from mappings.v2.header import header_fields

ONE_BYTE = {
    **{f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))},
    "ISO IR100": "iso8859-1",
    "ISO IR101": "iso8859-2",
    "ISO IR109": "iso8859-3",
    "ISO IR110": "iso8859-4",
    "ISO IR144": "iso8859-5",
    "ISO IR127": "iso8859-6",
    "ISO IR126": "iso8859-7",
    "ISO IR138": "iso8859-8",
    "ISO IR148": "iso8859-9",
    "ISO IR166": "iso8859-11",
}
CODECS = {
    **ONE_BYTE,
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    "ISO IR14": "iso2022_jp_ext",
    "ISO IR87": "iso2022_jp_2",
    "ISO IR159": "iso2022_jp_2",
    "GB 18030-2000": "gb18030",
    "GB 18030": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
    "BIG5": "big5",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
}
"""Table 0211, and the spellings that senders use beside it. UTF-16 is known by its byte order mark alone: where MSH-18
could be read as ASCII, the bytes are not UTF-16."""

_CHARACTER_SET = 18
_REPETITION = slice(1, 2)


class Decoded(NamedTuple):
    """``flaw``: how what was declared and what was sent differ."""

    text: str
    codec: str
    flaw: str = ""


class NotDecodable(ValueError):
    """The bytes are not of the character set that MSH-18, or the sender's configuration, says."""


def decode(data: bytes, default: str | None = None) -> Decoded:
    """``default``: the name in table 0211 of what a sender who leaves MSH-18 empty writes. Raises NotDecodable."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Decoded(_strict(data, "utf-16"), "utf-16")
    data = data.removeprefix(codecs.BOM_UTF8)
    names = declared(data)
    codec, configured = codec_of(names), codec_of((default or "",))
    if data.isascii() and b"\x1b" not in data:
        return Decoded(data.decode("ascii"), codec or configured or "utf-8")
    if codec not in (None, "ascii"):
        return _as_declared(data, codec)
    flaw = "MSH-18 does not name the character set of these bytes" if names else ""
    if configured not in (None, "ascii"):
        decoded = _as_declared(data, configured)
        return decoded._replace(flaw=flaw or decoded.flaw)
    return _as_undeclared(data, flaw)


def declared(data: bytes) -> tuple[str, ...]:
    """The repetitions of MSH-18."""
    fields = header_fields(data)
    if len(fields) <= _CHARACTER_SET:
        return ()
    value = fields[_CHARACTER_SET].strip(b" \x1c")
    repetition = fields[2][_REPETITION]
    names = value.split(repetition) if repetition else [value]
    return tuple(name.decode("ascii", "ignore").strip() for name in names if name.strip())


def codec_of(names: tuple[str, ...]) -> str | None:
    """Of several sets the first that is more than ASCII: the codecs of the ISO 2022 sets hold ASCII too."""
    known = [codec for name in names if (codec := CODECS.get(" ".join(name.upper().split())))]
    return next((codec for codec in known if codec != "ascii"), known[0] if known else None)


def _as_declared(data: bytes, codec: str) -> Decoded:
    if codec == "utf-8" or data.isascii() or not _is_utf8(data):
        return Decoded(_strict(data, codec), codec)
    if codec in ONE_BYTE.values():
        return Decoded(data.decode("utf-8"), "utf-8", "a one-byte character set is declared, the bytes are UTF-8")
    return Decoded(_strict(data, codec), codec, "the bytes are well-formed UTF-8, another character set is declared")


def _as_undeclared(data: bytes, flaw: str) -> Decoded:
    if _is_utf8(data):
        return Decoded(data.decode("utf-8"), "utf-8", flaw)
    return Decoded(_strict(data, "cp1252"), "cp1252", flaw or "no character set is declared; read as Windows-1252")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _strict(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise NotDecodable(f"not {codec} at byte {error.start}") from None
