r"""Values of a search: ``,`` is OR, ``|`` and ``$`` divide, and ``\`` takes their meaning away.

https://hl7.org/fhir/R4/search.html#escaping"""

import re

_PIECE = re.compile(r"\\.|.", re.DOTALL)
_ESCAPE = re.compile(r"\\([,|$\\])")


def split(text: str, separator: str) -> list[str]:
    """The parts, their own escapes still in them."""
    if "\\" not in text:
        return text.split(separator)
    parts: list[list[str]] = [[]]
    for piece in _PIECE.findall(text):
        if piece == separator:
            parts.append([])
        else:
            parts[-1].append(piece)
    return ["".join(part) for part in parts]


def escaped(text: str) -> str:
    """A text that is to be looked for as it is."""
    return re.sub(r"([,|$\\])", r"\\\1", text)


def unescape(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)
