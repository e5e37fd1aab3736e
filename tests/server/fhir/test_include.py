"""https://hl7.org/fhir/R4/search.html#include, https://hl7.org/fhir/R4/search.html#revinclude"""

import pytest

from server.fhir.search import include

STORED = {
    "Patient/a": {},
    "Patient/b": {},
    "Practitioner/d": {},
    "Organization/o": {"name": "any"},
    "Coverage/c": {
        "status": "active",
        "beneficiary": {"reference": "Patient/a"},
        "payor": [{"reference": "http://causeway.test/fhir/Organization/o"}, {"reference": "Patient/b"}],
        "subscriber": {"reference": "Patient/nobody"},
    },
    "Encounter/e": {"status": "planned", "class": {"code": "IMP"}, "subject": {"reference": "Patient/a"}},
    "Patient/c": {"link": [{"other": {"reference": "Patient/b"}, "type": "seealso"}]},
    "Observation/o": {
        "status": "final",
        "code": {"text": "any"},
        "subject": {"reference": "http://causeway.test/fhir/Patient/c"},
        "encounter": {"reference": "Encounter/g"},
    },
    "Provenance/p": {
        "target": [{"reference": "Observation/o"}],
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"who": {"reference": "Practitioner/d"}}],
    },
    "Questionnaire/q": {"url": "http://example.org/q", "version": "1", "status": "active"},
    "Questionnaire/r": {"url": "http://example.org/q", "version": "2", "status": "active"},
    "QuestionnaireResponse/x": {"questionnaire": "http://example.org/q|2", "status": "completed"},
    "Encounter/g": {
        "status": "planned",
        "class": {"code": "IMP"},
        "partOf": {"reference": "Encounter/h"},
        "serviceProvider": {"reference": "Organization/o"},
    },
    "Encounter/h": {
        "status": "planned",
        "class": {"code": "IMP"},
        "partOf": {"reference": "Encounter/g"},
    },
    "Encounter/f": {
        "status": "planned",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/a"},
        "partOf": {"reference": "Encounter/e"},
    },
}


@pytest.fixture
async def stored(ask):
    for key, body in STORED.items():
        type, id = key.split("/")
        sent = await ask("PUT", key, {"resourceType": type, "id": id, **body})
        assert sent.status_code == 201, sent.text


async def found(ask, query):
    body = (await ask("GET", query)).json()
    entries = [(each["search"]["mode"], each["resource"]) for each in body.get("entry", ())]
    return [(mode, f"{each['resourceType']}/{each.get('id')}") for mode, each in entries]


CASES = {
    "one parameter": ("Coverage?_include=Coverage:beneficiary", ["Patient/a"]),
    "of several types": ("Coverage?_include=Coverage:payor", ["Organization/o", "Patient/b"]),
    "of one type": ("Coverage?_include=Coverage:payor:Patient", ["Patient/b"]),
    "what is not there": ("Coverage?_include=Coverage:subscriber", []),
    "two of them": (
        "Coverage?_include=Coverage:beneficiary&_include=Coverage:payor:Organization",
        ["Patient/a", "Organization/o"],
    ),
    "every one": ("Coverage?_include=Coverage:*", ["Organization/o", "Patient/a", "Patient/b"]),
    "simply every one": ("Coverage?_include=*", ["Organization/o", "Patient/a", "Patient/b"]),
    "again": (
        "Observation?_include=Observation:encounter&_include:iterate=Encounter:part-of",
        ["Encounter/g", "Encounter/h"],
    ),
    "again, from another type": (
        "Observation?_include=Observation:subject&_include:iterate=Patient:link&_include:iterate=Encounter:part-of",
        ["Patient/c", "Patient/b"],
    ),
    "again, but not asked": ("Observation?_include=Observation:encounter", ["Encounter/g"]),
    "again, the other way": (
        "Practitioner?_revinclude=Provenance:agent&_include:iterate=Provenance:target&_include:iterate=Observation:subject",
        ["Provenance/p", "Observation/o", "Patient/c"],
    ),
    "the other way, again": (
        "Patient?_id=c&_revinclude=Observation:subject&_revinclude:iterate=Provenance:target",
        ["Observation/o", "Provenance/p"],
    ),
    "the other way, written as this server's address": (
        "Patient?_id=c&_revinclude=Observation:subject",
        ["Observation/o"],
    ),
    "the other way, of one type": ("Observation?_revinclude=Provenance:target:Observation", ["Provenance/p"]),
    "the other way, of another type": ("Observation?_revinclude=Provenance:target:Patient", []),
    "the other way, simply every one": ("Patient?_id=b&_revinclude=*", ["Coverage/c", "Patient/c"]),
    "by its url": ("QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire", ["Questionnaire/r"]),
    "the other way": ("Patient?_id=a&_revinclude=Encounter:subject", ["Encounter/e", "Encounter/f"]),
    "the other way, none": ("Patient?_id=b&_revinclude=Encounter:subject", []),
    "the other way, every one": ("Patient?_id=b&_revinclude=Coverage:*", ["Coverage/c"]),
}


@pytest.mark.parametrize(("query", "expected"), CASES.values(), ids=CASES)
async def test_given_along(ask, stored, query, expected):
    entries = await found(ask, query)

    assert [key for mode, key in entries if mode == "include"] == expected
    assert len([key for mode, key in entries if mode == "match"]) == 1


async def test_what_was_found_is_not_included_again(ask, stored):
    entries = await found(ask, "Encounter?patient=a&_include=Encounter:part-of&_include=Encounter:subject")

    assert sorted(entries) == [("include", "Patient/a"), ("match", "Encounter/e"), ("match", "Encounter/f")]


async def test_counts_what_was_found(ask, stored):
    body = (await ask("GET", "Encounter?_id=e&_include=Encounter:subject")).json()

    assert (body["total"], len(body["entry"])) == (1, 2)
    assert body["link"][0]["url"] == "http://causeway.test/fhir/Encounter?_id=e&_include=Encounter:subject"


async def test_says_when_there_is_more(ask, stored, monkeypatch):
    monkeypatch.setattr(include, "MOST", 1)

    entries = await found(ask, "Patient?_id=a&_revinclude=Encounter:subject")

    assert entries == [("match", "Patient/a"), ("include", "Encounter/e"), ("outcome", "OperationOutcome/None")]


class TestScope:
    @pytest.fixture
    def scope(self):
        return "system/Coverage.rs system/Patient.cu system/Encounter.cu system/*.cu system/Organization.r"

    async def test_only_what_may_be_searched_for(self, ask, stored):
        assert await found(ask, "Coverage?_include=*&_revinclude=Encounter:subject") == [("match", "Coverage/c")]


REFUSED = {
    "another type": ("_include=Encounter:subject", "invalid", None),
    "no type": ("_include=Banana:subject", "invalid", None),
    "no such target": ("_include=Coverage:payor:Banana", "invalid", None),
    "no reference": (
        "_include=Coverage:status",
        "invalid",
        "_include: Coverage has no reference parameter of that name",
    ),
    "no parameter": (
        "_revinclude=Encounter",
        "invalid",
        "_revinclude: Encounter has no reference parameter of that name",
    ),
    "modifier": ("_include:exact=Coverage:payor", "not-supported", "_include: the modifier exact is not supported"),
}


@pytest.mark.parametrize(("query", "code", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, query, code, text):
    response = await ask("GET", f"Coverage?{query}")

    (issue,) = issues(response)
    assert (response.status_code, issue[0]) == (400, code)
    assert text is None or issue[2] == text
