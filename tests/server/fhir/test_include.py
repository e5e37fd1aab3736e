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
    entries = await found(ask, "Encounter?_include=Encounter:part-of&_include=Encounter:subject")

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
    "iterated": ("_include:iterate=Coverage:payor", "not-supported", "_include: the modifier iterate is not supported"),
}


@pytest.mark.parametrize(("query", "code", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, query, code, text):
    response = await ask("GET", f"Coverage?{query}")

    (issue,) = issues(response)
    assert (response.status_code, issue[0]) == (400, code)
    assert text is None or issue[2] == text
