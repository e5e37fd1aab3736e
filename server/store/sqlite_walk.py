"""A walk of the embedded store's search: along the sort's own terms, one term's resources, or all of a type.

At first each resource that is met is looked at by itself: where much matches, the page is soon full. Beyond that it is
looked for in the sets that the index has for the query, which are made once; then a step costs next to nothing."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from server.store.paging import Cursor
from server.store.query import All, Between, Not, Query, Search, starts
from server.store.sqlite_drive import Cost, among
from server.store.sqlite_order import columns, later, order, ordered, sort_key
from server.store.sqlite_query import At, Sql, condition, run, sql, within

STEPS = 1_500
"""So many resources are looked at by themselves."""

V = "CROSS JOIN version v ON v.n = r.newest"


@dataclass(frozen=True, slots=True)
class Walk:
    """Along the rows ``w`` of a table that have the place and one of the terms: each is of the resource ``number``.

    ``keyed``: along the terms of the search's first key. A resource counts where it is met by the one that it is sorted
    by, not by another of its terms; the further keys order those that have the same."""

    at: At
    query: Query
    search: Search
    cost: Cost
    table: str
    number: str
    terms: Between | None = None
    keyed: bool = False

    @property
    def keys(self) -> tuple[Sql, ...]:
        """As they are selected; without a key of its own, a row lacks all."""
        if not self.keyed:
            return tuple(Sql("NULL") for _ in self.search.sort)
        return (Sql("w.term"), *map(sort_key, self.search.sort[1:]))

    @property
    def names(self) -> tuple[str, ...]:
        return ("w.term", *(f"k{n}" for n in range(1, len(self.search.sort)))) if self.keyed else ()

    def since(self, after: Cursor | None) -> Sql:
        return later(self.search, self.names, self.number, after)

    def span(self, first: str | None, last: str | None) -> Sql:
        """From one term to another, on the way: SQLite does not narrow a range by a comparison of two columns."""
        if self.terms is None:
            return sql("w.place = {} AND w.live", self.at.place)
        least, most = (first, last) if order(self.search)[0] == ">" else (last, first)
        low, high = least or self.terms.low, most + "\x00" if most else self.terms.high
        return sql("w.place = {} AND {}", self.at.place, within("w.term", Between(low, high)))

    def leg(self, rows: Sql, checked: Sql) -> Sql:
        met = sql("w.term = {}", sort_key(self.search.sort[0])) if self.keyed else Sql("1")
        template = f"""SELECT {self.number} AS n{{}} FROM {self.table} w
            CROSS JOIN resource r ON r.n = {self.number} {V} WHERE {{}} AND {{}} AND {{}}
            ORDER BY {ordered(self.search, self.names, self.number)}"""
        return sql(template, columns(self.keys), rows, checked, met)


def walk(db: sqlite3.Connection, way: Walk, after: Cursor | None) -> Iterator[Sql]:
    edge, key = _edge(db, way, after), _first_key(after)
    near = sql("{} AND {} AND {}", way.span(key, _first_key(edge)), way.since(after), _compared(way, edge, upto=True))
    yield way.leg(near, condition(way.at, way.query))
    if edge:
        far = sql("{} AND {}", way.span(_first_key(edge), None), _compared(way, edge, upto=False))
        yield way.leg(far, among(way.at, way.query, f"+{way.number}", way.cost))


def _first_key(cursor: Cursor | None) -> str | None:
    return cursor.keys[0] if cursor and cursor.keys else None


def _compared(way: Walk, edge: Cursor | None, *, upto: bool) -> Sql:
    """Up to the edge, or beyond it. Where further keys tell, all with the edge's first key are on this side."""
    if edge is None:
        return Sql("1")
    beyond, _ = order(way.search)
    how = ("<=" if beyond == ">" else ">=") if upto else beyond
    match way.names:
        case (key,):
            return sql(f"({key}, {way.number}) {how} ({{}}, {{}})", edge.keys[0], edge.row)
        case (key, *_):
            return sql(f"{key} {how} {{}}", edge.keys[0])
        case _:
            return sql(f"{way.number} {how} {{}}", edge.row)


def _edge(db: sqlite3.Connection, way: Walk, after: Cursor | None) -> Cursor | None:
    """The last of the first steps, if there are as many."""
    _, direction = order(way.search)
    key, by = ("w.term", f"w.term {direction}, ") if way.keyed else ("NULL", "")
    since = way.since(after) if len(way.names) < 2 else Sql("1")  # noqa: PLR2004 further keys are not looked at yet
    template = f"""SELECT {key}, {way.number} FROM {way.table} w WHERE {{}} AND {{}}
        ORDER BY {by}{way.number} {direction} LIMIT 1 OFFSET {{}}"""
    row = run(db, sql(template, way.span(_first_key(after), None), since, STEPS - 1)).fetchone()
    return Cursor((row[0],), row[1]) if row else None


def along_keys(at: At, search: Search, cost: Cost) -> Walk:
    terms = starts(search.sort[0].prefix)
    return Walk(at, search.where, search, cost, "term", "w.resource", terms, keyed=True)


def along_term(at: At, search: Search, cost: Cost, term: Between) -> Walk:
    return Walk(at, search.where, search, cost, "term", "w.resource", term)


def everywhere(at: At, search: Search, cost: Cost) -> Walk:
    return Walk(at, keyless(search), search, cost, "resource", "w.n")


def keyless(search: Search) -> Query:
    """What is asked of resources without a first key."""
    return All((search.where, Not(starts(search.sort[0].prefix)))) if search.sort else search.where
