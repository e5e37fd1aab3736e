"""What a stored resource refers to on this server, literally.

https://hl7.org/fhir/R4/references.html#literal"""

import re
from collections.abc import Callable, Iterator, Sequence

from server.fhir.registry import names
from server.fhir.search.include import Find, permitted
from server.store.entry import Key, Version
from server.store.query import OneOf, Search, term

MOST = 1000
"""Resources that are followed from one page."""

_REFERENCE = re.compile(
    rb'"(?:reference|url)":"([^"\\]*?/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[^"\\]*)?"'
)


def referred(body: bytes, base: str) -> Iterator[Key]:
    """References are found in the JSON as it is: nothing but one looks like one there, because a quotation mark within
    a text is escaped. An attachment's address counts too, since it may be a Binary's."""
    own = f"{base}/".encode()
    for where, type, id in _REFERENCE.findall(body):
        if where in {b"", own} and type.decode() in names():
            yield Key(type.decode(), id.decode())


def along(find: Find, found: Sequence[Version], base: str, follows: Callable[[Version, Key], bool]) -> list[Version]:
    """What the resources refer to, and what that refers to in turn, as far as ``follows`` (from, to) says, once."""
    known, new, more = {each.key for each in found}, list(found), list[Version]()
    while new and len(more) < MOST:
        wanted = {key for each in new for key in referred(each.body or b"", base) if follows(each, key)} - known
        known |= wanted
        new = list(fetched(find, sorted(wanted)[: MOST - len(more)]))
        more += new
    return more


def fetched(find: Find, keys: Sequence[Key]) -> Iterator[Version]:
    """Those of the resources that are there, and the client may search for."""
    for type in sorted({key.type for key in keys}):
        named = tuple(term("_id", key.id) for key in keys if key.type == type)
        yield from permitted(find, Search(type, OneOf(named), limit=len(named))).versions
