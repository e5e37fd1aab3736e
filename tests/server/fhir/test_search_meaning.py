"""Random resources, random searches: each engine finds exactly what the specification's words mean, said here plainly,
over the resources themselves. https://hl7.org/fhir/R4/search.html"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.fhir import path
from mappings.fhir.json import dumps
from mappings.fhir.moments import FIRST, LAST, date_range
from mappings.fhir.values import PARTS, implied, normalized
from server.fhir.registry import resource_type
from server.fhir.search.parse import parse
from server.fhir.search.terms import own_terms, terms
from server.store.entry import Entry, Key, Write
from server.store.store import open_engine

BASE = "http://here.test/fhir"
AT = datetime(2026, 3, 1, tzinfo=UTC)
NUMBER = count()


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("mongodb", marks=[pytest.mark.mongodb, pytest.mark.timeout(600)])]
)
def engine(request):
    opened = open_engine("sqlite://" if request.param == "sqlite" else own_database(request.getfixturevalue("mongodb")))
    yield opened
    opened.close()


def own_database(server):
    head, mark, options = server.partition("?")
    return f"{head.rstrip('/')}/causeway_meaning_{uuid4().hex[:12]}{mark}{options}"


# --- what is stored

SYSTEMS, CODES = ["urn:a", "urn:b", None], ["x", "X", "xy", "1"]
NAMES = ["Müller", "Mueller", "muller", "O'Neil, Jr", "a|b", "a$b", "Ann", "anna b"]
DATES = ["2020", "2020-02", "2020-02-29", "2020-03", "2020-02-29T23:30:00-02:00", "2020-03-01T01:30:00Z", "2021-12-31"]
AMOUNTS = [Decimal(each) for each in ("0", "-1.5", "5", "5.4", "5.40", "5.45", "100", "1e2", "99.5")]
UNITS = [{"unit": "mg", "system": "urn:u", "code": "mg"}, {"unit": "mg"}, {"system": "urn:u", "code": "g"}, {}]
TARGETS = [
    f"{base}{type}/{n}"
    for base in ("", f"{BASE}/", "http://there.test/")
    for type in ("Patient", "Group")
    for n in "01"
]


def lists(each):
    return st.lists(each, max_size=2)


def some(**elements):
    """Any of the elements may be missing."""
    return st.fixed_dictionaries({}, optional=elements)


codings = st.builds(
    lambda system, code: {"code": code, **({"system": system} if system else {})},
    st.sampled_from(SYSTEMS),
    st.sampled_from(CODES),
)
concepts = some(coding=lists(codings), text=st.sampled_from(NAMES))
quantities = st.builds(lambda value, unit: {"value": value, **unit}, st.sampled_from(AMOUNTS), st.sampled_from(UNITS))
dates = st.sampled_from(DATES)


def references(*types):
    to = [each for each in TARGETS if any(f"{type}/" in each for type in types)]
    others = ({"display": "somebody"}, {"reference": "#p"})
    return st.sampled_from([*({"reference": each} for each in to), *others])


effective = st.one_of(
    st.builds(lambda each: {"effectiveDateTime": each}, dates),
    st.builds(lambda period: {"effectivePeriod": period}, some(start=dates, end=dates)),
    st.builds(lambda events: {"effectiveTiming": {"event": events}}, st.lists(dates, min_size=1, max_size=3)),
    st.just({}),
)
values = st.one_of(
    st.builds(lambda each: {"valueQuantity": each}, quantities),
    st.builds(lambda each: {"valueCodeableConcept": each}, concepts),
    st.builds(lambda each: {"valueString": each}, st.sampled_from(NAMES)),
    st.just({}),
)
components = st.builds(lambda code, value: {"code": code, **value}, concepts, values)
patients = some(
    name=lists(some(family=st.sampled_from(NAMES), given=lists(st.sampled_from(NAMES)))),
    identifier=lists(some(system=st.sampled_from(SYSTEMS[:2]), value=st.sampled_from(CODES))),
    gender=st.sampled_from(["male", "female"]),
    birthDate=st.sampled_from(DATES[:4]),
    active=st.booleans(),
    link=lists(st.builds(lambda other: {"other": other}, references("Patient"))),
)
observations = st.builds(
    lambda body, effective, value: {**body, **effective, **value},
    some(
        code=concepts,
        subject=references("Patient", "Group"),
        component=lists(components),
        hasMember=lists(st.builds(lambda n: {"reference": f"Observation/{n}"}, st.sampled_from("01"))),
    ),
    effective,
    values,
)


def numbered(type, bodies):
    return {f"{type}/{n}": {"resourceType": type, "id": str(n), **body} for n, body in enumerate(bodies)}


stores = st.builds(
    lambda people, seen: {**numbered("Patient", people), **numbered("Observation", seen)},
    st.lists(patients, max_size=3),
    st.lists(observations, max_size=4),
)

# --- what is asked

PREFIXES = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"]
prefixes = st.sampled_from(PREFIXES)
named = st.one_of(
    st.sampled_from(CODES),
    st.builds(lambda system, code: f"{system}|{code}", st.sampled_from(["urn:a", "urn:b", ""]), st.sampled_from(CODES)),
)
numbers = st.builds(
    lambda prefix, each: prefix + each, prefixes, st.sampled_from(["5", "5.4", "100", "0", "-2", "1e2"])
)
ASKED = {
    "token": st.one_of(named, st.sampled_from(["urn:a|", "urn:c|"])),
    "string": st.sampled_from(["mu", "MÜL", "mueller", "o'neil\\, j", "ann", "b", "a\\|b", "a\\$b", "Müller"]),
    "date": st.builds(lambda prefix, each: prefix + each, prefixes, dates),
    "quantity": st.builds(
        lambda each, unit: each + unit, numbers, st.sampled_from(["", "|urn:u|mg", "||mg", "|urn:u|g"])
    ),
    "reference": st.sampled_from(["0", "Patient/0", "Group/1", f"{BASE}/Patient/1", "http://there.test/Patient/0"]),
    "uri": st.sampled_from(["http://e.org/a", "http://e.org/a/b", "http://e.org"]),
    "gender": st.sampled_from(["male", "http://hl7.org/fhir/administrative-gender|female", "|male", "urn:a|male"]),
    "active": st.sampled_from(["true", "false"]),
}
MODIFIERS = {"token": ["", "not"], "string": ["", "exact", "contains"], "uri": ["", "below", "above"]}
PARAMETERS = {
    "Patient": ["family", "name", "identifier", "gender", "birthdate", "active", "link"],
    "Observation": ["code", "subject", "patient", "date", "value-quantity", "value-concept", "combo-code"],
}
COMPOSITES = ["code-value-quantity", "component-code-value-quantity", "combo-code-value-concept", "code-value-string"]
LINKS = {
    "Patient": [("link", "Patient")],
    "Observation": [("subject", "Patient"), ("patient", "Patient"), ("has-member", "Observation")],
}
"""References, and to which type they are followed."""


@st.composite
def criteria(draw, type, depth=2):
    """A parameter's name, with all that may stand in it, and a value."""
    ways = ["plain", "plain", "missing", "composite"] + ["chain", "reverse"] * bool(depth)
    match draw(st.sampled_from(ways)):
        case "chain":
            code, other = draw(st.sampled_from(LINKS[type]))
            name, value = draw(criteria(other, depth - 1))
            return f"{code}:{other}.{name}", value
        case "reverse":
            to = [(source, code) for source, rows in LINKS.items() for code, target in rows if target == type]
            source, code = draw(st.sampled_from(to))
            name, value = draw(criteria(source, depth - 1))
            return f"_has:{source}:{code}:{name}", value
        case "composite" if type == "Observation":
            code = draw(st.sampled_from(COMPOSITES))
            _, second = resource_type(type).parameters[code].components
            return code, f"{draw(named)}${draw(ASKED[second.type])}"
        case "missing":
            return f"{draw(st.sampled_from(PARAMETERS[type]))}:missing", draw(st.sampled_from(["true", "false"]))
        case _:
            code = draw(st.sampled_from(PARAMETERS[type]))
            kind = resource_type(type).parameters[code].type
            modifier = draw(st.sampled_from(MODIFIERS.get(kind, [""])))
            value = ",".join(draw(st.lists(ASKED.get(code, ASKED[kind]), min_size=1, max_size=2)))
            return f"{code}:{modifier}" if modifier else code, value


