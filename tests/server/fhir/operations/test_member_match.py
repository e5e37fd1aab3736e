"""https://hl7.org/fhir/us/davinci-hrex/STU1/OperationDefinition-member-match.html"""

from copy import deepcopy
from typing import Any

import pytest

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
PAYER = [{"reference": "Organization/payer"}]
MB = {"type": {"coding": [{"system": V2, "code": "MB"}]}, "system": "urn:test:member", "value": "55"}
MRN = {"type": {"coding": [{"system": V2, "code": "MR"}]}, "system": "urn:test:mrn", "value": "4711"}
WHO = {"name": [{"family": "Person", "given": ["Pat", "Ann"]}], "gender": "female", "birthDate": "1974-12-25"}

STORED = {
    "Patient/pat": {**WHO, "identifier": [MRN, MB]},
    "Coverage/old": {
        "status": "cancelled",
        "subscriberId": "DH1",
        "beneficiary": {"reference": "Patient/pat"},
        "payor": PAYER,
    },
    "Patient/other": {"name": [{"family": "Person", "given": ["Paula"]}], "birthDate": "1974-12-25"},
    "Coverage/others": {
        "status": "active",
        "subscriberId": "DH1",
        "beneficiary": {"reference": "Patient/other"},
        "payor": PAYER,
    },
}
TWIN = {
    "Patient/twin": WHO,
    "Coverage/twins": {
        "status": "active",
        "identifier": [{"value": "DH1"}],
        "beneficiary": {"reference": "Patient/twin"},
        "payor": PAYER,
    },
}
CONSENT = {
    "resourceType": "Consent",
    "status": "active",
    "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
    "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IDSCL"}]}],
    "patient": {"reference": "Patient/1"},
    "policy": [{"uri": "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition-hrex-consent.html#regular"}],
    "provision": {"type": "permit", "period": {"start": "2026-01-01", "end": "2026-12-31"}},
}
COVERAGE = {
    "resourceType": "Coverage",
    "status": "draft",
    "identifier": [{"system": "urn:test:old", "value": "DH1"}],
    "beneficiary": {"reference": "Patient/1"},
    "payor": PAYER,
}


def asked(**changed: dict[str, Any]) -> dict[str, Any]:
    """Parameters, with elements of a resource set anew."""
    patient = {"resourceType": "Patient", "id": "1", **WHO}
    sent = deepcopy({"MemberPatient": patient, "CoverageToMatch": COVERAGE, "Consent": CONSENT})
    for name, elements in changed.items():
        sent[name].update(elements)
    parameter = [{"name": name, "resource": each} for name, each in sent.items()]
    return {"resourceType": "Parameters", "parameter": parameter}


async def test_the_member(ask, put):
    put(STORED)

    answer = await ask("POST", "Patient/$member-match", asked())

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "MemberIdentifier", "valueIdentifier": MB},
            {"name": "MemberId", "valueReference": {"reference": "Patient/pat"}},
        ],
    }


NOT_ONE = {
    "another name": asked(MemberPatient={"name": [{"family": "Person", "given": ["Otto"]}]}),
    "another birth date": asked(MemberPatient={"birthDate": "1974-12-26"}),
    "another gender": asked(MemberPatient={"gender": "male"}),
    "another number": asked(MemberPatient={"identifier": [{"system": "urn:test:member", "value": "56"}]}),
    "another coverage": asked(CoverageToMatch={"identifier": [{"value": "DH2"}]}),
    "no birth date": asked(MemberPatient={"birthDate": None}),
    "a consent that was withdrawn": asked(Consent={"status": "inactive"}),
    "a consent that denies": asked(Consent={"provision": {"type": "deny"}}),
    "a consent of last year": asked(Consent={"provision": {"type": "permit", "period": {"end": "2025-12-31"}}}),
    "a consent of next year": asked(Consent={"provision": {"type": "permit", "period": {"start": "2027"}}}),
}


def without_nulls(body):
    for each in body["parameter"]:
        each["resource"] = {name: value for name, value in each["resource"].items() if value is not None}
    return body


@pytest.mark.parametrize("body", NOT_ONE.values(), ids=NOT_ONE)
async def test_nobody(ask, put, issues, body):
    put(STORED)

    answer = await ask("POST", "Patient/$member-match", without_nulls(deepcopy(body)))

    assert answer.status_code == 422
    assert issues(answer)


async def test_more_than_one(ask, put, issues):
    put(STORED | TWIN)

    answer = await ask("POST", "Patient/$member-match", asked())

    assert answer.status_code == 422
    assert issues(answer) == [("business-rule", None, "more than one member matches what was sent")]


BAD = {
    "somebody else's consent": asked(Consent={"patient": {"reference": "Patient/2"}}),
    "somebody else's coverage": asked(CoverageToMatch={"beneficiary": {"reference": "Patient/2"}}),
    "what is not FHIR": asked(CoverageToMatch={"status": "banana"}),
    "no consent": {**asked(), "parameter": asked()["parameter"][:2]},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
async def test_refused(ask, issues, body):
    answer = await ask("POST", "Patient/$member-match", body)

    assert answer.status_code == 400
    assert issues(answer)
