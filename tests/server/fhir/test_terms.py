"""What is written into the index of each kind of parameter: the layout that searches, scopes and merges rely on."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mappings.fhir.json import loads
from mappings.fhir.values import sortable
from server.fhir.registry import names, resource_type
from server.fhir.search.terms import OWN, elements, extracted, extractors, own_terms, terms
from server.store.query import SEP, term

FIRST, LAST = "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"

CASES = {
    "token, code": ({"resourceType": "Patient", "gender": "male"}, "gender", ["gender|male|"]),
    "token, boolean": ({"resourceType": "Patient", "active": False}, "active", ["active|false|"]),
    "token, identifier": (
        {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}, {"value": "2"}, {"system": "y"}]},
        "identifier",
        ["identifier||", "identifier|1|urn:x", "identifier|2|"],
    ),
    "token, concept": (
        {"resourceType": "Coverage", "type": {"coding": [{"system": "s", "code": "a"}, {"code": "b"}], "text": "c"}},
        "type",
        ["type|a|s", "type|b|"],
    ),
    "token, what it is called": (
        {"resourceType": "Coverage", "type": {"coding": [{"code": "a", "display": "Äther"}], "text": "c"}},
        "type:text",
        ["type:text|ather|Äther", "type:text|c|c"],
    ),
    "token, identifier of a type": (
        {
            "resourceType": "Patient",
            "identifier": [{"value": "1", "type": {"coding": [{"system": "s", "code": "MR"}], "text": "record"}}],
        },
        "identifier:of-type",
        ["identifier:of-type|1|MR|s"],
    ),
    "token, only an extension": ({"resourceType": "Patient", "_gender": {"id": "x"}}, "gender", []),
    "string": (
        {"resourceType": "Patient", "name": [{"family": "Ångström", "given": ["Bo", None]}]},
        "name",
        ["name|angstrom|Ångström", "name|bo|Bo"],
    ),
    "date": (
        {"resourceType": "Patient", "birthDate": "1970-06"},
        "birthdate",
        ["birthdate<|1970-06-01T00:00:00.000Z|1970-06-30T23:59:59.999Z", "birthdate>|1970-06-30T23:59:59.999Z"],
    ),
    "date, open period": (
        {"resourceType": "Encounter", "period": {"start": "2026-01-01T00:00:00+02:00"}},
        "date",
        [f"date<|2025-12-31T22:00:00.000Z|{LAST}", f"date>|{LAST}"],
    ),
    "reference": (
        {"resourceType": "Encounter", "subject": {"reference": "Patient/a/_history/3"}},
        "subject",
        ["subject|Patient/a"],
    ),
    "reference, elsewhere": (
        {"resourceType": "Encounter", "subject": {"reference": "http://e.org/fhir/Patient/a"}},
        "subject",
        ["subject|http://e.org/fhir/Patient/a"],
    ),
    "reference, contained": ({"resourceType": "Encounter", "subject": {"reference": "#p"}}, "subject", ["subject|"]),
    "reference, by identifier": (
        {"resourceType": "Encounter", "subject": {"identifier": {"system": "s", "value": "v"}}},
        "subject:identifier",
        ["subject:identifier|v|s"],
    ),
    "reference, another type": (
        {"resourceType": "Encounter", "subject": {"reference": "Group/g"}},
        "patient",
        [],
    ),
    "number": (
        {"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": Decimal("0.50")}]},
        "probability",
        [f"probability|{sortable(Decimal('0.5'))}"],
    ),
    "quantity": (
        {"resourceType": "Encounter", "length": {"value": 2, "unit": "days", "system": "u", "code": "d"}},
        "length",
        [f"length|{sortable(Decimal(2))}"],
    ),
    "quantity, unit": (
        {"resourceType": "Encounter", "length": {"value": 2, "unit": "days", "system": "u", "code": "d"}},
        "length|",
        [f"length||{unit}|{sortable(Decimal(2))}" for unit in ("d|", "d|u", "days|")],
    ),
    "composite": (
        {
            "resourceType": "Observation",
            "code": {"coding": [{"system": "l", "code": "c"}]},
            "component": [{"code": {"coding": [{"code": "d"}]}, "valueQuantity": {"value": 2}}],
        },
        "component-code-value-quantity",
        [f"component-code-value-quantity|d||{sortable(Decimal(2))}"],
    ),
    "composite, whatever the system": (
        {
            "resourceType": "Observation",
            "code": {"coding": [{"system": "l", "code": "c"}]},
            "valueString": "Tall",
        },
        "code-value-string*",
        ["code-value-string*|c|tall|Tall"],
    ),
    "composite, two positions": (
        {
            "resourceType": "MolecularSequence",
            "referenceSeq": {"chromosome": {"coding": [{"code": "1"}]}},
            "variant": [{"start": 7, "end": 90}],
        },
        "chromosome-variant-coordinate",
        ["chromosome-variant-coordinate|1||000000000007|000000000090"],
    ),
    "uri": ({"resourceType": "ValueSet", "url": "http://e.org/v"}, "url", ["url|http://e.org/v"]),
    "canonical": (
        {"resourceType": "Patient", "meta": {"profile": ["http://e.org/p|2"]}},
        "_profile",
        ["_profile|http://e.org/p", "_profile|http://e.org/p|2"],
    ),
}


@pytest.mark.parametrize(("body", "code", "expected"), CASES.values(), ids=CASES)
def test_layout(body, code, expected):
    ours = (each.partition(SEP) for each in terms(body))
    found = [f"{name}|{rest.replace(SEP, '|')}" for name, _, rest in ours if name.rstrip("<>") == code]

    assert found == expected


def test_own():
    at = datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)

    assert own_terms("a", at) == (
        f"_id{SEP}a",
        f"_lastUpdated<{SEP}2026-03-01T08:00:00.123Z{SEP}2026-03-01T08:00:00.123Z",
        f"_lastUpdated>{SEP}2026-03-01T08:00:00.123Z",
    )


def test_long_values_are_cut_and_still_told_apart():
    one, other = (terms({"resourceType": "Patient", "name": [{"family": "x" * 5000 + end}]}) for end in "ab")

    assert len(one) == len(other) == 3
    assert set(one) & set(other) == {term("deceased", "false", "")}
    assert max(map(len, one)) < 450


def test_nothing_of_what_is_contained():
    body = {"resourceType": "Encounter", "contained": [{"resourceType": "Patient", "id": "p", "gender": "male"}]}

    assert terms(body) == ()


@pytest.mark.parametrize("type", sorted(names()))
def test_every_type_compiles(type):
    """A parameter finds nothing in a resource that has no elements, bar those that ask whether something is there."""
    assert [each[0] for each in extractors(resource_type(type))] == [
        each for each in resource_type(type).parameters if each not in OWN
    ]
    assert {each.partition(SEP)[0] for each in terms({"resourceType": type})} <= {"deceased"}


SKIPPED = {
    "plain": ("Patient", "Patient.name.given", {"name"}),
    "choice": ("Patient", "(Patient.deceased as dateTime)", {"deceasedBoolean", "deceasedDateTime"}),
    "several": ("Encounter", "Encounter.period | Encounter.length", {"period", "length"}),
    "of every resource": ("Encounter", "Resource.meta.tag", {"meta"}),
    "condition on a value": ("Patient", "Patient.telecom.where(system='phone')", {"telecom"}),
    "asks what is not there": ("Patient", "Patient.deceased.exists()", {"resourceType"}),
    "starts at nothing": ("InsurancePlan", "name | alias", {"resourceType"}),
}


@pytest.mark.parametrize(("type", "expression", "expected"), SKIPPED.values(), ids=SKIPPED)
def test_elements_that_have_to_be_there(type, expression, expected):
    assert elements(type, expression) == expected


def test_elements_say_by_themselves_what_the_whole_says(shared):
    for example in sorted((shared / "fhir-examples" / "r4-spec").glob("*.json")):
        body = loads(example.read_bytes())

        assert set(terms(body)) == extracted(extractors(resource_type(body["resourceType"])), body), example.name
