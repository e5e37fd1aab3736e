"""Searches of the embedded store: a page at a time, never through all there is.

A search whose rarest terms are few is *driven* by them: what they lead to is collected and put in order. Any other is a
walk in the order of the page (``sqlite_walk.py``), for where all is common the next that match are never far."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from server.store.engine import Page
from server.store.paging import Cursor, bounded, cursor, written
from server.store.query import EVERYTHING, Between, Holds, Query, Search, Sort
from server.store.sqlite_query import (
    Drive,
    Sql,
    among,
    candidates,
    condition,
    covered,
    drive,
    having,
    run,
    sort_key,
    sql,
)
from server.store.sqlite_rows import VERSION_COLUMNS, version
from server.store.sqlite_walk import V, Walk, along_keys, along_term, everywhere, keyless, order, walk

FEW = 5_000
"""So many candidates are collected and put in order more quickly than they are met on a walk."""

NOWHERE = Drive(0, ())
"""No term leads to anything."""

ROWS = f"""SELECT {VERSION_COLUMNS}, c.key, c.n FROM ({{}} LIMIT {{}}) c
    CROSS JOIN resource r ON r.n = c.n {V}"""


@dataclass(frozen=True, slots=True)
class Plan:
    """One page of one search, and what drives it."""

    place: int
    search: Search
    after: Cursor | None
    drive: Drive | None

    @property
    def driven(self) -> bool:
        return self.drive is not None and self.drive.cost <= FEW


def page(db: sqlite3.Connection, place: int, search: Search) -> Page:
    rows, plan = list[Any](), Plan(place, search, cursor(search, int), driving(db, place, search.where))
    for leg in legs(db, plan):
        rows += run(db, sql(ROWS, leg, search.limit + 1 - len(rows)))
        if len(rows) > search.limit:
            break
    versions = tuple(map(version, rows[: search.limit]))
    last = Cursor(*rows[search.limit - 1][-2:]) if len(rows) > search.limit else None
    return Page(versions, written(last) if last else None)


def count(db: sqlite3.Connection, place: int, where: Query) -> int:
    return int(run(db, _total(Plan(place, Search("", where), None, driving(db, place, where)))).fetchone()[0])


def _total(plan: Plan) -> Sql:
    place, where = plan.place, plan.search.where
    if where == EVERYTHING:
        return sql("SELECT count(*) FROM resource WHERE place = {} AND live", place)
    if plan.drive == NOWHERE:
        return Sql("SELECT 0")
    if plan.drive and covered(where):
        return sql("SELECT count(*) FROM ({})", candidates(place, plan.drive))
    if plan.driven:
        return sql(f"SELECT count(*) FROM {{}} {V} WHERE {{}}", _collected(plan), condition(place, where))
    return sql("SELECT count(*) FROM resource r WHERE place = {} AND live AND {}", place, among(place, where, "+r.n"))


def driving(db: sqlite3.Connection, place: int, where: Query) -> Drive | None:
    """What leads to all that is looked for. Texts that hold something are read through once, until it is too many."""
    found = drive(bounded(where), lambda term: _cost(db, place, term))
    if found is None or not any(isinstance(each, Holds) for each in found.terms):
        return found
    some = sql("SELECT resource FROM ({}) LIMIT {}", candidates(place, found), FEW + 1)
    numbers = tuple(row[0] for row in run(db, some))
    return Drive(len(numbers), found.terms, numbers if len(numbers) <= FEW else None)


def _cost(db: sqlite3.Connection, place: int, term: Between | Holds) -> int:
    """How many resources have the term, counted up to a little more than FEW. To read through a parameter's texts for
    what they contain is never cheap, but still the cheapest way to it."""
    if isinstance(term, Holds):
        return FEW
    some = sql("SELECT count(*) FROM ({} LIMIT {})", having(place, term), FEW + 1)
    return int(run(db, some).fetchone()[0])


def legs(db: sqlite3.Connection, plan: Plan) -> Iterator[Sql]:
    """Resources with a sort key in the order of the key, then those without one."""
    sort, after = plan.search.sort, plan.after
    if plan.drive == NOWHERE:
        return
    if sort and (after is None or after.key is not None):
        yield from (
            [_in_order(plan, sort)] if plan.driven else walk(db, along_keys(plan.place, plan.search, sort), after)
        )
        after = None
    yield from [_by_number(plan, after)] if plan.driven else walk(db, _numbers(plan), after)


def _numbers(plan: Plan) -> Walk:
    term = plan.drive.terms[0] if plan.drive and plan.drive.in_order else None
    if isinstance(term, Between) and not plan.search.sort:
        return along_term(plan.place, plan.search, term)
    return everywhere(plan.place, plan.search)


def _in_order(plan: Plan, sort: Sort) -> Sql:
    """All that is driven to, with its keys."""
    beyond, way = order(plan.search)
    since = sql(f"(key, n) {beyond} ({{}}, {{}})", *plan.after) if plan.after else Sql("1")
    template = f"""WITH c AS MATERIALIZED (SELECT r.n AS n, {{}} AS key FROM {{}} {V} WHERE {{}})
        SELECT n, key FROM c WHERE key IS NOT NULL AND {{}} ORDER BY key {way}, n {way}"""
    return sql(template, sort_key(sort), _collected(plan), _checked(plan, plan.search.where), since)


def _by_number(plan: Plan, after: Cursor | None) -> Sql:
    beyond, way = order(plan.search)
    since = sql(f"d.resource {beyond} {{}}", after.row) if after else Sql("1")
    template = f"SELECT r.n AS n, NULL AS key FROM {{}} {V} WHERE {{}} AND {{}} ORDER BY d.resource {way}"
    return sql(template, _collected(plan), since, _checked(plan, keyless(plan.search)))


def _checked(plan: Plan, where: Query) -> Sql:
    return Sql("1") if covered(where) else condition(plan.place, where)


def _collected(plan: Plan) -> Sql:
    """The rows ``r`` to be checked, and ``d`` that leads to them."""
    found = candidates(plan.place, plan.drive or NOWHERE)
    return sql("({}) d CROSS JOIN resource r ON r.n = d.resource", found)
