"""No search that the registry offers goes through a table or a collection, whatever the engine.

Every type's every parameter is asked for, with every modifier and prefix there is. What the engines are asked then is
told apart by its form alone: of each form one is run, and its plan is looked at."""

import json
import re
from itertools import pairwise

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener

from server.fhir.outcome import FhirError
from server.fhir.registry import names, resource_type
from server.fhir.search.kinds import kind
from server.fhir.search.parse import conditions
from server.store import mongo_server, sqlite_search, sqlite_walk
from server.store.entry import Entry, Key, Version, Write
from server.store.journal import now
from server.store.mongo import MongoEngine
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
    exact,
    term,
)
from server.store.sqlite import SqliteEngine

PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
SAMPLES = {
    "token": ("a", "urn:s|a", "urn:s|", "|a", "urn:t|MR|12", "http://hl7.org/fhir/ValueSet/administrative-gender"),
    "string": ("smi", "a,b"),
    "uri": ("http://example.org/a/b",),
    "reference": ("1", "Patient/1", "http://example.org/Patient/1", "urn:s|1"),
    "date": tuple(f"{prefix}2026-03" for prefix in PREFIXES),
    "composite": tuple(
        f"{first}${prefix}2026{rest}"
        for first in ("a", "urn:s|a", "List/1")
        for prefix in PREFIXES
        for rest in ("", "$5")
    ),
    "number": tuple(f"{prefix}5.4" for prefix in PREFIXES),
    "quantity": tuple(f"{prefix}5.4{unit}" for prefix in PREFIXES for unit in ("", "|urn:u|mg", "||mg")),
}
LATEST = Sort("date<\x1f", descending=True)
SORTS = ((), (Sort("date<\x1f"),), (LATEST,), (LATEST, Sort("code\x1f")))
LINKS = {
    "Observation": (
        ("subject:Patient.family", "smi"),
        ("patient.birthdate", "ge2000"),
        ("encounter.subject:Patient.general-practitioner.name", "a"),
        ("_has:Provenance:target:agent", "1"),
        ("_has:Provenance:target:agent:Practitioner.name", "a"),
        ("_list", "1,2"),
    )
}
"""What leads to other resources, or from them."""

SYSTEM = b'{"resourceType":"CodeSystem","url":"urn:s","status":"active","content":"complete","concept":[{"code":"a"}]}'


def stored(type, _):
    """What is found of the value sets and code systems that a question rests on."""
    return [Version(Key(type, "s"), 1, 1, now(), SYSTEM)] if type == "CodeSystem" else []


def asked(type, parameter):
    """Every query that one parameter can become."""
    if parameter.code == "_id":
        yield conditions(type, (("_id", "a,b"),))
        return
    modifiers = [*kind(parameter).questions, *(["Patient"] if parameter.type == "reference" else [])]
    for modifier in modifiers:
        name = f"{parameter.code}:{modifier}" if modifier else parameter.code
        understood = [found for value in SAMPLES[parameter.type] if (found := understand(type, name, value))]
        assert understood, f"no value here is one that {name} of {type} takes"
        yield from understood
    for value in ("true", "false"):
        yield conditions(type, ((f"{parameter.code}:missing", value),))


def understand(type, name, value):
    try:
        return conditions(type, ((name, value),), base="http://causeway.test", now=now(), find=stored, linked=True)
    except FhirError:
        return None


def form(query):
    """What of a query an engine's own one depends on."""
    match query:
        case Between():
            return "equals" if exact(query) else "range"
        case Holds():
            return "ends" if query.ends else "holds"
        case OneOf() | Span():
            return query.__class__.__name__
        case Refers(prefixes, _, where) | Referred(prefixes, _, where):
            return (query.__class__.__name__, len(prefixes), form(where))
        case Not(inner):
            return ("not", form(inner))
        case All(queries) | Any(queries):
            return (query.__class__.__name__, *map(form, queries))
    raise AssertionError(f"what form has a {query.__class__.__name__}?")


def every_form():
    found = {form(EVERYTHING): EVERYTHING}
    rows = [(type, each) for type in sorted(names()) for each in resource_type(type).parameters.values()]
    alike = {(each.code, each.type, each.target): (type, each) for type, each in rows}
    for type, parameter in alike.values():
        for query in asked(type, parameter):
            found.setdefault(form(query), query)
    for type, asked_of in LINKS.items():
        for name, value in asked_of:
            query = understand(type, name, value)
            found.setdefault(form(query), query)
    return list(found.values())


