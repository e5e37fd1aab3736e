"""https://hl7.org/fhir/R4/http.html#transaction, https://hl7.org/fhir/R4/http.html#trules"""

import asyncio

import pytest

PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:test:mrn", "value": "1"}]}
ENCOUNTER = {"resourceType": "Encounter", "status": "planned", "class": {"code": "IMP"}}
URN = "urn:uuid:00000000-0000-4000-8000-000000000001"


def entry(method, url, resource=None, name=None, **conditions):
    found = {"request": {"method": method, "url": url, **conditions}}
    if name:
        found["fullUrl"] = name
    return {**found, "resource": resource} if resource else found


def bundle(*entries, type="transaction"):
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


async def test_one_entry_whatever_it_holds(ask, store):
    await ask("PUT", "Organization/gone", {"resourceType": "Organization", "id": "gone", "name": "x"})
    before = store.last("default")

    response = await ask(
        "POST",
        "",
        bundle(
            entry("GET", "Encounter?patient.missing=no"),
            entry("GET", "Patient?identifier=1"),
            entry("PUT", "Encounter/e", {**ENCOUNTER, "id": "e", "subject": {"reference": URN}}),
            entry("POST", "Patient", PATIENT, URN),
            entry("DELETE", "Organization/gone"),
        ),
    )

    body = response.json()
    assert (response.status_code, body["type"]) == (200, "transaction-response")
    assert store.last("default") == before + 1
    assert [each["response"]["status"] for each in body["entry"]] == [
        "400 Bad Request",
        "200 OK",
        "201 Created",
        "201 Created",
        "204 No Content",
    ]
    location = body["entry"][3]["response"]["location"]
    id = location.split("/")[-3]
    assert location == f"http://causeway.test/fhir/Patient/{id}/_history/1"
    assert body["entry"][3]["response"]["etag"] == 'W/"1"'
    assert "resource" not in body["entry"][3]
    assert body["entry"][1]["resource"]["total"] == 1
    assert (await ask("GET", "Encounter/e")).json()["subject"] == {"reference": f"Patient/{id}"}
    assert (await ask("GET", f"Encounter?patient={id}")).json()["total"] == 1
    assert (await ask("GET", "Organization/gone")).status_code == 410


async def test_names_count_wherever_they_stand(ask):
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": URN}],
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"who": {"display": "any"}}],
        "policy": [URN],
    }

    body = (
        await ask(
            "POST", "", bundle(entry("POST", "Patient", PATIENT, URN), entry("POST", "Provenance", provenance)),
            Prefer="return=representation",
        )
    ).json()  # fmt: skip

    patient, written = (each["resource"] for each in body["entry"])
    assert written["target"] == [{"reference": f"Patient/{patient['id']}"}]
    assert written["policy"] == [f"Patient/{patient['id']}"]


async def test_only_links_are_links(ask):
    """The same text as an identifier's value, or in a sentence, is data; a narrative links too."""
    text = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{URN}">{URN}</a><img src="{URN}" alt="x"/></div>'
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "text": {"status": "additional", "div": text},
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": URN}],
        "description": URN,
        "subject": {"reference": URN, "display": URN},
        "content": [{"attachment": {"url": URN}}],
        "extension": [{"url": "urn:test:of", "valueUri": URN}, {"url": "urn:test:by", "valueCanonical": URN}],
        "contained": [{"resourceType": "Basic", "id": "b", "code": {"text": "x"}, "subject": {"reference": URN}}],
        "context": {"related": [{"reference": "#b"}]},
    }

    sent = bundle(entry("POST", "Patient", PATIENT, URN), entry("POST", "DocumentReference", document))
    patient, written = (
        each["resource"] for each in (await ask("POST", "", sent, Prefer="return=representation")).json()["entry"]
    )

    address = f"Patient/{patient['id']}"
    assert written["text"]["div"] == text.replace(f'"{URN}"', f'"{address}"')
    assert written["identifier"] == document["identifier"]
    assert written["description"] == URN
    assert written["subject"] == {"reference": address, "display": URN}
    assert written["content"][0]["attachment"]["url"] == address
    assert [each.get("valueUri", each.get("valueCanonical")) for each in written["extension"]] == [address, URN]
    assert written["contained"][0]["subject"] == {"reference": address}