searches = st.sampled_from(["Patient", "Observation"]).flatmap(
    lambda each: st.tuples(st.just(each), st.lists(criteria(each), min_size=1, max_size=2))
)

# --- what it means


def meant(stored, type, name, value):
    """The ids of what one parameter finds."""
    of_type = {key: body for key, body in stored.items() if body["resourceType"] == type}
    if name.startswith("_has:"):
        _, source, code, rest = name.split(":", 3)
        sources = [stored[f"{source}/{id}"] for id in meant(stored, source, rest, value)]
        return {body["id"] for key, body in of_type.items() if any(points(each, code, key) for each in sources)}
    if "." in name:
        head, _, rest = name.partition(".")
        code, _, target = head.partition(":")
        ends = [f"{target}/{id}" for id in meant(stored, target, rest, value)]
        return {body["id"] for body in of_type.values() if any(points(body, code, end) for end in ends)}
    return {body["id"] for body in of_type.values() if holds(body, name, value)}


def points(body, code, key):
    written = {node.value.get("reference") for node in nodes(body, code)}
    return not written.isdisjoint({key, f"{BASE}/{key}"})


def nodes(body, code):
    parameter = resource_type(body["resourceType"]).parameters[code]
    return [each for each in path.compile(parameter.expression).nodes(body) if each.value is not None]


def holds(body, name, text):
    code, _, modifier = name.partition(":")
    parameter, found = resource_type(body["resourceType"]).parameters[code], nodes(body, code)
    alternatives = re.split(r"(?<!\\),", text)
    if modifier == "missing":
        return (text == "false") == bool(found)
    if parameter.components:
        return any(together(body, owner, parameter.components, text) for owner in found)
    if modifier == "not":
        return not any(is_token(node, each) for node in found for each in alternatives)
    test = TESTS[modifier or parameter.type]
    return any(test(node, each) for node in found for each in alternatives)


