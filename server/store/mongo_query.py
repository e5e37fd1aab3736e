"""The term algebra as MongoDB filters and pipelines over ``terms``.

What was asked for appears only as the value of ``$gte``, ``$lt``, ``$in`` and ``$literal``, or escaped in a pattern:
never as a field or an operator."""

import re
from collections.abc import Iterable, Sequence

from server.store.mongo_rows import Doc, place
from server.store.paging import Cursor, bounded
from server.store.query import AFTER, All, Any, Between, Holds, Leaf, Not, OneOf, Query, Sort, Span, exact

NONE: Doc = {"_id": {"$in": []}}


def selected(tenant: str, type: str, where: Query) -> Doc:
    """Everything of a type that is there and is what the query asks for."""
    return {"tenant": tenant, "place": place(tenant, type), "live": True, **filtered(bounded(where))}


def filtered(query: Query) -> Doc:
    match query:
        case Not(inner):
            return {"$nor": [filtered(inner)]}
        case All(queries):
            return {"$and": [filtered(each) for each in queries]} if queries else {}
        case Any(queries):
            return {"$or": [filtered(each) for each in queries]} if queries else NONE
        case Holds(_, text) if "\x00" in text:
            return NONE
        case _:
            return {"terms": _term(query)}


def _term(leaf: Leaf) -> Doc:
    match leaf:
        case Between(low, high):
            return {"$in": [low]} if exact(leaf) else {"$elemMatch": {"$gte": low, "$lt": high}}
        case Holds(prefix):
            return {"$elemMatch": {"$gte": prefix, "$lt": prefix + AFTER, "$regex": holding(leaf)}}
        case OneOf(texts):
            return {"$in": list(texts)}
        case Span(low, high, least, most):
            last = rf"(?={at_least(least)}\z)(?={at_most(most)}\z)"
            return {"$elemMatch": {"$gte": low, "$lt": high, "$regex": last}}
        case _:
            raise TypeError("links are named one by one before")


def holding(query: Holds) -> str:
    """https://www.pcre.org/current/doc/html/pcre2pattern.html: ``(?s)`` lets the point be any character."""
    return rf"(?s)^{re.escape(query.prefix)}.*{re.escape(query.text)}" + (r"\z" if query.ends else "")


def at_least(text: str) -> str:
    """A pattern for texts of the same width that do not come before."""
    return _either(text, [(at, f"[{int(digit) + 1}-9]") for at, digit in enumerate(text) if digit in "012345678"])


def at_most(text: str) -> str:
    return _either(text, [(at, f"[0-{int(digit) - 1}]") for at, digit in enumerate(text) if digit in "123456789"])


def _either(text: str, beyond: Iterable[tuple[int, str]]) -> str:
    """The text itself, or one that departs from it at some digit."""
    others = (f"{re.escape(text[:at])}{digit}.{{{len(text) - at - 1}}}" for at, digit in beyond)
    return f"(?:{'|'.join((re.escape(text), *others))})"


def keyed(found: Doc, sorts: Sequence[Sort], after: Cursor | None, limit: int, *, lacking: bool) -> list[Doc]:
    """A pipeline to the ``_id`` and the keys, in their order, of what has a first key, or, ``lacking``, has none."""
    names = [f"k{n}" for n in range(len(sorts))]
    keys = {name: _key(sort) for name, sort in zip(names, sorts, strict=True)}
    lacks = {_lack(name): {"$not": [f"${name}"]} for name in names}
    order = {key: way for name, sort in zip(names, sorts, strict=True) for key, way in _order(name, sort)}
    return [
        {"$match": found},
        {"$project": keys},
        {"$addFields": lacks},
        {"$match": {_lack("k0"): lacking}},
        *([{"$match": _later(names, sorts, after)}] if after else []),
        {"$sort": {**order, "_id": order["k0"]}},
        {"$limit": limit},
    ]


def _lack(name: str) -> str:
    """Whether there is no such key: without one comes last, whichever way it goes."""
    return f"{name}_lacks"


def _order(name: str, sort: Sort) -> tuple[tuple[str, int], tuple[str, int]]:
    return (_lack(name), 1), (name, -1 if sort.descending else 1)


def _later(names: Sequence[str], sorts: Sequence[Sort], after: Cursor) -> Doc:
    later: Doc = {"_id": {_beyond(sorts[0]): after.row}}
    for name, sort, key in reversed(list(zip(names, sorts, after.keys, strict=True))):
        tied = {"$and": [{name: {"$in": [key]}}, later]}
        later = tied if key is None else {"$or": [{name: {_beyond(sort): key}}, {name: None}, tied]}
    return later


def _beyond(sort: Sort) -> str:
    return "$lt" if sort.descending else "$gt"


def _key(sort: Sort) -> Doc:
    inside = [{"$gte": ["$$term", {"$literal": sort.prefix}]}, {"$lt": ["$$term", {"$literal": sort.prefix + AFTER}]}]
    terms = {"$filter": {"input": "$terms", "as": "term", "cond": {"$and": inside}}}
    return {"$max" if sort.descending else "$min": terms}