async def test_relative_references_are_of_the_server_that_the_entry_is_from(ask):
    """https://hl7.org/fhir/R4/bundle.html#references"""
    there = "http://elsewhere.test/fhir"
    body = (
        await ask(
            "POST",
            "",
            bundle(
                entry("POST", "Patient", PATIENT, f"{there}/Patient/1"),
                entry("PUT", "Encounter/e", {**ENCOUNTER, "id": "e", "subject": {"reference": "Patient/1"}},
                      f"{there}/Encounter/e"),
                entry("PUT", "Encounter/f", {**ENCOUNTER, "id": "f", "subject": {"reference": "Patient/1"}}),
            ),
        )
    ).json()  # fmt: skip

    id = body["entry"][0]["response"]["location"].split("/")[-3]
    assert (await ask("GET", "Encounter/e")).json()["subject"] == {"reference": f"Patient/{id}"}
    assert (await ask("GET", "Encounter/f")).json()["subject"] == {"reference": "Patient/1"}


async def test_conditions_and_conditional_references(ask):
    await ask("PUT", "Patient/a", {**PATIENT, "id": "a"})
    by_number = {"reference": "Patient?identifier=urn:test:mrn|1"}

    body = (
        await ask(
            "POST",
            "",
            bundle(
                entry("POST", "Patient", PATIENT, URN, ifNoneExist="identifier=urn:test:mrn|1"),
                entry("PUT", "Patient?identifier=urn:test:mrn|2", PATIENT | {"identifier": [{"value": "2"}]}),
                entry("PUT", "Encounter/e", {**ENCOUNTER, "id": "e", "subject": {"reference": URN}}),
                entry("PUT", "Encounter/f", {**ENCOUNTER, "id": "f", "subject": by_number}),
            ),
        )
    ).json()

    assert [each["response"]["status"] for each in body["entry"]] == [
        "200 OK",
        "201 Created",
        "201 Created",
        "201 Created",
    ]
    assert body["entry"][0]["response"]["location"] == "http://causeway.test/fhir/Patient/a/_history/1"
    for id in ("e", "f"):
        assert (await ask("GET", f"Encounter/{id}")).json()["subject"] == {"reference": "Patient/a"}


