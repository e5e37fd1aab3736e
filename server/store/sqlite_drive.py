"""What leads to candidates of a search: terms in the term index.

A query's *drive* says which of its terms lead to all that it matches, and to about how many. A link leads from the
resources at its other end."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

from collections.abc import Callable, Sequence
from typing import NamedTuple

from server.store.query import All, Any, Leaf, Not, Query, Referred, Refers, exact, starts
from server.store.sqlite_query import At, Sql, composed, condition, ending, joined, naming, sql, within


class Drive(NamedTuple):
    """Leaves of which everything that a query matches has one; ``cost`` is how many resources have one, about.
    ``numbers`` are those resources, where they have been looked for already."""

    cost: int
    terms: tuple[Leaf, ...]
    numbers: tuple[int, ...] | None = None

    @property
    def in_order(self) -> bool:
        """Of one term that is whole: its resources are found in the order of their numbers."""
        return len(self.terms) == 1 and exact(self.terms[0])


Cost = Callable[[At, Leaf], int]

CHEAP = 100
"""So few candidates are not worth a look at what links lead to."""


def drive(at: At, query: Query, cost: Cost) -> Drive | None:
    """The cheapest drive; None when no terms lead to what the query matches."""
    match query:
        case Not():
            return None
        case All(queries):
            return _cheapest(at, queries, cost)
        case Any(queries):
            drives = [drive(at, each, cost) for each in queries]
            known = [each for each in drives if each]
            every = tuple(term for each in known for term in each.terms)
            return Drive(sum(each.cost for each in known), every) if len(known) == len(drives) else None
        case _:
            return Drive(cost(at, query), (query,))


def _cheapest(at: At, queries: Sequence[Query], cost: Cost) -> Drive | None:
    best: Drive | None = None
    for query in sorted(queries, key=lambda each: isinstance(each, Refers | Referred)):
        if best and best.cost < CHEAP and isinstance(query, Refers | Referred):
            break
        found = drive(at, query, cost)
        if found and (best is None or (found.cost, not found.in_order) < (best.cost, not best.in_order)):
            best = found
    return best


def covered(query: Query) -> bool:
    """Whether the candidates of its drive are just what the query matches, so that there is nothing left to check."""
    match query:
        case All((inner,)):
            return covered(inner)
        case Any(queries):
            return all(map(covered, queries))
        case _:
            return not isinstance(query, All | Not)


NOWHERE = Drive(0, ())
"""No term leads to anything."""


def candidates(at: At, found_by: Drive, cost: Cost) -> Sql:
    """The resources that have one of the terms, each once."""
    if not found_by.terms:
        return Sql("SELECT NULL AS resource WHERE 0")
    if found_by.numbers is not None:
        return sql("SELECT value AS resource FROM json_each({})", str(list(found_by.numbers)))
    found = [having(at, each, cost) for each in found_by.terms]
    if len(found) == 1 and not exact(found_by.terms[0]):
        return sql("SELECT DISTINCT resource FROM ({})", *found)
    return joined(" UNION ", found)


def among(at: At, query: Query, number: str, cost: Cost) -> Sql:
    """Whether a query matches, of many candidates of which only the ``number`` is needed: all that have a term are
    found once."""
    return composed(query, lambda leaf: sql(f"{number} IN ({{}})", having(at, leaf, cost)))


def having(at: At, leaf: Leaf, cost: Cost) -> Sql:
    match leaf:
        case Refers():
            return _referring(at, leaf, cost)
        case Referred():
            return joined(" UNION ", [_referred(at, leaf, prefix, cost) for prefix in leaf.prefixes])
        case _:
            return sql("SELECT resource FROM term WHERE place = {} AND {}", at.place, within("term", leaf))


def _referring(at: At, link: Refers, cost: Cost) -> Sql:
    there = at.there(link.type)
    template = f"""SELECT t.resource AS resource FROM (SELECT {there.r}.id AS id FROM {{}}) i
        CROSS JOIN term t ON t.place = {{}} AND t.term IN ({{}})"""
    return sql(template, matching(there, link.where, cost), at.place, naming(link, "i.id"))


def _referred(at: At, link: Referred, prefix: str, cost: Cost) -> Sql:
    there = at.there(link.type)
    template = f"""SELECT r.n AS resource FROM (SELECT {there.v}.terms AS terms FROM {{}}) i
        CROSS JOIN json_each(i.terms) o CROSS JOIN resource r ON {ending("r", prefix)} WHERE {{}}"""
    return sql(template, matching(there, link.where, cost), at.place, within("o.value", starts(prefix)))


def matching(at: At, where: Query, cost: Cost) -> Sql:
    """Where the resources are found that a query matches, and what they have to be."""
    found = drive(at, where, cost)
    checked = Sql("1") if found and covered(where) else condition(at, where)
    return sql(f"{{}} {at.version} WHERE {{}}", rows(at, found, cost), checked)


def rows(at: At, found: Drive | None, cost: Cost) -> Sql:
    """The resources to be checked, and ``d`` that leads to them."""
    if found is None:
        return sql(f"(SELECT * FROM resource WHERE place = {{}} AND live) {at.r}", at.place)
    return sql(f"({{}}) d CROSS JOIN resource {at.r} ON {at.r}.n = d.resource", candidates(at, found, cost))
