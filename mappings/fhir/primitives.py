"""R4's primitive types: the JSON kind of each and what its text may be.

A predicate is called once for each value of a resource, so where one pattern says it all, the predicate *is* the
pattern's own compiled method. It raises TypeError for a JSON kind that cannot be right, which means no.

https://hl7.org/fhir/R4/datatypes.html#primitive"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, TypeAlias

from mappings.fhir.json import MAGNITUDE, Spelled

Predicate: TypeAlias = Callable[[Any], object]

LIMIT = 1024 * 1024
"""Characters in a string: https://hl7.org/fhir/R4/datatypes.html#string"""

LARGEST = 10**MAGNITUDE

YEAR = r"(?!0000)[0-9]{4}"
LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?!0000)(?:[02468][048]|[13579][26])00)"
MONTH = r"(?:0[1-9]|1[0-2])"
DAY = (
    rf"(?:{YEAR}-(?:{MONTH}-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    rf"|{LEAP_YEAR}-02-29)"
)
"""A day that is in the calendar."""
TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
UUID = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
OID = r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"

GRAPHIC = r"[^\s\x00-\x20\ud800-\udfff]"
TEXT = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]"
"""Halves of surrogate pairs are in no text that UTF-8 can carry."""


def matching(pattern: str) -> Predicate:
    return re.compile(pattern).fullmatch


def remembering(pattern: str) -> Predicate:
    matches = matching(pattern)
    return Remembered(lambda value: matches(value) is not None).__getitem__


class Remembered(dict[Any, Any]):
    """What a function answers to the texts that come again and again (systems, codes, days): its ``__getitem__`` is a
    look-up instead of a match. Only of short texts, and all is forgotten before there are too many."""

    def __init__(self, function: Callable[[Any], object], *, most: int = 4096, short: int = 160) -> None:
        super().__init__()
        self._function = function
        self._most = most
        self._short = short

    def __missing__(self, value: Any) -> object:
        answer = self._function(value)
        if len(self) >= self._most:
            self.clear()
        if len(value) <= self._short:
            self[value] = answer
        return answer


def _boolean(value: Any) -> bool:
    return value is True or value is False


def _integer(low: int, high: int = 2**31 - 1) -> Predicate:
    return lambda value: type(value) is int and low <= value <= high


def _decimal(value: Any) -> bool:
    """Of a size that arithmetic survives: 1e999999999 is a number too."""
    kind = type(value)
    if kind is Decimal or kind is Spelled:
        return bool(value.is_finite() and -MAGNITUDE < value.adjusted() < MAGNITUDE)
    return bool(-LARGEST < value < LARGEST) if kind is int else kind is float and isfinite(value)


_base64_text = re.compile(r"(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?").fullmatch


def _base64(value: Any) -> bool:
    """White space is allowed between the characters, for now: R4's own pattern has it."""
    text = value if type(value) is str and value.isalnum() else "".join(str.split(value))
    return text != "" and _base64_text(text) is not None


# The first alternative of each is the common case, plain ASCII, for speed.
_string = matching(rf"[!-~][ -~]{{0,{LIMIT - 1}}}|(?=\s*{GRAPHIC}){TEXT}{{1,{LIMIT}}}")
_uri = remembering(rf"(?!urn:(?:uuid|oid):)(?:[!-~]+|{GRAPHIC}+)|(?i:{UUID})|{OID}")
_code = remembering(rf"[!-~]+(?:[ ][!-~]+)*|{GRAPHIC}+(?:\s{GRAPHIC}+)*")

PRIMITIVES: Mapping[str, tuple[Predicate, str]] = {
    "base64Binary": (_base64, "base64 text"),
    "boolean": (_boolean, "true or false"),
    "canonical": (_uri, "a canonical URL, without white space"),
    "code": (_code, "a code, without leading, trailing or double white space"),
    "date": (remembering(rf"{YEAR}(?:-{MONTH})?|{DAY}"), "a date: YYYY, YYYY-MM or YYYY-MM-DD"),
    "dateTime": (
        matching(rf"{YEAR}(?:-{MONTH})?|{DAY}(?:T{TIME}{ZONE})?"),
        "a dateTime: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone",
    ),
    "decimal": (_decimal, "a JSON number"),
    "id": (matching(r"[A-Za-z0-9.-]{1,64}"), "an id: 1 to 64 letters, digits, - and ."),
    "instant": (matching(rf"{DAY}T{TIME}{ZONE}"), "an instant: YYYY-MM-DDThh:mm:ss with a time zone"),
    "integer": (_integer(-(2**31)), "a JSON integer of 32 bits"),
    "markdown": (_string, "text, not blank, without control characters, of at most 1,048,576 characters"),
    "oid": (matching(OID), "an OID as urn:oid:"),
    "positiveInt": (_integer(1), "a JSON integer, 1 or more"),
    "string": (_string, "text, not blank, without control characters, of at most 1,048,576 characters"),
    "time": (matching(TIME), "a time: hh:mm:ss"),
    "unsignedInt": (_integer(0), "a JSON integer, 0 or more"),
    "uri": (_uri, "a URI, without white space"),
    "url": (_uri, "a URL, without white space"),
    "uuid": (matching(UUID), "a UUID as urn:uuid:, in lower case"),
}
"""By type: whether a value is one, and what one is, in words that complete "must be ..."."""
