"""https://hl7.org/fhir/R4/http.html#read, https://hl7.org/fhir/R4/http.html#cread"""

import pytest


async def test_gives_what_was_stored(ask, patient):
    created = await ask("PUT", "Patient/a", {**patient, "id": "a"})

    response = await ask("GET", "Patient/a")

    assert response.status_code == 200
    assert response.content == created.content
    assert response.headers["etag"] == 'W/"1"'
    assert response.headers["last-modified"] == "Sun, 01 Mar 2026 08:00:00 GMT"
    assert response.headers["content-type"] == "application/fhir+json"


async def test_keeps_every_digit_and_the_order(ask):
    sent = b"""{"resourceType": "Claim", "id": "c", "status": "draft", "use": "claim",
      "patient": {"reference": "Patient/a"},
      "created": "2026-03-01", "provider": {"display": "someone"}, "total": {"value": 100.50, "currency": "USD"},
      "type": {"text": "any"}, "priority": {"text": "any"},
      "insurance": [{"sequence": 1, "focal": true, "coverage": {"display": "any"}}],
      "item": [{"sequence": 1, "productOrService": {"text": "any"}, "factor": 1.00, "_sequence": {"id": "s"},
        "net": {"value": 100000000000000.01, "currency": "USD"}}]}"""
    assert (await ask("PUT", "Claim/c", sent)).status_code == 201

    stored = (await ask("GET", "Claim/c")).text

    assert '"total":{"value":100.50,"currency":"USD"}' in stored
    assert '"factor":1.00,"_sequence":{"id":"s"},"net":{"value":100000000000000.01' in stored


async def test_head_is_read_without_the_body(ask, patient):
    created = await ask("PUT", "Patient/a", {**patient, "id": "a"})

    response = await ask("HEAD", "Patient/a")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(created.content))
    assert response.headers["etag"] == 'W/"1"'


CONDITIONS = {
    "the same version": ({"If_None_Match": 'W/"2"'}, 304),
    "one of several": ({"If_None_Match": 'W/"7", "2"'}, 304),
    "another version": ({"If_None_Match": 'W/"1"'}, 200),
    "not changed since": ({"If_Modified_Since": "Sun, 01 Mar 2026 09:00:00 GMT"}, 304),
    "changed since": ({"If_Modified_Since": "Sun, 01 Mar 2026 07:00:00 GMT"}, 200),
    "no date at all": ({"If_Modified_Since": "yesterday"}, 200),
    "the tag outweighs the date": (
        {"If_None_Match": 'W/"1"', "If_Modified_Since": "Sun, 01 Mar 2026 09:00:00 GMT"},
        200,
    ),
}


@pytest.mark.parametrize(("headers", "status"), CONDITIONS.values(), ids=CONDITIONS)
async def test_conditional(ask, patient, headers, status):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})
    await ask("PUT", "Patient/a", {**patient, "id": "a", "active": True})

    response = await ask("GET", "Patient/a", **headers)

    assert response.status_code == status
    assert response.headers["etag"] == 'W/"2"'
    assert (response.content == b"") is (status == 304)


MISSING = {
    "never there": ("Patient/nobody", 404, "not-found", "there is no such resource"),
    "deleted": ("Patient/gone", 410, "deleted", "the resource was deleted"),
    "no type of FHIR": ("Pation/1", 404, "not-supported", "this resource type is not one of FHIR R4's"),
    "an abstract type": ("Resource/1", 404, "not-supported", "this resource type is not one of FHIR R4's"),
    "an internal record": ("-client/1", 404, "not-supported", "this resource type is not one of FHIR R4's"),
    "a type without endpoint": ("Parameters/1", 405, "not-supported", "Parameters has no read here"),
    "an id too long": (f"Patient/{'a' * 65}", 404, "not-found", "there is no such resource"),
    "no address": ("Patient/1/2/3/4", 404, "not-found", "no interaction is found at this address"),
}


@pytest.mark.parametrize("case", MISSING.values(), ids=MISSING)
async def test_not_there(ask, issues, patient, case):
    path, status, code, text = case
    await ask("PUT", "Patient/gone", {**patient, "id": "gone"})
    await ask("DELETE", "Patient/gone")

    response = await ask("GET", path)

    assert response.status_code == status
    assert issues(response) == [(code, None, text)]


async def test_method_that_is_not_offered(ask, issues):
    response = await ask("POST", "Patient/a", [])

    assert response.status_code == 405
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
    assert issues(response) == [("not-supported", None, "this method is not offered here")]


FORMS = {
    "nothing asked": ("", {}, "application/fhir+json"),
    "anything": ("", {"Accept": "text/html, */*;q=0.1"}, "application/fhir+json"),
    "plain JSON": ("", {"Accept": "application/json"}, "application/json"),
    "the parameter outweighs": ("?_format=json", {"Accept": "application/xml"}, "application/fhir+json"),
    "an unencoded plus": ("?_format=application/fhir+json", {}, "application/fhir+json"),
    "R4's own version": ("", {"Accept": "application/fhir+json; fhirVersion=4.0"}, "application/fhir+json"),
    "XML before JSON": (
        "",
        {"Accept": "application/fhir+xml, application/fhir+json;q=0.5"},
        "application/fhir+json",
    ),
}


@pytest.mark.parametrize(("query", "headers", "form"), FORMS.values(), ids=FORMS)
async def test_form_of_the_answer(ask, patient, query, headers, form):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})

    response = await ask("GET", f"Patient/a{query}", **headers)

    assert (response.status_code, response.headers["content-type"]) == (200, form)


NOT_ACCEPTABLE = {
    "XML": ("", {"Accept": "application/fhir+xml"}),
    "another version of FHIR": ("", {"Accept": "application/fhir+json;fhirVersion=5.0"}),
    "JSON refused": ("", {"Accept": "application/json;q=0"}),
    "an unknown format": ("?_format=turtle", {}),
}


@pytest.mark.parametrize(("query", "headers"), NOT_ACCEPTABLE.values(), ids=NOT_ACCEPTABLE)
async def test_form_that_cannot_be_given(ask, issues, query, headers):
    response = await ask("GET", f"Patient/a{query}", **headers)

    assert response.status_code == 406
    assert issues(response) == [("not-supported", None, "answers are given as application/fhir+json")]


async def test_pretty(ask, patient):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})

    response = await ask("GET", "Patient/a?_pretty=true")

    assert response.text.startswith('{\n  "resourceType": "Patient",\n  "id": "a",\n')
