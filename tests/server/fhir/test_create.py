"""https://hl7.org/fhir/R4/http.html#create, https://hl7.org/fhir/R4/http.html#ccreate"""

import asyncio

import pytest


async def test_under_an_id_of_the_servers(ask, patient):
    response = await ask("POST", "Patient", {**patient, "id": "mine"})

    body = response.json()
    assert response.status_code == 201
    assert body["id"] != "mine"
    assert response.headers["location"] == f"http://causeway.test/fhir/Patient/{body['id']}/_history/1"
    assert response.headers["etag"] == 'W/"1"'
    assert response.headers["last-modified"] == "Sun, 01 Mar 2026 08:00:00 GMT"
    assert (await ask("GET", f"Patient/{body['id']}")).content == response.content


async def test_version_and_time_are_the_servers_to_say(ask, patient):
    tag = {"system": "urn:test", "code": "t"}
    claimed = {"versionId": "99", "lastUpdated": "1999-01-01T00:00:00Z", "tag": [tag]}

    response = await ask("POST", "Patient", {**patient, "meta": claimed})

    assert response.json()["meta"] == {"versionId": "1", "lastUpdated": "2026-03-01T08:00:00.000Z", "tag": [tag]}


PREFERENCES = {
    "nothing": ("return=minimal", b""),
    "the outcome": (
        "return=OperationOutcome",
        (
            b'{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational",'
            b'"diagnostics":"done"}]}'
        ),
    ),
}


@pytest.mark.parametrize(("prefer", "body"), PREFERENCES.values(), ids=PREFERENCES)
async def test_answers_as_preferred(ask, patient, prefer, body):
    response = await ask("POST", "Patient", patient, Prefer=f"handling=strict; {prefer}")

    assert (response.status_code, response.content) == (201, body)


REFUSED = {
    "not JSON": (
        b"{",
        {},
        400,
        ("structure", None, "the body is not JSON: Input data was truncated"),
    ),
    "no resource": (
        b"[]",
        {},
        400,
        ("structure", "resourceType", "the body is not a resource: resourceType is missing"),
    ),
    "another type": (
        b'{"resourceType":"Group"}',
        {},
        400,
        ("invalid", "resourceType", "this is no Patient"),
    ),
    "a name twice": (
        b'{"resourceType":"Patient","gender":"male","gender":"female"}',
        {},
        400,
        ("structure", None, "the body is not JSON: an object has a name twice"),
    ),
    "too deep": (b'{"a":' * 40_000, {}, 400, ("structure", None, "the body is not JSON: nested too deeply")),
    "NaN": (
        b'{"resourceType":"Patient","x":NaN}',
        {},
        400,
        ("structure", None, "the body is not JSON: JSON is malformed: invalid character (byte 30)"),
    ),
    "XML": (
        b"<Patient/>",
        {"content_type": "application/fhir+xml"},
        415,
        ("not-supported", None, "a body has to be application/fhir+json"),
    ),
    "a browser's form": (
        b'{"resourceType":"Patient"}',
        {"content_type": "text/plain"},
        415,
        ("not-supported", None, "a body has to be application/fhir+json"),
    ),
    "another version of FHIR": (
        b'{"resourceType":"Patient"}',
        {"content_type": 'application/fhir+json; fhirVersion="5.0"'},
        415,
        ("not-supported", None, "only FHIR R4 (fhirVersion=4.0) is understood"),
    ),
    "another charset": (
        b'{"resourceType":"Patient"}',
        {"content_type": "application/fhir+json; charset=utf-16"},
        415,
        ("not-supported", None, "JSON is read as UTF-8 only"),
    ),
    "an element that there is not": (
        b'{"resourceType":"Patient","nmae":[]}',
        {},
        400,
        ("structure", "Patient.nmae", "is not an element of Patient"),
    ),
    "a code that there is not": (
        b'{"resourceType":"Patient","gender":"banana"}',
        {},
        400,
        ("code-invalid", "Patient.gender", "must be a code of administrative-gender"),
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, store, case):
    body, headers, status, issue = case
    response = await ask("POST", "Patient", body, **headers)

    assert response.status_code == status
    assert issues(response) == [issue]
    assert store.last("default") == 0


async def test_bad_utf8_is_refused(ask, issues):
    response = await ask("POST", "Patient", b'{"resourceType":"Patient","language":"\xff"}')

    assert response.status_code == 400
    assert issues(response)[0][0] == "structure"


async def test_type_that_cannot_be_created(ask, issues):
    response = await ask("POST", "Parameters", {"resourceType": "Parameters"})

    assert response.status_code == 405
    assert issues(response) == [("not-supported", None, "Parameters has no create here")]


async def test_if_none_exists(ask, patient):
    first = await ask("POST", "Patient", patient, If_None_Exist="identifier=urn:test:mrn|4711")
    second = await ask("POST", "Patient", patient, If_None_Exist="identifier=urn:test:mrn|4711")

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.headers["location"] == first.headers["location"]
    assert second.content == first.content


async def test_if_several_exist(ask, issues, patient):
    await ask("POST", "Patient", patient)
    await ask("POST", "Patient", patient)

    response = await ask("POST", "Patient", patient, If_None_Exist="identifier=4711")

    assert response.status_code == 412
    assert issues(response) == [("conflict", None, "the criteria are met by more than one resource")]


CRITERIA = {
    "empty": ("", "search parameters that select the resource are needed"),
    "unknown": ("identifer=1", "search parameter identifer is not known"),
    "no criterion": ("_count=1", "search parameters that select the resource are needed"),
}


@pytest.mark.parametrize(("criteria", "text"), CRITERIA.values(), ids=CRITERIA)
async def test_criteria_that_select_nothing(ask, issues, patient, criteria, text):
    response = await ask("POST", "Patient", patient, If_None_Exist=criteria)

    assert response.status_code == 400
    assert [each[2] for each in issues(response)] == [text]


async def test_a_race_makes_one(ask, patient):
    criteria = "identifier=urn:test:mrn|4711"
    asked = [ask("POST", "Patient", patient, If_None_Exist=criteria) for _ in range(32)]

    responses = await asyncio.gather(*asked)

    assert sorted(each.status_code for each in responses) == [*[200] * 31, 201]
    assert len({each.json()["id"] for each in responses}) == 1


class TestScope:
    @pytest.fixture
    def scope(self):
        return "system/Patient.c system/Patient.r"

    async def test_conditional_create_is_a_search_too(self, ask, issues, patient):
        response = await ask("POST", "Patient", patient, If_None_Exist="identifier=4711")

        assert response.status_code == 403
        assert issues(response) == [("forbidden", None, "the access token does not allow search of Patient")]


async def test_criteria_in_the_address(ask, patient):
    """As fhirpy and Aidbox have it: never a second one."""
    first = await ask("POST", "Patient?identifier=4711&_format=json", patient)
    second = await ask("POST", "Patient?identifier=4711", patient)
    third = await ask("POST", "Patient?_pretty=true", patient)

    assert [each.status_code for each in (first, second, third)] == [201, 200, 201]
    assert second.json() == first.json()