@pytest.fixture(scope="module")
def forms():
    found = every_form()
    assert len(found) > 20
    return found


def fill(engine, count):
    """Much more of one type than a plan could take for nothing."""
    for start in range(0, count, 200):
        writes = [Write(Key("Observation", str(n)), 0, b"{}", terms(n)) for n in range(start, start + 200)]
        entry = Entry("clinic", f"e{start}", now(), "app", "fhir", tuple(writes), seq=start // 200 + 1)
        assert engine.append("clinic", [entry]) == 1
        engine.project("clinic")


def terms(n):
    day = f"2026-{n % 12 + 1:02}-01T00:00:00.000Z"
    code = term("code", str(n % 50), "urn:s")
    return tuple(
        sorted((term("_id", str(n)), term("date<", day, day), term("date>", day), code, term("status", "final")))
    )


def run(engine, forms):
    for where in forms:
        for sort in SORTS:
            page = engine.search("clinic", Search("Observation", where, sort, 3))
            if page.next:
                engine.search("clinic", Search("Observation", where, sort, 3, page.next))
        engine.count("clinic", "Observation", where)


SCAN = re.compile(r"SCAN (?!o\b|d\b|c\b|\(subquery|CONSTANT|\d|json_each)")
"""Of what is no table: of a resource's terms, of what was found before."""

WAYS = {"driven": (5_000, 1_500), "walked": (0, 1_500), "walked far": (0, 1)}


@pytest.mark.parametrize(("few", "steps"), WAYS.values(), ids=WAYS)
def test_no_search_goes_through_a_table(forms, tmp_path, monkeypatch, few, steps):
    monkeypatch.setattr(sqlite_search, "FEW", few)
    monkeypatch.setattr(sqlite_walk, "STEPS", steps)
    engine, statements = SqliteEngine(str(tmp_path / "store.db")), {}
    fill(engine, 400)
    with engine._file.writing() as db:
        db.execute("ANALYZE")
    for module in (sqlite_search, sqlite_walk):
        monkeypatch.setattr(module, "run", lambda db, sql: statements.setdefault(sql.text, sql) and plain(db, sql))
    run(engine, [*forms, *(All(pair) for pair in pairwise(forms))])
    with engine._file.reading() as db:
        plans = {
            text: db.execute(f"EXPLAIN QUERY PLAN {text}", sql.values).fetchall() for text, sql in statements.items()
        }
    engine.close()
    assert len(plans) > 50
    assert {text: plan for text, plan in plans.items() if any(SCAN.match(row[3]) for row in plan)} == {}


def plain(db, sql):
    return db.execute(sql.text, sql.values)


class Asked(CommandListener):
    """The reads that were sent, one of each form."""

    def __init__(self):
        self.commands = {}

    def started(self, event):
        if event.command_name in {"find", "aggregate"}:
            command = {
                name: value for name, value in event.command.items() if name not in {"lsid", "$db", "$clusterTime"}
            }
            self.commands.setdefault(re.sub(r'"[^"$]*"', "x", json.dumps(command, default=str)), command)

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


@pytest.mark.mongodb
@pytest.mark.timeout(600)
def test_no_search_goes_through_a_collection(forms, mongodb_url, monkeypatch):
    """MongoDB says COLLSCAN, PostgreSQL below a DocumentDB Seq Scan."""
    listener = Asked()
    monkeypatch.setitem(mongo_server.PATIENCE, "event_listeners", [listener])
    engine = MongoEngine(mongodb_url)
    fill(engine, 2_000)
    listener.commands.clear()
    run(engine, forms)
    engine.close()
    assert len(listener.commands) > 50
    with MongoClient(mongodb_url) as client:
        database = client.get_default_database()
        plans = {
            text: json.dumps(database.command("explain", asked), default=str)
            for text, asked in listener.commands.items()
        }
    assert {text: plan for text, plan in plans.items() if goes_through_all(plan)} == {}


def goes_through_all(plan):
    return "COLLSCAN" in plan or "Seq Scan" in plan
