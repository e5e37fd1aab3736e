"""The term algebra in SQL. Everything that was asked for is a bound parameter.

A *condition* checks a query on a candidate, the resource ``r`` with its newest version ``v``. What leads to candidates,
``sqlite_drive.py`` says; how they are put in order, ``sqlite_order.py``."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import msgspec

from server.store.query import (
    All,
    Any,
    Between,
    Holds,
    Leaf,
    Link,
    Not,
    OneOf,
    Query,
    Referred,
    Refers,
    Span,
    exact,
    starts,
)

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


class At(NamedTuple):
    """Whose resources are asked for, and how the statement calls them; those at the end of links have numbers."""

    place: int
    places: Callable[[str], int]
    depth: int = 0

    @property
    def r(self) -> str:
        return f"r{self.depth or ''}"

    @property
    def v(self) -> str:
        return f"v{self.depth or ''}"

    @property
    def version(self) -> str:
        return f"CROSS JOIN version {self.v} ON {self.v}.n = {self.r}.newest"

    def there(self, type: str) -> "At":
        """The resources of another type, of the same tenant."""
        return At(self.places(type), self.places, self.depth + 1)


def condition(at: At, query: Query) -> Sql:
    """Of few candidates: each has its own terms looked through."""
    return composed(query, lambda leaf: _holds(at, leaf))


def composed(query: Query, has: Callable[[Leaf], Sql]) -> Sql:
    match query:
        case Not(inner):
            return sql("NOT {}", composed(inner, has))
        case All(queries):
            return sql("({})", joined(" AND ", [Sql("1"), *(composed(each, has) for each in queries)]))
        case Any(queries):
            return any_of([composed(each, has) for each in queries])
        case _:
            return has(query)


def any_of(conditions: Sequence[Sql]) -> Sql:
    return sql("({})", joined(" OR ", [Sql("0"), *conditions]))


def _holds(at: At, leaf: Leaf) -> Sql:
    match leaf:
        case Between(low) if exact(leaf):
            of = f"SELECT 1 FROM term WHERE place = {{}} AND term = {{}} AND resource = {at.r}.n"
            return sql(f"EXISTS ({of})", at.place, low)
        case Refers() | Referred():
            return _linked(at, leaf)
        case _:
            return sql(f"EXISTS (SELECT 1 FROM json_each({at.v}.terms) o WHERE {{}})", within("o.value", leaf))


def _linked(at: At, link: Link) -> Sql:
    if isinstance(link, Referred):
        return _referred(at, link)
    return any_of([_refers(at, link, prefix) for prefix in link.prefixes])


def _refers(at: At, link: Refers, prefix: str) -> Sql:
    there = at.there(link.type)
    template = f"""EXISTS (SELECT 1 FROM json_each({at.v}.terms) o
        CROSS JOIN resource {there.r} ON {ending(there.r, prefix)} {there.version} WHERE {{}} AND {{}})"""
    return sql(template, there.place, within("o.value", starts(prefix)), condition(there, link.where))


def ending(resource: str, prefix: str) -> str:
    """The resource, as the statement calls it, whose id a term ends with."""
    return f"{resource}.place = {{}} AND {resource}.id = substr(o.value, {len(prefix) + 1}) AND {resource}.live"


def _referred(at: At, link: Referred) -> Sql:
    there = at.there(link.type)
    template = f"""EXISTS (SELECT 1 FROM term t CROSS JOIN resource {there.r} ON {there.r}.n = t.resource
        {there.version} WHERE t.place = {{}} AND t.term IN ({{}}) AND {{}})"""
    return sql(template, there.place, naming(link, f"{at.r}.id"), condition(there, link.where))


def naming(link: Link, id: str) -> Sql:
    return joined(", ", [sql(f"{{}} || {id}", prefix) for prefix in link.prefixes])


def within(column: str, leaf: Between | Holds | OneOf | Span) -> Sql:
    """Whether a term is one that the leaf asks for."""
    match leaf:
        case Holds(prefix, text):
            rest = f"substr({column}, {len(prefix) + 1})"
            ends = f"substr({rest}, -{len(text)}) = {{}}" if leaf.ends and text else f"instr({rest}, {{}}) > 0"
            return sql("{} AND {}", within(column, starts(prefix)), sql(ends, text))
        case OneOf(texts):
            return sql(f"{column} IN (SELECT value FROM json_each({{}}))", msgspec.json.encode(texts).decode())
        case Span(low, high, least, most):
            last = f"substr({column}, -{len(least)}) BETWEEN {{}} AND {{}}"
            return sql("{} AND {}", within(column, Between(low, high)), sql(last, least, most))
        case Between(low, high):
            if exact(leaf):
                return sql(f"{column} = {{}}", low)
            return sql(f"{column} >= {{}} AND {column} < {{}}", low, high)
