"""https://hl7.org/fhir/R4/http.html#patch"""

import asyncio
from base64 import b64encode

import pytest

JSON_PATCH = "application/json-patch+json"
GENDER = b'[{"op": "replace", "path": "/gender", "value": "male"}]'


def by_path(*parts):
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": list(parts)}]}


DELETED = by_path({"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "Patient.gender"})


@pytest.fixture
async def stored(ask, patient):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})


async def test_json_patch(ask, stored):
    response = await ask("PATCH", "Patient/a", GENDER, content_type=JSON_PATCH)

    assert (response.status_code, response.headers["etag"]) == (200, 'W/"2"')
    assert response.headers["location"] == "http://causeway.test/fhir/Patient/a/_history/2"
    assert response.json()["gender"] == "male"
    assert (await ask("GET", "Patient?gender=male")).json()["total"] == 1
    assert (await ask("GET", "Patient/a")).content == response.content


async def test_fhirpath_patch(ask, stored):
    response = await ask("PATCH", "Patient/a", DELETED)

    assert response.status_code == 200
    assert "gender" not in response.json()


async def test_digits_outlive_it(ask):
    body = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}}
    await ask("PUT", "Observation/o", body)
    value = b'[{"op": "add", "path": "/valueQuantity", "value": {"value": 1.00}}]'
    await ask("PATCH", "Observation/o", value, content_type=JSON_PATCH)

    response = await ask(
        "PATCH", "Observation/o", b'[{"op": "test", "path": "/status", "value": "final"}]', content_type=JSON_PATCH
    )

    assert '"valueQuantity":{"value":1.00}' in response.text


async def test_of_the_one_that_meets_the_criteria(ask, stored, patient, issues):
    response = await ask("PATCH", "Patient?identifier=urn:test:mrn|4711", GENDER, content_type=JSON_PATCH)
    assert (response.status_code, response.json()["id"], response.json()["gender"]) == (200, "a", "male")

    nobody = await ask("PATCH", "Patient?identifier=none", GENDER, content_type=JSON_PATCH)
    assert (nobody.status_code, issues(nobody)[0][0]) == (404, "not-found")

    await ask("PUT", "Patient/b", {**patient, "id": "b"})
    several = await ask("PATCH", "Patient?identifier=urn:test:mrn|4711", GENDER, content_type=JSON_PATCH)
    assert several.status_code == 412

    anybody = await ask("PATCH", "Patient", GENDER, content_type=JSON_PATCH)
    assert anybody.status_code == 400


async def test_only_of_the_version_that_is_named(ask, stored):
    named = {"content_type": JSON_PATCH, "If_Match": 'W/"1"'}

    assert (await ask("PATCH", "Patient/a", GENDER, **named)).status_code == 200
    assert (await ask("PATCH", "Patient/a", GENDER, **named)).status_code == 412


