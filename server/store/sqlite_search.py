"""Searches of the embedded store: a page at a time, never through all there is.

A search whose rarest terms are few is *driven* by them: what they lead to is collected and put in order. Any other is a
walk in the order of the page (``sqlite_walk.py``), for where all is common the next that match are never far."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from server.store.engine import Page
from server.store.links import LINKED, shallow
from server.store.paging import Cursor, bounded, cursor, written
from server.store.query import EVERYTHING, Between, Holds, Leaf, Query, Referred, Refers, Search
from server.store.sqlite_drive import NOWHERE, Cost, Drive, among, candidates, covered, drive, having, matching
from server.store.sqlite_order import columns, later, order, ordered, sort_key
from server.store.sqlite_query import At, Sql, condition, run, sql
from server.store.sqlite_rows import VERSION_COLUMNS, texts, version
from server.store.sqlite_walk import V, Walk, along_keys, along_term, everywhere, keyless, walk

DEEPEST = 2
"""Links that one statement follows, one after the other: SQLite's parser takes little more."""

FEW = 5_000
"""So many candidates are collected and put in order more quickly than they are met on a walk."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One page of one search, and what drives it."""

    at: At
    search: Search
    after: Cursor | None
    drive: Drive | None
    cost: Cost

    @property
    def driven(self) -> bool:
        return self.drive is not None and self.drive.cost <= FEW


def planned(db: sqlite3.Connection, place: int, search: Search) -> Plan:
    at, cost = At(place, places(db, place)), costs(db)
    search = replace(search, where=followed(db, at, search.where, cost))
    return Plan(at, search, cursor(search, int), driving(db, at, search.where, cost), cost)


def page(db: sqlite3.Connection, place: int, search: Search) -> Page:
    plan, found = planned(db, place, search), list[Any]()
    names = ", ".join((VERSION_COLUMNS, *(f"c.k{n}" for n in range(len(search.sort))), "c.n"))
    template = f"SELECT {names} FROM ({{}} LIMIT {{}}) c CROSS JOIN resource r ON r.n = c.n {V}"
    for leg in legs(db, plan):
        found += run(db, sql(template, leg, search.limit + 1 - len(found)))
        if len(found) > search.limit:
            break
    versions = tuple(map(version, found[: search.limit]))
    return Page(versions, written(_last(search, found[search.limit - 1])) if len(found) > search.limit else None)


def _last(search: Search, row: Any) -> Cursor:
    *_, n = row
    return Cursor(tuple(row[-1 - len(search.sort) : -1]), n)


def count(db: sqlite3.Connection, place: int, where: Query) -> int:
    return int(run(db, _total(planned(db, place, Search("", where)))).fetchone()[0])


def _total(plan: Plan) -> Sql:
    at, where = plan.at, plan.search.where
    if where == EVERYTHING:
        return sql("SELECT count(*) FROM resource WHERE place = {} AND live", at.place)
    if plan.drive == NOWHERE:
        return Sql("SELECT 0")
    if plan.drive and covered(where):
        return sql("SELECT count(*) FROM ({})", candidates(at, plan.drive, plan.cost))
    if plan.driven:
        return sql(f"SELECT count(*) FROM {{}} {V} WHERE {{}}", _collected(plan), condition(at, where))
    return sql("SELECT count(*) FROM {}", _all(plan, where))


def followed(db: sqlite3.Connection, at: At, where: Query, cost: Cost) -> Query:
    """The query, its links no deeper than one statement takes them."""

    def find(type: str, inner: Query) -> Iterator[tuple[str, Sequence[str]]]:
        there = at.there(type)
        found = sql("SELECT r1.id, v1.terms FROM {} LIMIT {}", matching(there, inner, cost), LINKED + 1)
        return ((id, texts(terms)) for id, terms in run(db, found))

    return shallow(bounded(where), DEEPEST, find)


def driving(db: sqlite3.Connection, at: At, where: Query, cost: Cost) -> Drive | None:
    """What leads to all that is looked for. Texts that hold something are read through once, until it is too many."""
    found = drive(at, where, cost)
    if found is None or not any(isinstance(each, Holds) for each in found.terms):
        return found
    some = sql("SELECT resource FROM ({}) LIMIT {}", candidates(at, found, cost), FEW + 1)
    numbers = tuple(row[0] for row in run(db, some))
    return Drive(len(numbers), found.terms, numbers if len(numbers) <= FEW else None)