WRONG = {**PATIENT, "gender": "banana"}
FAILING = {
    "a resource that does not conform": (
        [entry("POST", "Patient", WRONG)],
        (400, "code-invalid", "Bundle.entry[1].resource.gender", "must be a code of administrative-gender"),
    ),
    "a version that is not current": (
        [entry("PUT", "Patient/a", {**PATIENT, "id": "a"}, ifMatch='W/"7"')],
        (412, "conflict", "Bundle.entry[1]", "the current version is not the one that If-Match names"),
    ),
    "written twice": (
        [entry("PUT", "Patient/b", {**PATIENT, "id": "b"}), entry("DELETE", "Patient/b")],
        (400, "invalid", "Bundle.entry[1]", "another entry writes this resource too"),
    ),
    "the same criteria twice": (
        [entry("POST", "Patient", PATIENT, ifNoneExist="identifier=1"), entry("PUT", "Patient?identifier=1", PATIENT)],
        (400, "invalid", "Bundle.entry[2]", "another entry writes this resource too"),
    ),
    "two of one name": (
        [entry("POST", "Patient", PATIENT, URN), entry("POST", "Patient", PATIENT, URN)],
        (400, "invalid", "Bundle.entry[2]", "another entry has this fullUrl too"),
    ),
    "one that must not be there yet": (
        [entry("PUT", "Patient/there", {**PATIENT, "id": "there"}, ifNoneMatch="*")],
        (412, "conflict", "Bundle.entry[1]", "there is a resource already, and If-None-Match wants none"),
    ),
    "a patch that does not fit": (
        [entry("PATCH", "Patient/there", {"resourceType": "Binary", "contentType": "application/json-patch+json",
                                          "data": "W3sib3AiOiJyZW1vdmUiLCJwYXRoIjoiL3gifV0="})],
        (422, "processing", "Bundle.entry[1]", "operation 1: the path leads to nothing"),
    ),
    "a reference that finds nothing": (
        [entry("POST", "Encounter", {**ENCOUNTER, "subject": {"reference": "Patient?identifier=none"}})],
        (412, "conflict", "Bundle.entry[1]", "a conditional reference finds nothing"),
    ),
    "another type": (
        [entry("POST", "Encounter", PATIENT)],
        (400, "invalid", "Bundle.entry[1].resource", "this is no Encounter"),
    ),
    "an address that leads out": (
        [entry("POST", "../admin", PATIENT)],
        (405, "not-supported", "Bundle.entry[1]", "this method is not offered here"),
    ),
    "somebody else's address": (
        [entry("POST", "http://elsewhere.test/fhir/Patient", PATIENT)],
        (404, "not-found", "Bundle.entry[1]", "no interaction is found at this address"),
    ),
    "an operation": (
        [entry("POST", "Claim/$submit", PATIENT)],
        (405, "not-supported", "Bundle.entry[1]", "Claim has no operation here"),
    ),
    "a search by POST": (
        [entry("POST", "Patient/_search", PATIENT)],
        (400, "invalid", "Bundle.entry[1]", "this cannot be part of a transaction"),
    ),
    "no request": (
        [{"resource": PATIENT}],
        (400, "required", "Bundle.entry[1]", "request.method and request.url are needed"),
    ),
    "no entry": ([7], (400, "required", "Bundle.entry[1]", "request.method and request.url are needed")),
    "no resource": (
        [entry("POST", "Patient")],
        (400, "invalid", "Bundle.entry[1].resource", "this is no Patient"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("entries", "told"), FAILING.values(), ids=FAILING)
async def test_nothing_is_done_when_one_fails(ask, store, entries, told):
    await ask("PUT", "Patient/there", {"resourceType": "Patient", "id": "there"})

    response = await ask("POST", "", bundle(entry("PUT", "Patient/first", {**PATIENT, "id": "first"}), *entries))

    (issue,) = response.json()["issue"]
    assert (response.status_code, issue["code"], issue["expression"][0], issue["diagnostics"]) == told
    assert store.last("default") == 1


async def test_the_same_identifier_twice_is_no_failure(ask):
    response = await ask("POST", "", bundle(entry("POST", "Patient", PATIENT), entry("POST", "Patient", PATIENT)))

    assert response.status_code == 200
    assert (await ask("GET", "Patient?identifier=1")).json()["total"] == 2


async def test_a_race_makes_one(ask):
    sent = bundle(entry("POST", "Patient", PATIENT, URN, ifNoneExist="identifier=1"))

    responses = await asyncio.gather(*(ask("POST", "", sent) for _ in range(16)))

    statuses = sorted(each.json()["entry"][0]["response"]["status"] for each in responses)
    assert statuses == [*["200 OK"] * 15, "201 Created"]


async def test_batch_is_each_on_its_own(ask, store):
    """https://hl7.org/fhir/R4/http.html#brules"""
    response = await ask(
        "POST",
        "",
        bundle(
            entry("POST", "Patient", WRONG),
            entry("PUT", "Patient/a", {**PATIENT, "id": "a"}),
            entry("GET", "Patient/a"),
            {"resource": PATIENT},
            type="batch",
        ),
    )

    body = response.json()
    assert (response.status_code, body["type"]) == (200, "batch-response")
    assert [each["response"]["status"] for each in body["entry"]] == [
        "400 Bad Request",
        "201 Created",
        "200 OK",
        "400 Bad Request",
    ]
    assert body["entry"][0]["response"]["outcome"]["issue"][0]["expression"] == ["Patient.gender"]
    assert body["entry"][2]["resource"]["id"] == "a"
    assert store.last("default") == 1


REFUSED = {
    "a collection": (bundle(type="collection"), "value", "Bundle.type", "only a batch or a transaction is processed"),
    "no Bundle": (PATIENT, "invalid", "resourceType", "this is no Bundle"),
    "entries that are no list": (
        {"resourceType": "Bundle", "type": "batch", "entry": {}},
        "structure",
        "Bundle.entry",
        "entry is a list",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, case):
    body, *issue = case
    response = await ask("POST", "", body)

    assert response.status_code == 400
    assert issues(response) == [tuple(issue)]


async def test_nothing_to_do(ask, store):
    response = await ask("POST", "", {"resourceType": "Bundle", "type": "transaction"})

    assert response.json() == {"resourceType": "Bundle", "type": "transaction-response"}
    assert store.last("default") == 0


class TestScope:
    @pytest.fixture
    def scope(self):
        return "system/Patient.cruds system/Encounter.u"

    async def test_whole_or_not_at_all(self, ask, store):
        sent = bundle(entry("POST", "Patient", PATIENT, URN), entry("PUT", "Encounter/e", {**ENCOUNTER, "id": "e"}))

        response = await ask("POST", "", sent)

        assert response.status_code == 403
        assert store.last("default") == 0
