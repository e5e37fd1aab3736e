"""https://hl7.org/fhir/R4/operations.html"""

import pytest


async def test_meta(ask, patient):
    tag = {"system": "urn:t", "code": "x"}
    await ask("PUT", "Patient/a", {**patient, "id": "a", "meta": {"tag": [tag]}})

    body = (await ask("GET", "Patient/a/$meta")).json()

    meta = {"versionId": "1", "lastUpdated": "2026-03-01T08:00:00.000Z", "tag": [tag]}
    assert body == {"resourceType": "Parameters", "parameter": [{"name": "return", "valueMeta": meta}]}
    assert (await ask("POST", "Patient/a/$meta")).json() == body


WRONG = {"resourceType": "Patient", "gender": "banana"}
JUDGED = {
    "good": ({"resourceType": "Patient"}, "", [("information", "informational", "conforms to FHIR R4")]),
    "wrong": (WRONG, "", [("error", "code-invalid", "must be a code of administrative-gender")]),
    "as a parameter": (
        {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": WRONG}]},
        "",
        [("error", "code-invalid", "must be a code of administrative-gender")],
    ),
    "another type": (
        {"resourceType": "Group", "type": "person", "actual": True},
        "",
        [("error", "invalid", "the resource is not a Patient")],
    ),
    "a profile": (
        {"resourceType": "Patient"},
        "?profile=http://example.org/p",
        [
            (
                "error",
                "not-supported",
                "http://example.org/p is not stored here, so nothing was compared with it",
            )
        ],
    ),
}


@pytest.mark.parametrize(("body", "query", "expected"), JUDGED.values(), ids=JUDGED)
async def test_validate(ask, store, body, query, expected):
    """https://hl7.org/fhir/R4/resource-operation-validate.html"""
    response = await ask("POST", f"Patient/$validate{query}", body)

    assert response.status_code == 200
    assert [(each["severity"], each["code"], each["diagnostics"]) for each in response.json()["issue"]] == expected
    assert store.last("default") == 0


REFUSED = {
    "unknown": ("POST", "Patient/$frobnicate", 404, "there is no such operation here"),
    "not at this level": ("POST", "$validate", 404, "there is no such operation here"),
    "of no type": ("POST", "Pation/$validate", 404, "this resource type is not one of FHIR R4's"),
    "by GET": ("GET", "Patient/$validate", 405, "this operation is asked for with POST"),
    "by DELETE": ("DELETE", "Patient/$validate", 405, "this method is not offered here"),
}


@pytest.mark.parametrize(("method", "path", "status", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, method, path, status, text):
    response = await ask(method, path)

    assert response.status_code == status
    assert [each[2] for each in issues(response)] == [text]


@pytest.mark.parametrize("type", ["Claim", "CoverageEligibilityRequest"])
async def test_submit_is_offered(ask, issues, type):
    """https://hl7.org/fhir/R4/claim-operation-submit.html, https://hl7.org/fhir/R4/coverageeligibilityrequest-operation-submit.html"""
    response = await ask("POST", f"{type}/$submit", {"resourceType": "Patient"})

    rows = (await ask("GET", "metadata")).json()["rest"][0]["resource"]
    assert response.status_code == 400
    assert issues(response) == [("invalid", "resourceType", f"a {type} is needed, or a Bundle that holds one")]
    assert "submit" in [op["name"] for row in rows if row["type"] == type for op in row["operation"]]


async def test_they_are_declared(ask):
    """https://hl7.org/fhir/R4/capabilitystatement.html: each where it can be asked for, with its definition."""
    rest = (await ask("GET", "metadata")).json()["rest"][0]
    declared = {(None, each["name"]): each["definition"] for each in rest["operation"]}
    for row in rest["resource"]:
        declared |= {(row["type"], each["name"]): each["definition"] for each in row["operation"]}

    assert declared[None, "meta"] == "http://hl7.org/fhir/OperationDefinition/Resource-meta"
    assert declared["Patient", "everything"] == "http://hl7.org/fhir/OperationDefinition/Patient-everything"
    assert declared["Encounter", "everything"] == "http://hl7.org/fhir/OperationDefinition/Encounter-everything"
    assert declared["Patient", "member-match"] == "http://hl7.org/fhir/us/davinci-hrex/OperationDefinition/member-match"
    assert declared["DocumentReference", "docref"] == "http://hl7.org/fhir/us/core/OperationDefinition/docref"
    assert ("Claim", "everything") not in declared
    assert (None, "everything") not in declared
