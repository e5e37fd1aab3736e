"""What is given along with what was found: what it refers to, and what refers to it.

Whatever is included was searched for as the same client, so the gate leaves out what is not theirs.
https://hl7.org/fhir/R4/search.html#include"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from server.fhir.exchange import Parameters
from server.fhir.outcome import Forbidden, Invalid, Issue
from server.fhir.registry import ResourceType, names, resource_type
from server.fhir.search.result import printable
from server.store.engine import Page
from server.store.entry import Key, Version
from server.store.query import SEP, Any, Search, equals, term

INCLUDES = frozenset({"_include", "_revinclude"})
EVERY = "*"
MOST = 1000
"""Resources of one type that are included with one page."""

INCOMPLETE = Issue(
    f"of what refers to these, only the first {MOST} are included", code="incomplete", severity="warning"
)

CHUNK = 100
_KEY = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")

Find = Callable[[Search], Page]


@dataclass(frozen=True, slots=True)
class Include:
    """``Encounter:subject:Patient``: the reference parameters ``codes`` of ``type``, as far as they point at ``target``
    ("" for anything). ``reverse``: what is included is of ``type``, and refers to what was found."""

    type: str
    codes: frozenset[str]
    target: str = ""
    reverse: bool = False


def includes(row: ResourceType, query: Parameters) -> tuple[Include, ...]:
    """Raises Invalid for what cannot be followed."""
    return tuple(include(row, name, value) for name, value in query if name.partition(":")[0] in INCLUDES)


def include(row: ResourceType, name: str, value: str) -> Include:
    code, _, modifier = name.partition(":")
    if modifier:
        raise Invalid(Issue(f"{code}: the modifier {printable(modifier)} is not supported", code="not-supported"))
    type, _, rest = (f"{row.name}:{EVERY}" if value == EVERY else value).partition(":")
    parameter, _, target = rest.partition(":")
    reverse = code == "_revinclude"
    if type not in names() or not (reverse or type == row.name) or not (target == "" or target in names()):
        raise Invalid(
            f"{code}: Type:parameter is needed, and Type is what is searched for, or with _revinclude another"
        )
    return Include(type, followed(code, type, parameter), row.name if reverse else target, reverse)


def followed(code: str, type: str, parameter: str) -> frozenset[str]:
    known = frozenset(each.code for each in resource_type(type).parameters.values() if each.type == "reference")
    if parameter == EVERY:
        return known
    if parameter not in known:
        raise Invalid(f"{code}: {type} has no reference parameter of that name")
    return frozenset({parameter})


def included(
    find: Find, asked: Sequence[Include], found: Sequence[Version], base: str
) -> tuple[list[Version], tuple[Issue, ...]]:
    """Each resource once, and none that was found itself; and what is to be said of it. What the client may not search
    for is left out."""
    pages = [permitted(find, search) for one in asked for search in searches(one, found, base)]
    more = {each.key: each for page in pages for each in page.versions}
    there = {each.key for each in found}
    told = (INCOMPLETE,) if any(page.next for page in pages) else ()
    return [version for key, version in more.items() if key not in there], told


def permitted(find: Find, search: Search) -> Page:
    try:
        return find(search)
    except Forbidden:
        return Page(())


def searches(asked: Include, found: Sequence[Version], base: str) -> Iterator[Search]:
    keys = sorted({each.key for each in found})
    if asked.reverse:
        for some in chunks(keys, CHUNK // max(len(asked.codes), 1) or 1):
            terms = (term(code, str(key)) for key in some for code in sorted(asked.codes))
            yield Search(asked.type, Any(tuple(map(equals, terms))), limit=MOST)
        return
    targets = sorted({key for each in found for key in referred(asked, each, base)})
    for type in sorted({key.type for key in targets}):
        for some in chunks([key for key in targets if key.type == type], CHUNK):
            yield Search(type, Any(tuple(equals(term("_id", key.id)) for key in some)), limit=CHUNK)


def referred(asked: Include, version: Version, base: str) -> Iterable[Key]:
    """What a resource's own terms say that it refers to, on this server."""
    for each in version.terms:
        code, _, value = each.partition(SEP)
        if code in asked.codes and (match := _KEY.fullmatch(value.removeprefix(f"{base}/"))):
            key = Key(match[1], match[2])
            if key.type in names() and asked.target in {"", key.type}:
                yield key


def chunks(keys: Sequence[Key], size: int) -> Iterator[Sequence[Key]]:
    return (keys[at : at + size] for at in range(0, len(keys), size))
