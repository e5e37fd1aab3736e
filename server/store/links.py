"""What a query asks of other resources: links, changed on the way, or named one by one where none can be followed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from server.store.query import ID, NOTHING, All, Any, Link, Not, OneOf, Query, Referred, Refers, TooBroad, term

LINKED = 10_000
"""Resources at the other end of a link that are taken one by one."""

Find = Callable[[str, Query], Iterable[tuple[str, Sequence[str]]]]
"""The ids and the terms of what a query without links finds of a type."""


def links(query: Query, change: Callable[[Link], Query]) -> Query:
    """The query with each of its links changed, the inner ones by the change itself."""
    match query:
        case Refers() | Referred():
            return change(query)
        case Not(inner):
            return Not(links(inner, change))
        case All(queries):
            return All(tuple(links(each, change) for each in queries))
        case Any(queries):
            return Any(tuple(links(each, change) for each in queries))
        case _:
            return query


def has_links(query: Query) -> bool:
    return links(query, lambda _: NOTHING) != query


def unlinked(query: Query, find: Find) -> Query:
    """The query with what is at the other end of its links named one by one. Raises TooBroad."""

    def named(link: Link) -> OneOf:
        found = find(link.type, unlinked(link.where, find))
        texts = set[str]()
        for id, terms in found:
            texts.update(_named(link, id, terms))
            if len(texts) > LINKED:
                raise TooBroad(f"a chain leads over more than {LINKED} resources")
        return OneOf(tuple(sorted(texts)))

    return links(query, named)


def shallow(query: Query, depth: int, find: Find) -> Query:
    """The query with links that lead further than ``depth`` named one by one. Raises TooBroad."""

    def followed(link: Link) -> Query:
        return replace(link, where=shallow(link.where, depth - 1, find)) if depth else unlinked(link, find)

    return links(query, followed)


def _named(link: Link, id: str, terms: Sequence[str]) -> Iterator[str]:
    for prefix in link.prefixes:
        if isinstance(link, Refers):
            yield prefix + id
        else:
            yield from (term(ID, each.removeprefix(prefix)) for each in terms if each.startswith(prefix))
