"""https://hl7.org/fhir/us/core/STU6.1/OperationDefinition-docref.html"""

import pytest

ANN, BEN = {"reference": "Patient/ann"}, {"reference": "Patient/ben"}
CCD, NOTE = "34133-9", "11506-3"


def document(code, date, period=None, subject=ANN):
    context = {"context": {"period": period}} if period else {}
    type = {"coding": [{"system": "http://loinc.org", "code": code}]}
    content = [{"attachment": {"url": "https://elsewhere.test/document"}}]
    return {"status": "current", "subject": subject, "type": type, "date": date, "content": content, **context}


STORED = {
    "DocumentReference/old-ccd": document(CCD, "2024-05-01T10:00:00Z"),
    "DocumentReference/ccd": document(CCD, "2026-01-05T10:00:00Z", {"start": "2025-03-01", "end": "2025-03-04"}),
    "DocumentReference/note": document(NOTE, "2025-09-01T10:00:00Z"),
    "DocumentReference/bens": document(CCD, "2026-02-01T10:00:00Z", subject=BEN),
}

CASES = {
    "the newest of each type": ("patient=ann", ["ccd", "note"]),
    "of one type": ("patient=ann&type=http://loinc.org|34133-9", ["ccd"]),
    "of several types": ("patient=ann&type=http://loinc.org|34133-9&type=11506-3", ["ccd", "note"]),
    "of another type": ("patient=ann&type=http://loinc.org|1-8", []),
    "when care was given, not when it was written": ("patient=ann&start=2025-03-02&end=2025-03-31", ["ccd"]),
    "from a day on": ("patient=ann&start=2025-03-02", ["ccd", "note"]),
    "until a day": ("patient=ann&end=2024-12-31", ["old-ccd"]),
    "of a profile": ("patient=ann&profile=http://example.org/p", []),
    "of nobody": ("patient=nobody", []),
}


@pytest.mark.parametrize(("query", "expected"), CASES.values(), ids=CASES)
async def test_what_is_given(ask, put, entries, query, expected):
    put(STORED)

    answer = await ask("GET", f"DocumentReference/$docref?{query}")

    assert entries(answer) == [f"DocumentReference/{each}" for each in expected]
    assert answer.json()["total"] == len(expected)


async def test_a_type_may_be_a_coding(ask, put, entries):
    put(STORED)
    coding = {"name": "type", "valueCoding": {"system": "http://loinc.org", "code": NOTE}}
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "patient", "valueId": "ann"}, coding]}

    assert entries(await ask("POST", "DocumentReference/$docref", parameters)) == ["DocumentReference/note"]


async def test_none_is_made_on_demand(ask, put):
    put(STORED)
    answer = await ask("GET", "DocumentReference/$docref?patient=ann&on-demand=true")

    outcome = answer.json()["entry"][-1]
    assert (outcome["search"]["mode"], outcome["resource"]["issue"][0]["severity"]) == ("outcome", "information")


async def test_a_patient_is_needed(ask, issues):
    answer = await ask("GET", "DocumentReference/$docref")

    assert answer.status_code == 400
    assert issues(answer) == [("required", "Parameters.parameter", "the parameter patient is missing")]
