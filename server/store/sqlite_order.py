"""In which order a search of the embedded store gives what it finds: by its sort keys, ``k0``, ``k1`` ..., and numbers.

Who has no key comes after all who have, whichever way the key goes."""

# ruff: noqa: S608 statements are put together of this program's own words; values are bound

from collections.abc import Sequence

from server.store.paging import Cursor
from server.store.query import Search, Sort, starts
from server.store.sqlite_query import Sql, joined, sql, within

ORDERS = ((">", "ASC"), ("<", "DESC"))
"""What is beyond a row, and the way there."""


def order(search: Search) -> tuple[str, str]:
    """Of the rows that no key tells apart: that of the first key."""
    return ORDERS[bool(search.sort and search.sort[0].descending)]


def sort_key(sort: Sort) -> Sql:
    """The term of ``v`` that the sort puts first, or NULL."""
    best = "max" if sort.descending else "min"
    return sql(f"(SELECT {best}(o.value) FROM json_each(v.terms) o WHERE {{}})", within("o.value", starts(sort.prefix)))


def columns(keys: Sequence[Sql]) -> Sql:
    """To be selected, each with a comma before it."""
    return joined("", [sql(f", {{}} AS k{n}", key) for n, key in enumerate(keys)]) if keys else Sql("")


def ordered(search: Search, names: Sequence[str], number: str) -> str:
    """Of rows that all have the first key, or all lack it."""
    pairs = zip(names, search.sort, strict=False)
    keys = [f"{name} {ORDERS[sort.descending][1]}" for name, sort in pairs]
    return ", ".join((*keys[:1], *(f"{each} NULLS LAST" for each in keys[1:]), f"{number} {order(search)[1]}"))


def later(search: Search, names: Sequence[str], number: str, after: Cursor | None) -> Sql:
    """What comes after a page's last row."""
    if after is None:
        return Sql("1")
    beyond, _ = order(search)
    if len(names) == 1:
        return sql(f"({names[0]}, {number}) {beyond} ({{}}, {{}})", after.keys[0], after.row)
    found = sql(f"{number} {beyond} {{}}", after.row)
    for name, sort, key in reversed(list(zip(names, search.sort, after.keys, strict=False))):
        found = _later(name, sort, key, found)
    return found


def _later(name: str, sort: Sort, key: str | None, tied: Sql) -> Sql:
    if key is None:
        return sql(f"({name} IS NULL AND {{}})", tied)
    beyond, _ = ORDERS[sort.descending]
    return sql(f"({name} {beyond} {{}} OR {name} IS NULL OR ({name} = {{}} AND {{}}))", key, key, tied)