def together(body, owner, components, text):
    """Each component holds for a value of the same element."""
    sides = zip(components, re.split(r"(?<!\\)\$", text, maxsplit=1), strict=True)
    return all(
        any(TESTS[side.type](node, each) for node in path.compile(side.expression).at(owner, body, body) if node.value)
        for side, each in sides
    )


def plain(text):
    return re.sub(r"\\([,|$\\])", r"\1", text)


def codes(node):
    value, type, _ = node
    match type:
        case "CodeableConcept":
            return [(each["code"], each.get("system", "")) for each in value.get("coding", ())]
        case "Identifier":
            return [(value["value"], value.get("system", ""))] if "value" in value else []
        case "boolean":
            return [(str(value).lower(), "")]
        case _:
            return [(value, "")]


def is_token(node, text):
    system, mark, code = text.rpartition("|")
    if mark and not code:
        return any(system == each for _, each in codes(node))
    if system == "http://hl7.org/fhir/administrative-gender":  # what the codes of Patient.gender are of
        system = ""
    return any(code == value and (not mark or system == of) for value, of in codes(node))


def strings(node):
    if node.type == "string":
        return [node.value]
    parts = [node.value.get(part, ()) for part in PARTS[node.type]]
    return [text for each in parts for text in ([each] if isinstance(each, str) else each)]


def is_date(node, text):
    prefix, first, last = (text[:2], *date_range(text[2:])) if text[:2].isalpha() else ("eq", *date_range(text))
    begin, end = moments(node)
    return {
        "eq": first <= begin and end <= last,
        "ne": not (first <= begin and end <= last),
        "gt": end > last,
        "lt": begin < first,
        "ge": end > last or (first <= begin and end <= last),
        "le": begin < first or (first <= begin and end <= last),
        "sa": begin > last,
        "eb": end < first,
    }[prefix]


def moments(node):
    value, type, _ = node
    match type:
        case "Period":
            start, end = value.get("start"), value.get("end")
            return date_range(start)[0] if start else FIRST, date_range(end)[1] if end else LAST
        case "Timing":
            events = [date_range(each) for each in value["event"]]
            return min(low for low, _ in events), max(high for _, high in events)
        case _:
            return date_range(value)


def is_quantity(node, text):
    number, *unit = text.split("|")
    prefix, asked = (number[:2], Decimal(number[2:])) if number[:2].isalpha() else ("eq", Decimal(number))
    value = node.value["value"]
    if unit and unit[0] and (node.value.get("system"), node.value.get("code")) != tuple(unit):
        return False
    if unit and not unit[0] and unit[1] not in {node.value.get("code"), node.value.get("unit")}:
        return False
    low, high = implied(asked)
    return {
        "eq": low <= value < high,
        "ne": not low <= value < high,
        **dict.fromkeys(("gt", "sa"), value > asked),
        **dict.fromkeys(("lt", "eb"), value < asked),
        "ge": value >= asked,
        "le": value <= asked,
    }[prefix]


def is_reference(node, text):
    written = node.value.get("reference", "").removeprefix(f"{BASE}/")
    own = text.removeprefix(f"{BASE}/")
    if "/" in own:
        return written == own
    return re.fullmatch(f"[A-Za-z]+/{own}", written) is not None


TESTS = {
    "token": is_token,
    "date": is_date,
    "quantity": is_quantity,
    "reference": is_reference,
    "string": lambda node, text: any(normalized(each).startswith(normalized(plain(text))) for each in strings(node)),
    "contains": lambda node, text: any(normalized(plain(text)) in normalized(each) for each in strings(node)),
    "exact": lambda node, text: plain(text) in strings(node),
    "uri": lambda node, text: node.value == text,
    "below": lambda node, text: node.value.startswith(text),
    "above": lambda node, text: text == node.value or text.startswith(f"{node.value}/"),
}

# --- the two are the same


def fill(engine, tenant, stored):
    writes = [
        Write(Key(*key.split("/")), 0, dumps(body), tuple(sorted((*terms(body), *own_terms(body["id"], AT)))))
        for key, body in stored.items()
    ]
    engine.append(tenant, [Entry(tenant, tenant, AT, "app", "fhir", tuple(writes), seq=1)])
    engine.project(tenant)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(stored=stores, asked=st.lists(searches, min_size=4, max_size=8))
def test_finds_what_is_meant(engine, stored, asked):
    tenant = f"t{next(NUMBER)}"
    fill(engine, tenant, stored)
    for type, query in asked:
        search = parse(type, tuple(query), base=BASE, now=AT, strict=True).search
        found = {version.key.id for version in engine.search(tenant, search).versions}
        every = {body["id"] for body in stored.values() if body["resourceType"] == type}
        assert found == every.intersection(*(meant(stored, type, *each) for each in query)), (type, query)
        assert engine.count(tenant, type, search.where) == len(found), (type, query)
