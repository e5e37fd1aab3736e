"""The words of a narrative: ``_text␟word``, each once, without case and accents.

https://hl7.org/fhir/R4/search.html#text"""

import re
from collections.abc import Iterator
from html import unescape as plain
from typing import Any

from mappings.fhir.values import normalized
from server.fhir.search.escapes import unescape
from server.fhir.search.kind import Asked, Kind
from server.store.query import All, Query, equals, term

LONGEST = 64
"""Characters of a word."""
MOST = 5_000
"""Words of one narrative."""

_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """In the order in which they first stand there."""
    return list(dict.fromkeys(each[:LONGEST] for each in _WORD.findall(normalized(text))))


def index(code: str, value: Any, _: str) -> Iterator[str]:
    for word in words(plain(_TAG.sub(" ", value.get("div", ""))))[:MOST]:
        yield term(code, word)


def matching(asked: Asked) -> Query:
    """All of the words, wherever they stand."""
    wanted = words(unescape(asked.value))
    if not wanted:
        raise asked.refusal("a word is needed")
    return All(tuple(equals(term(asked.code, each)) for each in wanted))


NARRATIVE = Kind(index, {"": matching})
