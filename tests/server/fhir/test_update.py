"""https://hl7.org/fhir/R4/http.html#update, https://hl7.org/fhir/R4/http.html#upsert, https://hl7.org/fhir/R4/http.html#cond-update"""

import asyncio

import pytest


async def test_makes_the_next_version(ask, patient):
    first = await ask("PUT", "Patient/a", {**patient, "id": "a"})
    second = await ask("PUT", "Patient/a", {**patient, "id": "a", "active": True})

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.headers["etag"] == 'W/"2"'
    assert second.headers["location"] == "http://causeway.test/fhir/Patient/a/_history/2"
    assert second.json()["meta"]["versionId"] == "2"
    assert second.json()["active"] is True


async def test_brings_back_what_was_deleted(ask, patient):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})
    await ask("DELETE", "Patient/a")

    response = await ask("PUT", "Patient/a", {**patient, "id": "a"})

    assert (response.status_code, response.headers["etag"]) == (201, 'W/"3"')
    assert (await ask("GET", "Patient/a")).status_code == 200


MATCHES = {
    "the current version": ('W/"2"', 200),
    "strong": ('"2"', 200),
    "bare": ("2", 200),
    "an older version": ('W/"1"', 412),
    "a version to come": ('W/"3"', 412),
    "no version": ("latest", 400),
}


@pytest.mark.parametrize(("match", "status"), MATCHES.values(), ids=MATCHES)
async def test_if_match(ask, patient, match, status):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})
    await ask("PUT", "Patient/a", {**patient, "id": "a"})

    response = await ask("PUT", "Patient/a", {**patient, "id": "a"}, If_Match=match)

    assert response.status_code == status


async def test_if_match_of_what_is_not_there(ask, issues, patient):
    response = await ask("PUT", "Patient/a", {**patient, "id": "a"}, If_Match='W/"1"')

    assert response.status_code == 412
    assert issues(response) == [("conflict", None, "the current version is not the one that If-Match names")]


async def test_of_two_who_changed_the_same_version_one_wins(ask, patient):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})
    asked = [ask("PUT", "Patient/a", {**patient, "id": "a"}, If_Match='W/"1"') for _ in range(16)]

    responses = await asyncio.gather(*asked)

    assert sorted(each.status_code for each in responses) == [200, *[412] * 15]


REFUSED = {
    "another id": ("a", {"id": "b"}, ("invalid", "Patient.id", "the body's id has to be the one of the address")),
    "no id": ("a", {}, ("invalid", "Patient.id", "the body's id has to be the one of the address")),
    "an id that is none": ("a_b", {"id": "a_b"}, ("value", None, "an id is 1 to 64 letters, digits, - and .")),
    "an id too long": ("a" * 65, {"id": "a" * 65}, ("value", None, "an id is 1 to 64 letters, digits, - and .")),
}


@pytest.mark.parametrize(("id", "part", "issue"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, patient, id, part, issue):
    response = await ask("PUT", f"Patient/{id}", {**patient, **part})

    assert response.status_code == 400
    assert issues(response) == [issue]


async def test_by_criteria(ask, patient):
    criteria = "Patient?identifier=urn:test:mrn|4711"

    first = await ask("PUT", criteria, patient)
    second = await ask("PUT", criteria, {**patient, "active": True})
    third = await ask("PUT", criteria, {**patient, "id": first.json()["id"]}, If_Match='W/"2"')

    assert [each.status_code for each in (first, second, third)] == [201, 200, 200]
    assert second.headers["location"] == first.headers["location"].replace("_history/1", "_history/2")
    assert third.headers["etag"] == 'W/"3"'


async def test_by_criteria_under_an_id_of_the_clients(ask, patient):
    response = await ask("PUT", "Patient?identifier=4711", {**patient, "id": "mine"})

    assert (response.status_code, response.json()["id"]) == (201, "mine")


async def test_by_criteria_that_several_meet(ask, issues, patient):
    await ask("POST", "Patient", patient)
    await ask("POST", "Patient", patient)

    response = await ask("PUT", "Patient?identifier=4711", patient)

    assert response.status_code == 412
    assert issues(response) == [("conflict", None, "the criteria are met by more than one resource")]


async def test_by_criteria_with_the_id_of_another(ask, issues, patient):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})

    wrong = await ask("PUT", "Patient?identifier=4711", {**patient, "id": "b"})
    elsewhere = await ask("PUT", "Patient?identifier=4712", {**patient, "id": "a"})

    assert (wrong.status_code, elsewhere.status_code) == (400, 409)
    assert issues(wrong) == [
        ("invalid", "Patient.id", "the body's id is not that of the resource that meets the criteria")
    ]
    assert issues(elsewhere) == [("conflict", "Patient.id", "the resource of this id does not meet the criteria")]
