"""https://hl7.org/fhir/R4/patient-operation-match.html"""

import pytest

MRN = "urn:test:mrn"

STORED = {
    "Patient/anna": {
        "identifier": [{"system": MRN, "value": "1"}],
        "name": [{"family": "Bauer", "given": ["Anna"]}],
        "gender": "female",
        "birthDate": "1961-07-30",
        "telecom": [{"system": "phone", "value": "+1 (555) 010-2030"}],
    },
    "Patient/anton": {
        "identifier": [{"system": MRN, "value": "2"}],
        "name": [{"family": "Bauer", "given": ["Anton"]}],
        "gender": "male",
        "birthDate": "1961-07-30",
    },
    "Patient/twin": {
        "identifier": [{"system": MRN, "value": "3"}],
        "name": [{"family": "Bauer", "given": ["Anna"]}],
        "gender": "female",
        "birthDate": "1961-07-30",
    },
    "Patient/nobody": {"name": [{"family": "Nobody"}], "birthDate": "2001-01-01"},
}
ANNA = {"name": [{"family": "bauer", "given": ["Anna"]}], "gender": "female", "birthDate": "1961-07-30"}

CASES = {
    "by a number": ({"identifier": [{"system": MRN, "value": "1"}]}, [("anna", "certain")]),
    "by who it is": (ANNA, [("anna", "probable"), ("twin", "probable"), ("anton", "possible")]),
    "and a telephone": (
        {**ANNA, "telecom": [{"system": "phone", "value": "555-010-2030"}]},
        [("anna", "certain"), ("twin", "probable"), ("anton", "possible")],
    ),
    "an initial, and a day that differs": (
        {"name": [{"family": "Bauer", "given": ["A"]}], "birthDate": "1961-07-31"},
        [("anna", "possible"), ("anton", "possible"), ("twin", "possible")],
    ),
    "a number, and somebody else's name": (
        {"identifier": [{"system": MRN, "value": "1"}], "name": [{"family": "Meier", "given": ["Otto"]}]},
        [("anna", "possible")],
    ),
    "another number of the same authority": (
        {**ANNA, "identifier": [{"system": MRN, "value": "9"}]},
        [("anna", "possible"), ("twin", "possible")],
    ),
    "nobody": ({"name": [{"family": "Unheard"}]}, []),
    "a family name alone": ({"name": [{"family": "Bauer"}]}, []),
}


def graded(answer):
    assert answer.status_code == 200, answer.text
    found = answer.json().get("entry", ())
    return [(each["resource"]["id"], each["search"]["extension"][0]["valueCode"]) for each in found]


@pytest.mark.parametrize(("asked", "expected"), CASES.values(), ids=CASES)
async def test_the_likeliest_first(ask, put, asked, expected):
    put(STORED)

    answer = await ask("POST", "Patient/$match", {"resourceType": "Patient", **asked})

    scores = [each["search"]["score"] for each in answer.json().get("entry", ())]
    assert graded(answer) == expected
    assert scores == sorted(scores, reverse=True)
    assert all(0 < each <= 1 for each in scores)


CERTAIN = {
    "one": ({"identifier": [{"system": MRN, "value": "1"}]}, ["anna"]),
    "two": ({"identifier": [{"system": MRN, "value": each} for each in ("1", "2")]}, []),
    "none": (ANNA, []),
}


@pytest.mark.parametrize(("asked", "expected"), CERTAIN.values(), ids=CERTAIN)
async def test_only_certain_matches(ask, put, asked, expected):
    put(STORED)
    parameter = [
        {"name": "resource", "resource": {"resourceType": "Patient", **asked}},
        {"name": "onlyCertainMatches", "valueBoolean": True},
    ]

    answer = await ask("POST", "Patient/$match", {"resourceType": "Parameters", "parameter": parameter})

    assert [id for id, _ in graded(answer)] == expected


async def test_count(ask, put):
    put(STORED)
    parameter = [
        {"name": "resource", "resource": {"resourceType": "Patient", **ANNA}},
        {"name": "count", "valueInteger": 1},
    ]

    answer = await ask("POST", "Patient/$match", {"resourceType": "Parameters", "parameter": parameter})

    assert (graded(answer), answer.json()["total"]) == ([("anna", "probable")], 3)


REFUSED = {
    "nothing known": ({"resourceType": "Patient"}, "Patient", "an identifier, a name or a birth date is needed"),
    "another type": ({"resourceType": "Group"}, "Group.type", "is required"),
    "no Patient": (
        {"resourceType": "Binary", "contentType": "text/plain"},
        "resourceType",
        "the parameter resource has to be of type Patient",
    ),
    "no parameter of it": (
        {"resourceType": "Parameters", "parameter": [{"name": "x", "valueString": "y"}]},
        "Parameters.parameter[0]",
        "there is no parameter x",
    ),
}


@pytest.mark.parametrize(("body", "place", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, body, place, text):
    answer = await ask("POST", "Patient/$match", body)

    assert answer.status_code == 400
    assert issues(answer)[0][1:] == (place, text)


async def test_it_is_no_question_for_an_address(ask):
    assert (await ask("GET", "Patient/$match")).status_code == 405
