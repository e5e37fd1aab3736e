"""The characters that part a message, as its own MSH-1 and MSH-2 say.

HL7 v2.7 chapter 2, section 2.5.4: a sender leaves out of MSH-2 what it does not use; the fifth character, since v2.7,
is the truncation character."""

import dataclasses
import re
from functools import lru_cache

_ENCODING_CHARACTERS = 5


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Delimiters:
    """How one message is written. A delimiter that the sender left out is the empty string: nothing is split there.

    ``codec`` is what the bytes of a ``\\Xhh..\\`` escape mean."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    codec: str = "utf-8"
    leaf: re.Pattern[str] = dataclasses.field(init=False, repr=False, compare=False)
    empty: str = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        inner = self.repetition + self.component + self.subcomponent
        object.__setattr__(self, "empty", inner + " \t\xa0")
        object.__setattr__(self, "leaf", re.compile(f"[^{re.escape(inner)}]*" if inner else "(?s:.*)"))

    @property
    def encoding_characters(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation


STANDARD = Delimiters()
LITERAL = Delimiters("", "", "", "", "")
"""For MSH-1 and MSH-2 themselves: nothing in them parts or escapes."""


@lru_cache(maxsize=256)
def delimiters(field_separator: str, encoding_characters: str, codec: str = "utf-8") -> Delimiters | None:
    """None if these cannot be a message's delimiters: a letter, digit, blank or control character, or one twice."""
    every = field_separator + encoding_characters
    if not encoding_characters or len(encoding_characters) > _ENCODING_CHARACTERS or len(set(every)) < len(every):
        return None
    if any(character.isalnum() or not character.isprintable() or character in ' "' for character in every):
        return None
    component, repetition, escape, subcomponent, truncation = (*encoding_characters, "", "", "", "")[
        :_ENCODING_CHARACTERS
    ]
    return Delimiters(field_separator, component, repetition, escape, subcomponent, truncation, codec)
