"""https://hl7.org/fhir/R4/patient-operation-everything.html, https://hl7.org/fhir/R4/encounter-operation-everything.html"""

import pytest

ANN, BEN = {"reference": "Patient/ann"}, {"reference": "Patient/ben"}
FINAL = {"status": "final", "code": {"text": "pulse"}}
VISIT = {"status": "finished", "class": {"code": "AMB"}}

STORED = {
    "Organization/ward": {"name": "Ward", "partOf": {"reference": "Organization/hospital"}},
    "Organization/hospital": {"name": "Hospital"},
    "Organization/unrelated": {"name": "Elsewhere"},
    "Practitioner/doc": {"active": True},
    "Patient/ann": {"generalPractitioner": [{"reference": "Practitioner/doc"}]},
    "Patient/ben": {"active": True},
    "Encounter/visit": {
        **VISIT,
        "subject": ANN,
        "serviceProvider": {"reference": "http://causeway.test/fhir/Organization/ward"},
        "period": {"start": "2026-01-10", "end": "2026-01-12"},
    },
    "Encounter/other": {**VISIT, "subject": BEN},
    "Observation/early": {**FINAL, "subject": ANN, "effectiveDateTime": "2025-06-01"},
    "Observation/late": {
        **FINAL,
        "subject": ANN,
        "encounter": {"reference": "Encounter/visit"},
        "effectiveDateTime": "2026-01-11",
        "performer": [{"reference": "Practitioner/doc"}],
    },
    "Binary/scan": {"contentType": "text/plain", "data": "aGk="},
    "DocumentReference/doc": {
        "status": "current",
        "subject": ANN,
        "content": [{"attachment": {"url": "Binary/scan"}}],
    },
    "Coverage/c": {"status": "active", "beneficiary": ANN, "subscriber": BEN, "payor": [BEN]},
}

ALONG = ["(Binary/scan)", "(Organization/ward)", "(Practitioner/doc)", "(Organization/hospital)"]
OWN = [
    "Patient/ann",
    "Coverage/c",
    "DocumentReference/doc",
    "Encounter/visit",
    "Observation/early",
    "Observation/late",
]

CASES = {
    "a patient, and whom the record names": ("Patient/ann/$everything", OWN + ALONG),
    "nobody else's": ("Patient/ben/$everything", ["Patient/ben", "Coverage/c", "Encounter/other"]),
    "an encounter": (
        "Encounter/visit/$everything",
        [
            "Encounter/visit",
            "Observation/late",
            "(Organization/ward)",
            "(Patient/ann)",
            "(Practitioner/doc)",
            "(Organization/hospital)",
        ],
    ),
    "types": (
        "Patient/ann/$everything?_type=Patient,Observation&_type=Practitioner",
        ["Patient/ann", "Observation/early", "Observation/late", "(Practitioner/doc)"],
    ),
    "care from a day on": (
        "Patient/ann/$everything?start=2026-01-12",
        ["Patient/ann", "Coverage/c", "DocumentReference/doc", "Encounter/visit", *ALONG],
    ),
    "care between days": (
        "Patient/ann/$everything?start=2025&end=2025-12&_type=Observation,Encounter",
        ["Observation/early"],
    ),
    "since before": ("Patient/ben/$everything?_since=2026-01-01T00:00:00Z&_type=Patient", ["Patient/ben"]),
    "since after": ("Patient/ann/$everything?_since=2027-01-01T00:00:00Z", []),
    "of everybody": (
        "Patient/$everything?_type=Encounter,Patient",
        ["Patient/ann", "Patient/ben", "Encounter/visit", "Encounter/other"],
    ),
}


@pytest.fixture
def stored(put):
    put(STORED)


@pytest.mark.parametrize(("address", "expected"), CASES.values(), ids=CASES)
async def test_what_is_given(ask, stored, entries, address, expected):
    answer = await ask("GET", address)

    assert entries(answer) == expected
    assert answer.json()["type"] == "searchset"


async def test_by_post_it_is_the_same(ask, stored, entries):
    parameter = [{"name": "_type", "valueCode": "Observation"}, {"name": "start", "valueDate": "2026-01-01"}]
    answer = await ask("POST", "Patient/ann/$everything", {"resourceType": "Parameters", "parameter": parameter})

    assert entries(answer) == ["Observation/late"]
    assert answer.json()["link"][0]["url"].endswith("/Patient/ann/$everything?_type=Observation&start=2026-01-01")


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 7])
async def test_pages_together_are_everything(ask, stored, entries, count):
    found, address, pages = [], f"Patient/ann/$everything?_count={count}", 0
    while address:
        answer = await ask("GET", address)
        page = entries(answer)
        assert len([each for each in page if "(" not in each]) <= count
        found += page
        pages += 1
        address = next((each["url"] for each in answer.json()["link"] if each["relation"] == "next"), None)

    assert [each for each in found if "(" not in each] == OWN
    assert set(found) == {*OWN, *ALONG}
    assert pages >= len(OWN) / count


REFUSED = {
    "nobody": ("Patient/nobody/$everything", 404, "there is no such resource"),
    "no count": ("Patient/ann/$everything?_count=none", 400, "the parameter _count has to be of type integer"),
    "a count of nothing": ("Patient/ann/$everything?_count=0", 400, "_count has to be 1 or more"),
    "no date": ("Patient/ann/$everything?start=soon", 400, "the parameter start has to be of type date"),
    "two starts": ("Patient/ann/$everything?start=2020&start=2021", 400, "the parameter start is given twice"),
    "not of an encounter": ("Encounter/visit/$everything?start=2020", 400, "there is no parameter start"),
    "no type": ("Patient/ann/$everything?_type=Pation", 400, "_type: Pation is no resource type"),
    "a page of nowhere": ("Patient/ann/$everything?_page=99.x", 400, "_page is not one that this server gave"),
    "no page": ("Patient/ann/$everything?_page=1.@@", 400, "_page is not one that this server gave"),
    "of every encounter": ("Encounter/$everything", 404, "there is no such operation here"),
}


@pytest.mark.parametrize(("address", "status", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, stored, issues, address, status, text):
    answer = await ask("GET", address)

    assert (answer.status_code, [each[2] for each in issues(answer)]) == (status, [text])


REACHED = {
    "system/Patient.rs system/Observation.rs": ["Patient/ann", "Observation/early", "Observation/late"],
    "system/*.rs": [*OWN, *ALONG],
    "system/Patient.r system/Observation.rs": None,
    "patient/*.rs": None,
}


@pytest.mark.parametrize(("scope", "expected"), REACHED.items(), ids=REACHED)
async def test_only_what_the_scopes_reach(ask, stored, entries, expected):
    answer = await ask("GET", "Patient/ann/$everything")

    assert (answer.status_code == 403) if expected is None else (entries(answer) == expected)
