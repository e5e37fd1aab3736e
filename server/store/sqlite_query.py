"""The term algebra in SQL. Everything that was asked for is a bound parameter.

A *condition* checks a query on a candidate: the resource ``r`` with its newest version ``v``. *Among* checks it by what
the term index has, which is found once for all candidates. *Candidates* are found in the term index; a query's *drive*
says which of its terms lead to all that it matches, and to about how many."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from server.store.query import All, Any, Between, Holds, Not, Query, Sort, exact, starts

Value: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of a statement, with what is bound to it."""

    text: str
    values: tuple[Value, ...] = ()


def sql(template: str, *parts: Sql | Value) -> Sql:
    """Each ``{}`` takes the next part: a piece with its values, or one value to be bound."""
    pieces = [part if isinstance(part, Sql) else Sql("?", (part,)) for part in parts]
    values = tuple(value for piece in pieces for value in piece.values)
    return Sql(template.format(*(piece.text for piece in pieces)), values)


def run(db: sqlite3.Connection, statement: Sql) -> sqlite3.Cursor:
    return db.execute(statement.text, statement.values)


def joined(separator: str, pieces: Sequence[Sql]) -> Sql:
    return sql(separator.join("{}" for _ in pieces), *pieces)


def condition(place: int, query: Query) -> Sql:
    """Of few candidates: each has its own terms looked through."""

    def has(term: Between | Holds) -> Sql:
        if isinstance(term, Between) and exact(term):
            return sql("EXISTS (SELECT 1 FROM term WHERE place = {} AND term = {} AND resource = r.n)", place, term.low)
        return sql("EXISTS (SELECT 1 FROM json_each(v.terms) o WHERE {})", within("o.value", term))

    return _composed(query, has)


def among(place: int, query: Query, number: str) -> Sql:
    """Of many candidates, of which only the ``number`` is needed: all that have a term are found once."""
    return _composed(query, lambda term: sql(f"{number} IN ({{}})", having(place, term)))


def _composed(query: Query, has: Callable[[Between | Holds], Sql]) -> Sql:
    match query:
        case Between() | Holds():
            return has(query)
        case Not(inner):
            return sql("NOT {}", _composed(inner, has))
        case All(queries):
            return sql("({})", joined(" AND ", [Sql("1"), *(_composed(each, has) for each in queries)]))
        case Any(queries):
            return sql("({})", joined(" OR ", [Sql("0"), *(_composed(each, has) for each in queries)]))


def within(column: str, query: Between | Holds) -> Sql:
    """Whether a term is one that the query asks for."""
    if isinstance(query, Holds):
        inside = within(column, starts(query.prefix))
        rest = f"substr({column}, {len(query.prefix) + 1})"
        ends = f"substr({rest}, -{len(query.text)}) = {{}}" if query.ends and query.text else f"instr({rest}, {{}}) > 0"
        return sql("{} AND {}", inside, sql(ends, query.text))
    if exact(query):
        return sql(f"{column} = {{}}", query.low)
    return sql(f"{column} >= {{}} AND {column} < {{}}", query.low, query.high)


class Drive(NamedTuple):
    """Terms of which everything that a query matches has one; ``cost`` is how many resources have one, about.
    ``numbers`` are those resources, where they have been looked for already."""

    cost: int
    terms: tuple[Between | Holds, ...]
    numbers: tuple[int, ...] | None = None

    @property
    def in_order(self) -> bool:
        """Of one term that is whole: its resources are found in the order of their numbers."""
        return len(self.terms) == 1 and exact(self.terms[0])


Cost = Callable[[Between | Holds], int]


def drive(query: Query, cost: Cost) -> Drive | None:
    """The cheapest drive; None when no terms lead to what the query matches."""
    match query:
        case Between() | Holds():
            return Drive(cost(query), (query,))
        case Not():
            return None
        case All(queries):
            found = (drive(each, cost) for each in queries)
            return min((each for each in found if each), default=None, key=lambda each: (each.cost, not each.in_order))
        case Any(queries):
            drives = [drive(each, cost) for each in queries]
            known = [each for each in drives if each]
            every = tuple(term for each in known for term in each.terms)
            return Drive(sum(each.cost for each in known), every) if len(known) == len(drives) else None


def covered(query: Query) -> bool:
    """Whether the candidates of its drive are just what the query matches, so that there is nothing left to check."""
    match query:
        case All((inner,)):
            return covered(inner)
        case Any(queries):
            return all(map(covered, queries))
        case _:
            return isinstance(query, Between | Holds)


def candidates(place: int, found_by: Drive) -> Sql:
    """The resources that have one of the terms, each once."""
    if found_by.numbers is not None:
        return sql("SELECT value AS resource FROM json_each({})", str(list(found_by.numbers)))
    found = [having(place, each) for each in found_by.terms]
    if len(found) == 1 and not exact(found_by.terms[0]):
        return sql("SELECT DISTINCT resource FROM ({})", *found)
    return joined(" UNION ", found)


def having(place: int, term: Between | Holds) -> Sql:
    return sql("SELECT resource FROM term WHERE place = {} AND {}", place, within("term", term))


def sort_key(sort: Sort) -> Sql:
    """The term of ``v`` that the sort puts first, or NULL."""
    best = "max" if sort.descending else "min"
    return sql(f"(SELECT {best}(o.value) FROM json_each(v.terms) o WHERE {{}})", within("o.value", starts(sort.prefix)))
