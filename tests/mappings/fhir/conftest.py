"""Made-up resources that conform, for tests to spoil."""

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

XHTML = "http://www.w3.org/1999/xhtml"


@pytest.fixture
def patient() -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": "p1",
        "text": {"status": "generated", "div": f'<div xmlns="{XHTML}"><p>Ada <b>Quill</b></p></div>'},
        "contained": [{"resourceType": "Organization", "id": "org", "name": "Harbor Clinic"}],
        "extension": [{"url": "https://quill.test/nickname", "valueString": "Ada"}],
        "identifier": [{"system": "urn:quill:mrn", "value": "4711"}],
        "active": True,
        "name": [
            {"use": "official", "family": "Quill", "given": ["Ada", None], "_given": [None, {"id": "middle", **SAID}]}
        ],
        "gender": "female",
        "birthDate": "1984-02-29",
        "_birthDate": {"extension": [{"url": "https://quill.test/time", "valueDateTime": "1984-02-29T04:05:06+01:00"}]},
        "deceasedBoolean": False,
        "multipleBirthInteger": 2,
        "contact": [{"name": {"text": "Ben Quill"}, "period": {"start": "2020-04-01", "end": "2020-05-01T10:00:00Z"}}],
        "managingOrganization": {"reference": "#org"},
    }


SAID = {"extension": [{"url": "https://quill.test/why", "valueCode": "asked-unknown"}]}


@pytest.fixture
def claim() -> dict[str, Any]:
    return {
        "resourceType": "Claim",
        "id": "c1",
        "meta": {"profile": ["https://quill.test/StructureDefinition/claim"]},
        "status": "active",
        "type": {"coding": [{"system": "urn:quill:codes", "code": "professional"}]},
        "use": "claim",
        "patient": {"reference": "Patient/p1"},
        "billablePeriod": {"start": "2024-03-01", "end": "2024-03-02"},
        "created": "2024-03-05T09:30:00Z",
        "provider": {"reference": "https://quill.test/fhir/Organization/o1/_history/2"},
        "priority": {"text": "normal"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/v1"}}],
        "item": [
            {
                "sequence": 1,
                "diagnosisSequence": [1, 2],
                "productOrService": {"coding": [{"system": "urn:quill:codes", "code": "99213", "display": "Visit"}]},
                "servicedDate": "2024-03-01",
                "quantity": {"value": Decimal("2.50"), "unit": "h", "system": "urn:quill:units", "code": "h"},
                "unitPrice": {"value": Decimal("100.00"), "currency": "USD"},
                "encounter": [{"reference": "Encounter/e1"}],
            }
        ],
        "total": {"value": Decimal("250.00"), "currency": "USD"},
    }


@pytest.fixture
def bundle(patient: dict[str, Any], claim: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 2,
        "link": [{"relation": "self", "url": "https://quill.test/fhir/Patient"}],
        "entry": [
            {"fullUrl": "https://quill.test/fhir/Patient/p1", "resource": patient, "search": {"mode": "match"}},
            {"fullUrl": "https://quill.test/fhir/Claim/c1", "resource": claim, "search": {"mode": "include"}},
        ],
    }


@pytest.fixture
def questionnaire() -> dict[str, Any]:
    inner = {"linkId": "1.1", "type": "boolean", "text": "Smoker?"}
    return {
        "resourceType": "Questionnaire",
        "status": "active",
        "item": [{"linkId": "1", "type": "group", "item": [inner]}],
    }


SPOILED: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2**31, 1.5, Decimal("1.0"), Decimal("1.50")),
    *("", " ", "x", "banana", " padded ", "two  spaces", "a\tb", "\u00e9", "relative"),
    *("2024-02-30", "2024-13", "2024-03-01T10:00:00", "2024-03-01T10:00:00.123+14:01"),
    *("http://quill.test/a b", "urn:uuid:0000", "urn:oid:1.02", "http://hl7.org/fhir/ValueSet/x"),
    *("Device/1", "Patient/1", "#nobody"),
    *([], {}, [None], [{}], {"id": "a"}, ["x"], {"surname": "Quill"}, {"display": "x"}, {"reference": "Device/1"}),
    {"extension": [{"url": "urn:x"}]},
    {"extension": [{"url": "urn:x", "valueCode": "y"}]},
    {"value": Decimal("1.0")},
    {"start": "2021", "end": "2020"},
    {"coding": [{"code": "x", "system": "relative"}]},
)
"""What stands where something else stood."""
ADDED: tuple[tuple[str, Any], ...] = (
    *(("surname", "Quill"), ("id", "x y"), ("id", "a"), ("value", "x"), ("valueString", "x"), ("type", "Device")),
    *(("_status", {"id": "a"}), ("period", {}), ("system", "relative"), ("comparator", "<"), ("deceasedBoolean", True)),
    ("extension", []),
    ("extension", [{"url": "urn:x"}]),
    ("extension", [{"url": "urn:x", "valueString": "y"}]),
    ("extension", [{"url": "urn:x", "valueString": "y", "valueCode": "z"}]),
    ("modifierExtension", [{"valueCode": "x"}]),
    ("contained", [{"resourceType": "Organization", "id": "o", "name": "x"}]),
    ("text", {"status": "generated", "div": "<div><script/></div>"}),
)


@pytest.fixture(scope="session")
def mutations() -> Callable[[Any, str, int], Iterator[Any]]:
    """Copies of a resource with one thing changed at a place of it, the same ones for the same seed."""
    return _mutations


def _mutations(resource: Any, seed: str, count: int) -> Iterator[Any]:
    chance = random.Random(seed)
    for _ in range(count):
        copy = deepcopy(resource)
        parent, name = chance.choice(list(_places(copy)))
        match chance.randrange(4):
            case 0:
                del parent[name]
            case 1 if isinstance(parent[name], dict):
                added, value = chance.choice(ADDED)
                parent[name] = {**parent[name], added: value}
            case 2:
                parent[name] = parent[name][0] if isinstance(parent[name], list) else [parent[name]]
            case _:
                parent[name] = deepcopy(chance.choice(SPOILED))
        yield copy


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    names = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for name in names:
        yield value, name
        yield from _places(value[name])
