"""Every search of the embedded store is led by an index: no statement goes through a table."""

import re

import pytest

from server.store import sqlite_search, sqlite_walk
from server.store.entry import Key
from server.store.query import (
    EVERYTHING,
    All,
    Any,
    Between,
    Holds,
    Not,
    OneOf,
    Referred,
    Refers,
    Search,
    Sort,
    Span,
    equals,
    starts,
    term,
)
from server.store.sqlite import SqliteEngine

RARE, COMMON = equals(term("identifier", "7")), equals(term("status", "on"))
LINK = ("link\x1fPatient/", "link\x1fhttp://here/Patient/")
RECENT = Between(term("date", "2026-01"), term("date", "2026-02"))

QUERIES = {
    "everything": EVERYTHING,
    "equals": RARE,
    "common": COMMON,
    "range": RECENT,
    "prefix": starts(term("family", "sm")),
    "contains": Holds("family\x1f", "x"),
    "ends": Holds("family\x1f", "x", ends=True),
    "not": Not(RARE),
    "all": All((COMMON, RECENT, Not(RARE))),
    "any": Any((RARE, RECENT, COMMON)),
    "any equal": Any((RARE, COMMON)),
    "any with not": Any((RARE, Not(COMMON))),
    "nested": All((COMMON, Any((RARE, All((RECENT, COMMON)))))),
    "none": All((Any(()), RARE)),
    "one of": OneOf(("identifier\x1f7", "identifier\x1f8")),
    "span": Span("date\x1f2026-01", "date\x1f2026-03", "26-01", "26-02"),
    "refers": Refers(LINK, "Patient", RARE),
    "refers to many": Refers(LINK, "Patient", COMMON),
    "refers, further": Refers(LINK, "Patient", Refers(LINK, "Patient", RARE)),
    "referred": Referred(LINK, "Patient", RARE),
    "referred by many": Referred(LINK, "Patient", COMMON),
    "not referred": All((RARE, Not(Referred(LINK, "Patient", COMMON)))),
}
UP, DOWN = Sort("date\x1f"), Sort("date\x1f", descending=True)
SORTS = {"unsorted": (), "ascending": (UP,), "descending": (DOWN,), "by two": (DOWN, Sort("identifier\x1f"))}
SCAN = re.compile(r"SCAN (?!o\b|d\b|c\b|wanted|\(subquery|CONSTANT|\d|json_each)")


@pytest.fixture
def filled(tmp_path, entry, write):
    engine = SqliteEngine(str(tmp_path / "store.db"))
    terms = [
        (
            term("identifier", str(n)),
            term("status", "on"),
            term("date", f"2026-{n % 12 + 1:02}"),
            term("link", f"Patient/{n // 2}"),
        )
        for n in range(300)
    ]
    people = [write(f"Patient/{n}", terms=each) for n, each in enumerate(terms)]
    engine.append("clinic", [entry(1, *people, about={"control_id": "1", "status": "AA", "sender": "A"}, dedupe="d")])
    with engine._file.writing() as db:
        db.execute("ANALYZE")
    yield engine
    engine.close()


@pytest.fixture
def plans(filled):
    """The plans of all statements that something runs."""

    def explain(ask):
        statements = []
        connection = filled._file._take()
        connection.set_trace_callback(statements.append)
        filled._file._give(connection)
        ask(filled)
        connection.set_trace_callback(None)
        asked = [each for each in statements if each.startswith(("SELECT", "WITH"))]
        return [row[3] for each in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {each}")]

    return explain


WAYS = {"driven": (5_000, 1_500), "walked": (0, 1_500), "walked far": (0, 1)}


@pytest.mark.parametrize(("few", "steps"), WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("where", QUERIES.values(), ids=QUERIES)
def test_no_search_goes_through_a_table(plans, monkeypatch, where, few, steps):
    monkeypatch.setattr(sqlite_search, "FEW", few)
    monkeypatch.setattr(sqlite_walk, "STEPS", steps)
    for sort in SORTS.values():

        def two_pages(engine, sort=sort):
            page = engine.search("clinic", Search("Patient", where, sort, 3))
            engine.search("clinic", Search("Patient", where, sort, 3, page.next))
            engine.count("clinic", "Patient", where)

        assert [line for line in plans(two_pages) if SCAN.match(line)] == []


READS = {
    "read": lambda e: e.read("clinic", Key("Patient", "1")),
    "vread": lambda e: e.vread("clinic", Key("Patient", "1"), 1),
    "holders": lambda e: e.holders("clinic", ["x"]),
    "answered": lambda e: e.answered("clinic", ["d"]),
    "entry": lambda e: e.entry("clinic", "clinic-1"),
    "last": lambda e: e.last("clinic"),
    "tail": lambda e: e.tail("clinic", 0, 5),
    "history of a resource": lambda e: e.history("clinic", Key("Patient", "1"), limit=5, before=9),
    "history of a type": lambda e: e.history("clinic", None, type="Patient", limit=5, before=9),
    "history of all": lambda e: e.history("clinic", None, limit=5, before=9),
    "messages": lambda e: e.messages("clinic", {}, None, 5),
    "messages by control id": lambda e: e.messages("clinic", {"control_id": "1"}, None, 5),
    "messages by status": lambda e: e.messages("clinic", {"status": "AA"}, None, 5),
    "messages by sender": lambda e: e.messages("clinic", {"sender": "A", "type": "ADT"}, None, 5),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_no_read_goes_through_a_table(plans, read):
    found = plans(read)
    assert [line for line in found if SCAN.match(line)] == []
    assert not any("TEMP B-TREE" in line for line in found)


def test_a_common_term_leads_to_its_page_in_order(plans, monkeypatch):
    monkeypatch.setattr(sqlite_search, "FEW", 10)
    found = plans(lambda engine: engine.search("clinic", Search("Patient", All((COMMON, RECENT)), limit=3)))
    assert not any("TEMP B-TREE" in line for line in found), found
