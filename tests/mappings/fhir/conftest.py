"""Made-up resources that conform, for tests to spoil."""

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
