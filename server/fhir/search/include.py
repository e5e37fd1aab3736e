"""What is given along with what was found: what it refers to, and what refers to it.

Whatever is included was searched for as the same client, so the gate leaves out what is not theirs.
https://hl7.org/fhir/R4/search.html#include"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from server.fhir.exchange import Parameters
from server.fhir.outcome import Forbidden, Invalid, Issue
from server.fhir.registry import ResourceType, names, referring, resource_type
from server.fhir.search.reference import addresses
from server.fhir.search.result import printable
from server.store.engine import Page
from server.store.entry import Key, Version
from server.store.query import SEP, All, Any, Between, OneOf, Query, Search, equals, starts, term

INCLUDES = frozenset({"_include", "_revinclude"})
AGAIN = frozenset({"iterate", "recurse"})
"""Also for what is included; ``recurse`` is what R3 called it."""

EVERY = "*"
MOST = 1000
"""Resources that are included with one page."""
MANY = 100
"""Versions of what has a url that are looked for at once."""
ROUNDS = 10
"""How often what was included is looked at again."""

INCOMPLETE = Issue(
    f"of what belongs to these, only the first {MOST} are included", code="incomplete", severity="warning"
)

_KEY = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")

Find = Callable[[Search], Page]


@dataclass(frozen=True, slots=True)
class Include:
    """``Encounter:subject:Patient``: the reference parameters ``codes`` of ``type``, as far as they point at ``target``
    ("" for anything). ``reverse``: what is included is of ``type``, and refers to what is there."""

    type: str
    codes: frozenset[str]
    target: str = ""
    reverse: bool = False
    again: bool = False


def includes(row: ResourceType, query: Parameters) -> tuple[Include, ...]:
    """Raises Invalid for what cannot be followed."""
    asked = ((name, value) for name, value in query if name.partition(":")[0] in INCLUDES)
    return tuple(each for name, value in asked for each in include(row, name, value))


def include(row: ResourceType, name: str, value: str) -> Iterator[Include]:
    code, _, modifier = name.partition(":")
    if modifier and modifier not in AGAIN:
        raise Invalid(Issue(f"{code}: the modifier {printable(modifier)} is not supported", code="not-supported"))
    reverse, again = code == "_revinclude", bool(modifier)
    if value == EVERY:
        yield from every(row, reverse=reverse, again=again)
        return
    type, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    if type not in names() or not (reverse or again or type == row.name) or not (target == "" or target in names()):
        raise Invalid(
            f"{code}: Type:parameter is needed, and Type is what is searched for, or with _revinclude another"
        )
    yield Include(type, followed(code, type, parameter), target, reverse, again)


def every(row: ResourceType, *, reverse: bool, again: bool) -> Iterator[Include]:
    if not reverse:
        yield Include(row.name, references(row.name), again=again)
        return
    for type, codes in referring(row.name).items():
        yield Include(type, frozenset(codes), row.name, reverse=True, again=again)


def followed(code: str, type: str, parameter: str) -> frozenset[str]:
    known = references(type)
    if parameter == EVERY:
        return known
    if parameter not in known:
        raise Invalid(f"{code}: {type} has no reference parameter of that name")
    return frozenset({parameter})


def references(type: str) -> frozenset[str]:
    return frozenset(each.code for each in resource_type(type).parameters.values() if each.type == "reference")


def included(
    find: Find, asked: Sequence[Include], found: Sequence[Version], base: str
) -> tuple[list[Version], tuple[Issue, ...]]:
    """Each resource once, and none that was found itself; and what is to be said of it. What the client may not search
    for is left out."""
    there, along = {each.key for each in found}, dict[Key, Version]()
    fresh, complete = found, True
    for _ in range(ROUNDS):
        pages = [permitted(find, search) for one in asked for search in searches(one, fresh, base)]
        more = {each.key: each for page in pages for each in page.versions if each.key not in there}
        room = MOST - len(along)
        along.update(list(more.items())[:room])
        complete = complete and len(more) <= room and not any(page.next for page in pages)
        there, fresh, asked = there | more.keys(), list(more.values()), [each for each in asked if each.again]
        if not (fresh and asked and complete):
            break
    else:
        complete = False
    return list(along.values()), () if complete else (INCOMPLETE,)


def permitted(find: Find, search: Search) -> Page:
    try:
        return find(search)
    except Forbidden:
        return Page(())


def searches(asked: Include, found: Sequence[Version], base: str) -> Iterable[Search]:
    return _referring(asked, found, base) if asked.reverse else _referred(asked, found, base)


def _referring(asked: Include, found: Sequence[Version], base: str) -> Iterator[Search]:
    keys = sorted({each.key for each in found if asked.target in {"", each.key.type}})
    if keys:
        written = [each for key in keys for each in addresses(base, *key)]
        texts = tuple(term(code, each) for code in sorted(asked.codes) for each in written)
        yield Search(asked.type, OneOf(texts), limit=MOST)


def _referred(asked: Include, found: Sequence[Version], base: str) -> Iterator[Search]:
    wanted: dict[str, set[Query]] = {}
    for each in found:
        if each.key.type == asked.type:
            for type, query in pointing(asked, each, base):
                wanted.setdefault(type, set()).add(query)
    for type in sorted(wanted):
        yield Search(type, one_of(wanted[type]), limit=MOST)


def one_of(queries: Collection[Query]) -> Query:
    """Whole terms, many at once; what else there is, each by itself."""
    texts = tuple(sorted(each.low for each in queries if isinstance(each, Between)))
    others = tuple(each for each in queries if not isinstance(each, Between))
    return Any((OneOf(texts), *others[:MANY])) if others else OneOf(texts)


def pointing(asked: Include, version: Version, base: str) -> Iterator[tuple[str, Query]]:
    """What a resource's own terms say that it refers to: types, and what is meant of them."""
    values = {
        (code, value) for code, _, value in (each.partition(SEP) for each in version.terms) if code in asked.codes
    }
    named = {(code, value.partition("|")[0]) for code, value in values if "|" in value}
    for code, value in sorted(values - named):
        types, query = meant(asked.type, code, value.removeprefix(f"{base}/"))
        for type in types:
            if value and asked.target in {"", type}:
                yield type, query


def meant(type: str, code: str, value: str) -> tuple[frozenset[str], Query]:
    if match := _KEY.fullmatch(value):
        return names() & {match[1]}, equals(term("_id", match[2]))
    return canonical_targets(type, code), canonical(value)


@cache
def canonical_targets(type: str, code: str) -> frozenset[str]:
    """What a parameter may name by its url."""
    return frozenset(
        each for each in resource_type(type).parameters[code].target if "url" in resource_type(each).parameters
    )


def canonical(value: str) -> Query:
    """https://hl7.org/fhir/R4/references.html#canonical"""
    url, _, version = value.partition("|")
    named = equals(term("url", url))
    return All((named, starts(term("version", version, "")))) if version else named