REFUSED = {
    "nobody": ("Patient/nobody", GENDER, 404, "not-found", "there is no such resource"),
    "no JSON": ("Patient/a", b"[", 400, "structure", "the body is not JSON: Input data was truncated"),
    "no patch": ("Patient/a", b"{}", 400, "structure", "a JSON Patch is an array of up to 1000 operations"),
    "an operation that does not fit": (
        "Patient/a",
        b'[{"op": "remove", "path": "/active"}]',
        422,
        "processing",
        "operation 1: the path leads to nothing",
    ),
    "another id": (
        "Patient/a",
        b'[{"op": "replace", "path": "/id", "value": "b"}]',
        422,
        "business-rule",
        "a patch cannot make it another resource",
    ),
    "what does not conform": (
        "Patient/a",
        b'[{"op": "replace", "path": "/gender", "value": "banana"}]',
        400,
        "code-invalid",
        "must be a code of administrative-gender",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
async def test_refused(ask, stored, issues, case):
    path, body, status, code, text = case
    response = await ask("PATCH", path, body, content_type=JSON_PATCH)

    assert response.status_code == status
    assert [(each[0], each[2]) for each in issues(response)] == [(code, text)]
    assert (await ask("GET", "Patient/a")).headers["etag"] == 'W/"1"'


KINDS = {
    "XML patch": (b"<diff/>", "application/xml-patch+xml"),
    "a resource": ({"resourceType": "Patient", "id": "a"}, "application/fhir+json"),
    "a patch that is said to be a resource": (
        {"resourceType": "Binary", "contentType": JSON_PATCH, "data": "W10="},
        "application/fhir+json",
    ),
}


@pytest.mark.parametrize(("body", "kind"), KINDS.values(), ids=KINDS)
async def test_other_patches_are_not_understood(ask, stored, body, kind):
    assert (await ask("PATCH", "Patient/a", body, content_type=kind)).status_code == 415


MERGED = {
    "a value": (b'{"gender": "male"}', "male", True),
    "nothing": (b"{}", "female", True),
    "null takes away": (b'{"gender": null, "photo": null}', None, True),
    "a list is another": (b'{"name": [{"text": "x"}]}', "female", False),
    "within": (b'{"meta": {"source": "urn:x"}}', "female", True),
}


@pytest.mark.parametrize("kind", ["application/merge-patch+json", "application/json"])
@pytest.mark.parametrize("case", MERGED.values(), ids=MERGED)
async def test_merge_patch(ask, stored, patient, kind, case):
    """https://www.rfc-editor.org/rfc/rfc7396"""
    body, gender, named = case
    changed = (await ask("PATCH", "Patient/a", body, content_type=kind)).json()

    assert (changed.get("gender"), changed["meta"]["versionId"]) == (gender, "2")
    assert (changed["name"] == patient["name"]) is named


async def test_no_merge_patch(ask, stored, issues):
    response = await ask("PATCH", "Patient/a", b"[]", content_type="application/merge-patch+json")

    assert (response.status_code, issues(response)[0][2]) == (400, "a merge patch is an object")


async def test_gone(ask, stored):
    await ask("DELETE", "Patient/a")

    assert (await ask("PATCH", "Patient/a", GENDER, content_type=JSON_PATCH)).status_code == 410


async def test_many_at_once_are_all_done(ask, stored):
    """Each is computed from what the one before it left."""
    add = b'[{"op": "add", "path": "/name/-", "value": {"family": "X"}}]'

    responses = await asyncio.gather(*(ask("PATCH", "Patient/a", add, content_type=JSON_PATCH) for _ in range(8)))

    assert {each.status_code for each in responses} == {200}
    assert len((await ask("GET", "Patient/a")).json()["name"]) == 9


@pytest.mark.parametrize("type", ["batch", "transaction"])
async def test_in_a_bundle(ask, stored, type):
    binary = {"resourceType": "Binary", "contentType": JSON_PATCH, "data": b64encode(GENDER).decode()}
    sent = {
        "resourceType": "Bundle",
        "type": type,
        "entry": [{"request": {"method": "PATCH", "url": "Patient?identifier=4711"}, "resource": binary}],
    }

    body = (await ask("POST", "", sent)).json()

    assert body["entry"][0]["response"]["status"] == "200 OK"
    assert (await ask("GET", "Patient/a")).json()["gender"] == "male"


async def test_in_a_transaction_it_may_speak_of_other_entries(ask, stored):
    name = "urn:uuid:00000000-0000-4000-8000-000000000001"
    link = by_path(
        {"name": "type", "valueCode": "add"},
        {"name": "path", "valueString": "Patient"},
        {"name": "name", "valueString": "managingOrganization"},
        {"name": "value", "valueReference": {"reference": name}},
    )
    sent = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"request": {"method": "PATCH", "url": "Patient/a"}, "resource": link},
            {
                "fullUrl": name,
                "request": {"method": "POST", "url": "Organization"},
                "resource": {"resourceType": "Organization", "name": "x"},
            },
        ],
    }

    body = (await ask("POST", "", sent)).json()

    location = body["entry"][1]["response"]["location"].split("/")
    assert (await ask("GET", "Patient/a")).json()["managingOrganization"] == {
        "reference": f"Organization/{location[-3]}"
    }


class TestScope:
    @pytest.fixture
    def scope(self):
        return "system/Patient.crs"

    async def test_needs_the_right_to_update(self, ask, stored):
        assert (await ask("PATCH", "Patient/a", GENDER, content_type=JSON_PATCH)).status_code == 403