def places(db: sqlite3.Connection, place: int) -> Callable[[str], int]:
    """The numbers of the other types of the same tenant; of one that has no resources, 0."""
    find = "SELECT n FROM place WHERE type = ? AND tenant = (SELECT tenant FROM place WHERE n = ?)"

    @cache
    def number(type: str) -> int:
        row = db.execute(find, (type, place)).fetchone()
        return int(row[0]) if row else 0

    return number


def costs(db: sqlite3.Connection) -> Cost:
    """How many resources a term leads to, counted up to a little more than FEW. To read through a parameter's texts for
    what they contain is never cheap, but still the cheapest way to it."""

    @cache
    def cost(at: At, leaf: Leaf) -> int:
        if isinstance(leaf, Holds):
            return FEW
        if isinstance(leaf, Refers | Referred) and _some(db, _other_end(at, leaf, cost)) > FEW:
            return FEW + 1
        return _some(db, having(at, leaf, cost))

    return cost


def _other_end(at: At, link: Refers | Referred, cost: Cost) -> Sql:
    return sql("SELECT 1 FROM {}", matching(at.there(link.type), link.where, cost))


def _some(db: sqlite3.Connection, found: Sql) -> int:
    return int(run(db, sql("SELECT count(*) FROM ({} LIMIT {})", found, FEW + 1)).fetchone()[0])


def legs(db: sqlite3.Connection, plan: Plan) -> Iterator[Sql]:
    """Resources with a first sort key in the order of the keys, then those without one."""
    sort, after = plan.search.sort, plan.after
    if plan.drive == NOWHERE:
        return
    if sort and (after is None or after.keys[0] is not None):
        way = along_keys(plan.at, plan.search, plan.cost)
        yield from [_in_order(plan, after, "IS NOT NULL")] if plan.driven else walk(db, way, after)
        after = None
    if len(sort) > 1:
        yield _in_order(plan, after, "IS NULL")
    else:
        yield from [_by_number(plan, after)] if plan.driven else walk(db, _numbers(plan), after)


def _numbers(plan: Plan) -> Walk:
    term = plan.drive.terms[0] if plan.drive and plan.drive.in_order else None
    if isinstance(term, Between) and not plan.search.sort:
        return along_term(plan.at, plan.search, plan.cost, term)
    return everywhere(plan.at, plan.search, plan.cost)


def _in_order(plan: Plan, after: Cursor | None, first: str) -> Sql:
    """All that is driven to, or all there is, with its keys: what has a first key, or what has none."""
    search, names = plan.search, [f"k{n}" for n in range(len(plan.search.sort))]
    source = _matching(plan, search.where if first == "IS NOT NULL" else keyless(search))
    template = f"""WITH c AS MATERIALIZED (SELECT r.n AS n{{}} FROM {{}})
        SELECT n, {", ".join(names)} FROM c WHERE k0 {first} AND {{}} ORDER BY {ordered(search, names, "n")}"""
    return sql(template, columns([sort_key(each) for each in search.sort]), source, later(search, names, "n", after))


def _matching(plan: Plan, where: Query) -> Sql:
    if plan.driven:
        return sql(f"{{}} {V} WHERE {{}}", _collected(plan), _checked(plan, where))
    return sql("(SELECT r.n AS k FROM {}) d CROSS JOIN resource r ON r.n = d.k " + V, _all(plan, where))


def _all(plan: Plan, where: Query) -> Sql:
    """Without a look at any version."""
    checked = among(plan.at, where, "+r.n", plan.cost)
    return sql("resource r WHERE r.place = {} AND r.live AND {}", plan.at.place, checked)


def _by_number(plan: Plan, after: Cursor | None) -> Sql:
    beyond, way = order(plan.search)
    since = sql(f"d.resource {beyond} {{}}", after.row) if after else Sql("1")
    lacking = columns([Sql("NULL") for _ in plan.search.sort])
    template = f"SELECT r.n AS n{{}} FROM {{}} {V} WHERE {{}} AND {{}} ORDER BY d.resource {way}"
    return sql(template, lacking, _collected(plan), since, _checked(plan, keyless(plan.search)))


def _checked(plan: Plan, where: Query) -> Sql:
    return Sql("1") if covered(where) else condition(plan.at, where)


def _collected(plan: Plan) -> Sql:
    """The rows ``r`` to be checked, and ``d`` that leads to them."""
    found = candidates(plan.at, plan.drive or NOWHERE, plan.cost)
    return sql("({}) d CROSS JOIN resource r ON r.n = d.resource", found)
