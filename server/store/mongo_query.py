"""The term algebra as MongoDB filters and pipelines over ``terms``.

What was asked for appears only as the value of ``$gte``, ``$lt``, ``$in`` and ``$literal``, or escaped in a pattern:
never as a field or an operator."""

import re

from server.store.mongo_rows import Doc, place
from server.store.paging import Cursor, bounded
from server.store.query import AFTER, All, Any, Between, Holds, Not, Query, Sort, exact

NONE: Doc = {"_id": {"$in": []}}


def selected(tenant: str, type: str, where: Query) -> Doc:
    """Everything of a type that is there and is what the query asks for."""
    return {"tenant": tenant, "place": place(tenant, type), "live": True, **filtered(bounded(where))}


def filtered(query: Query) -> Doc:
    match query:
        case Between(low, high):
            return {"terms": {"$in": [low]} if exact(query) else {"$elemMatch": {"$gte": low, "$lt": high}}}
        case Holds(prefix, text):
            within = {"$gte": prefix, "$lt": prefix + AFTER, "$regex": pattern(query)}
            return NONE if "\x00" in text else {"terms": {"$elemMatch": within}}
        case Not(inner):
            return {"$nor": [filtered(inner)]}
        case All(queries):
            return {"$and": [filtered(each) for each in queries]} if queries else {}
        case Any(queries):
            return {"$or": [filtered(each) for each in queries]} if queries else NONE


def pattern(query: Holds) -> str:
    """https://www.pcre.org/current/doc/html/pcre2pattern.html: ``(?s)`` lets the point be any character."""
    return rf"(?s)^{re.escape(query.prefix)}.*{re.escape(query.text)}" + (r"\z" if query.ends else "")


def keyed(found: Doc, sort: Sort, after: Cursor | None, limit: int) -> list[Doc]:
    """A pipeline to the ``_id`` and ``key`` of what has a term to be sorted by, in its order."""
    way, beyond = (-1, "$lt") if sort.descending else (1, "$gt")
    stages: list[Doc] = [{"$match": found}, {"$project": {"key": _key(sort)}}, {"$match": {"key": {"$type": "string"}}}]
    if after:
        later = [{"key": {beyond: after.key}}, {"key": {"$in": [after.key]}, "_id": {beyond: after.row}}]
        stages.append({"$match": {"$or": later}})
    return [*stages, {"$sort": {"key": way, "_id": way}}, {"$limit": limit}]


def _key(sort: Sort) -> Doc:
    inside = [{"$gte": ["$$term", {"$literal": sort.prefix}]}, {"$lt": ["$$term", {"$literal": sort.prefix + AFTER}]}]
    terms = {"$filter": {"input": "$terms", "as": "term", "cond": {"$and": inside}}}
    return {"$max" if sort.descending else "$min": terms}
