"""Searches of the embedded store: a page at a time, never through all there is.

A search is *driven* by its rarest terms when they are few, or when they lead to the page in its order. Where all are
common, it *walks* the resources in the order of the page: the next that match are never far. Either way the whole query
is checked on each candidate."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from server.store.engine import Page
from server.store.paging import Cursor, bounded, cursor, written
from server.store.query import EVERYTHING, Between, Holds, Query, Search, Sort, starts
from server.store.sqlite_query import Drive, Sql, candidates, condition, covered, drive, having, sort_key, sql, within
from server.store.sqlite_rows import VERSION_COLUMNS, version

FEW = 5_000
"""So many candidates are collected and put in order more quickly than they are met on a walk."""

NOWHERE = Drive(0, ())
"""No term leads to anything."""

V = "CROSS JOIN version v ON v.n = r.newest"
ROWS = f"""SELECT {VERSION_COLUMNS}, c.key, c.n FROM ({{}} LIMIT {{}}) c
    CROSS JOIN resource r ON r.n = c.n {V}"""


@dataclass(frozen=True, slots=True)
class Plan:
    """One page of one search. ``driven`` is None when it walks."""

    place: int
    search: Search
    after: Cursor | None
    driven: Drive | None

    @property
    def order(self) -> tuple[str, str]:
        return ("<", "DESC") if self.search.sort and self.search.sort.descending else (">", "ASC")

    @property
    def checked(self) -> Sql:
        nothing_left = self.driven and covered(self.search.where)
        return Sql("1") if nothing_left else condition(self.place, self.search.where)


def page(db: sqlite3.Connection, place: int, search: Search) -> Page:
    rows = list[Any]()
    for leg in legs(Plan(place, search, cursor(search, int), driven(db, place, search))):
        rows += _run(db, sql(ROWS, leg, search.limit + 1 - len(rows)))
        if len(rows) > search.limit:
            break
    versions = tuple(map(version, rows[: search.limit]))
    last = Cursor(*rows[search.limit - 1][-2:]) if len(rows) > search.limit else None
    return Page(versions, written(last) if last else None)


def count(db: sqlite3.Connection, place: int, where: Query) -> int:
    total = _total(place, where, drive(bounded(where), lambda term: _cost(db, place, term)))
    return int(_run(db, total).fetchone()[0])


def _total(place: int, where: Query, found: Drive | None) -> Sql:
    if where == EVERYTHING:
        return sql("SELECT count(*) FROM resource WHERE place = {} AND live", place)
    if found == NOWHERE:
        return Sql("SELECT 0")
    if found and covered(where):
        return sql("SELECT count(*) FROM ({})", candidates(place, found.terms))
    return sql(f"SELECT count(*) FROM {{}} {V} WHERE {{}}", _source(place, found), condition(place, where))


def driven(db: sqlite3.Connection, place: int, search: Search) -> Drive | None:
    found = drive(bounded(search.where), lambda term: _cost(db, place, term))
    if found is None or found.cost <= FEW:
        return found
    return found if found.in_order and not search.sort else None


def _cost(db: sqlite3.Connection, place: int, term: Between | Holds) -> int:
    """How many resources have the term, counted up to a little more than FEW. To read through a parameter's texts for
    what they contain is never cheap, but still the cheapest way to it."""
    if isinstance(term, Holds):
        return FEW
    some = sql("SELECT count(*) FROM ({} LIMIT {})", having(place, term), FEW + 1)
    return int(_run(db, some).fetchone()[0])


def legs(plan: Plan) -> Iterator[Sql]:
    """Resources with a sort key in the order of the key, then those without one."""
    sort, after = plan.search.sort, plan.after
    if plan.driven == NOWHERE:
        return
    if sort is None:
        yield _unkeyed(plan, plan.checked, after)
    elif after is None or after.key is not None:
        yield (_keyed if plan.driven else _keyed_walk)(plan, sort)
        yield _unkeyed(plan, sql("{} IS NULL AND {}", sort_key(sort), plan.checked), None)
    else:
        yield _unkeyed(plan, sql("{} IS NULL AND {}", sort_key(sort), plan.checked), after)


def _unkeyed(plan: Plan, checked: Sql, after: Cursor | None) -> Sql:
    beyond, way = plan.order
    number = "d.resource" if plan.driven else "r.n"
    since = sql(f"{number} {beyond} {{}}", after.row) if after else Sql("1")
    template = f"SELECT r.n AS n, NULL AS key FROM {{}} {V} WHERE {{}} AND {{}} ORDER BY {number} {way}"
    return sql(template, _source(plan.place, plan.driven), since, checked)


def _keyed(plan: Plan, sort: Sort) -> Sql:
    """All candidates with their keys, put in order."""
    beyond, way = plan.order
    template = f"""WITH c AS MATERIALIZED (SELECT r.n AS n, {{}} AS key FROM {{}} {V} WHERE {{}})
        SELECT n, key FROM c WHERE key IS NOT NULL AND {{}} ORDER BY key {way}, n {way}"""
    source = _source(plan.place, plan.driven)
    return sql(template, sort_key(sort), source, plan.checked, _since("key", "n", beyond, plan.after))


def _keyed_walk(plan: Plan, sort: Sort) -> Sql:
    """Along the sort's own terms; a resource counts where it is found by the one that it is sorted by."""
    beyond, way = plan.order
    template = f"""SELECT s.resource AS n, s.term AS key FROM term s CROSS JOIN resource r ON r.n = s.resource {V}
        WHERE s.place = {{}} AND {{}} AND {{}} AND s.term = {{}} AND {{}} ORDER BY s.term {way}, s.resource {way}"""
    range = within("s.term", starts(sort.prefix))
    since = _since("s.term", "s.resource", beyond, plan.after)
    return sql(template, plan.place, range, since, sort_key(sort), plan.checked)


def _since(key: str, n: str, beyond: str, after: Cursor | None) -> Sql:
    return sql(f"({key}, {n}) {beyond} ({{}}, {{}})", *after) if after else Sql("1")


def _source(place: int, found: Drive | None) -> Sql:
    """The rows ``r`` to be checked, and ``d`` that leads to them."""
    if found is None:
        return sql("(SELECT * FROM resource WHERE place = {} AND live) r", place)
    return sql("({}) d CROSS JOIN resource r ON r.n = d.resource", candidates(place, found.terms))


def _run(db: sqlite3.Connection, statement: Sql) -> sqlite3.Cursor:
    return db.execute(statement.text, statement.values)
