"""A walk of the embedded store's search: along the sort's own terms, one term's resources, or all of a type.

At first each resource that is met is looked at by itself: where much matches, the page is soon full. Beyond that it is
looked for in the sets that the index has for the query, which are made once; then a step costs next to nothing."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from server.store.paging import Cursor
from server.store.query import All, Between, Not, Query, Search, Sort, starts
from server.store.sqlite_query import Sql, among, condition, run, sort_key, sql, within

STEPS = 1_500
"""So many resources are looked at by themselves."""

V = "CROSS JOIN version v ON v.n = r.newest"


@dataclass(frozen=True, slots=True)
class Walk:
    """Along the rows ``w`` of a table that have the place and one of the terms: each is of the resource ``number``.

    ``keyed_by`` is what a resource is sorted by: it counts where it is met by that, not by another of its terms."""

    place: int
    query: Query
    order: tuple[str, str]
    table: str
    number: str
    terms: Between | None = None
    keyed_by: Sql | None = None

    @property
    def key(self) -> str:
        return "w.term" if self.keyed_by else ""

    def rows(self, after: Cursor | None, upto: Cursor | None) -> Sql:
        """Beyond one row, up to another."""
        beyond, _ = self.order
        parts = self._compared(beyond, after), self._compared("<=" if beyond == ">" else ">=", upto)
        return sql("{} AND {} AND {}", self._span(after, upto), *parts)

    def _span(self, after: Cursor | None, upto: Cursor | None) -> Sql:
        if self.terms is None:
            return sql("w.place = {} AND w.live", self.place)
        low, high = self.terms.low, self.terms.high
        if self.keyed_by:  # SQLite does not narrow a range by a comparison of two columns
            first, last = (after, upto) if self.order[0] == ">" else (upto, after)
            low = first.key if first and first.key else low
            high = last.key + "\x00" if last and last.key else high
        return sql("w.place = {} AND {}", self.place, within("w.term", Between(low, high)))

    def _compared(self, how: str, to: Cursor | None) -> Sql:
        if to is None:
            return Sql("1")
        return (
            sql(f"({self.key}, {self.number}) {how} ({{}}, {{}})", *to)
            if self.key
            else sql(f"{self.number} {how} {{}}", to.row)
        )

    @property
    def ordered(self) -> str:
        _, way = self.order
        return ", ".join(f"{column} {way}" for column in (self.key, self.number) if column)

    def leg(self, rows: Sql, checked: Sql) -> Sql:
        met = sql(f"{self.key} = {{}}", self.keyed_by) if self.keyed_by else Sql("1")
        template = f"""SELECT {self.number} AS n, {self.key or "NULL"} AS key FROM {self.table} w
            CROSS JOIN resource r ON r.n = {self.number} {V} WHERE {{}} AND {{}} AND {{}} ORDER BY {self.ordered}"""
        return sql(template, rows, checked, met)


def walk(db: sqlite3.Connection, way: Walk, after: Cursor | None) -> Iterator[Sql]:
    edge = _edge(db, way, after)
    yield way.leg(way.rows(after, edge), condition(way.place, way.query))
    if edge:
        yield way.leg(way.rows(edge, None), among(way.place, way.query, f"+{way.number}"))


def _edge(db: sqlite3.Connection, way: Walk, after: Cursor | None) -> Cursor | None:
    """The last of the first steps, if there are as many."""
    template = f"""SELECT {way.key or "NULL"}, {way.number} FROM {way.table} w
        WHERE {{}} ORDER BY {way.ordered} LIMIT 1 OFFSET {{}}"""
    row = run(db, sql(template, way.rows(after, None), STEPS - 1)).fetchone()
    return Cursor(*row) if row else None


def along_keys(place: int, search: Search, sort: Sort) -> Walk:
    return Walk(place, search.where, order(search), "term", "w.resource", starts(sort.prefix), sort_key(sort))


def along_term(place: int, search: Search, term: Between) -> Walk:
    return Walk(place, search.where, order(search), "term", "w.resource", term)


def everywhere(place: int, search: Search) -> Walk:
    return Walk(place, keyless(search), order(search), "resource", "w.n")


def keyless(search: Search) -> Query:
    """What is asked of resources without a sort key."""
    return All((search.where, Not(starts(search.sort.prefix)))) if search.sort else search.where


def order(search: Search) -> tuple[str, str]:
    """What is beyond a row, and the way there."""
    return ("<", "DESC") if search.sort and search.sort.descending else (">", "ASC")
