"""https://hl7.org/fhir/uv/bulkdata/STU2/export.html"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from interfaces.worker import Worker
from server.app import application
from server.auth.gate import Principal
from server.auth.scopes import parse
from server.fhir.bulk.work import Exports, work

BASE = "http://causeway.test/fhir"
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
ANN, BEN = {"reference": "Patient/ann"}, {"reference": "Patient/ben"}
FINAL = {"status": "final", "code": {"text": "pulse"}}
PULSE = {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}

STORED = {
    "Organization/ward": {"name": "Ward", "partOf": {"reference": f"{BASE}/Organization/hospital"}},
    "Organization/hospital": {"name": "Hospital"},
    "Organization/unrelated": {"name": "Elsewhere"},
    "Patient/ann": {
        "gender": "female",
        "birthDate": "1961-07-30",
        "managingOrganization": {"reference": "Organization/ward"},
    },
    "Patient/ben": {"gender": "male"},
    "Patient/cid": {"gender": "male"},
    "Observation/o1": {**FINAL, "code": PULSE, "subject": ANN},
    "Observation/o2": {**FINAL, "subject": ANN, "valueQuantity": {"value": 72.50}},
    "Observation/o3": {**FINAL, "subject": BEN},
    "Observation/o4": {**FINAL, "subject": {"reference": "Group/g"}},
    "Group/g": {
        "type": "person",
        "actual": True,
        "member": [{"entity": ANN}, {"entity": BEN}, {"entity": {"reference": "Patient/cid"}, "inactive": True}],
    },
}
ASYNC = {"prefer": "respond-async"}
HOSPITALS = ["Organization/hospital", "Organization/ward"]
PEOPLE = ["Patient/ann", "Patient/ben"]

CASES = {
    "everything": ("$export", sorted(STORED)),
    "of some types": ("$export?_type=Patient,Group", ["Group/g", *PEOPLE, "Patient/cid"]),
    "all patients": (
        "Patient/$export",
        ["Group/g", "Observation/o1", "Observation/o2", "Observation/o3", *HOSPITALS, *PEOPLE, "Patient/cid"],
    ),
    "a group": (
        "Group/g/$export",
        ["Group/g", "Observation/o1", "Observation/o2", "Observation/o3", *HOSPITALS, *PEOPLE],
    ),
    "a group's types": ("Group/g/$export?_type=Observation", ["Observation/o1", "Observation/o2", "Observation/o3"]),
    "filtered": (
        "Patient/$export?_type=Patient,Observation&_typeFilter=Observation%3Fcode%3D8867-4",
        ["Observation/o1", *PEOPLE, "Patient/cid"],
    ),
    "filtered either way": (
        "$export?_type=Observation&_typeFilter=Observation%3Fcode=8867-4,Observation%3Fsubject=Patient/ben",
        ["Observation/o1", "Observation/o3"],
    ),
    "since the future": ("$export?_since=2030-01-01T00:00:00%2B01:00", []),
    "since the past": ("$export?_type=Group&_since=2020-01-01T00:00:00+01:00", ["Group/g"]),
    "ndjson, in other words": ("$export?_type=Group&_outputFormat=ndjson", ["Group/g"]),
    "ndjson, in yet other words": ("$export?_type=Group&_outputFormat=application/ndjson", ["Group/g"]),
    "ndjson": ("$export?_type=Group&_outputFormat=application/fhir%2Bndjson", ["Group/g"]),
}


@pytest.fixture
def stored(put):
    put(STORED)


@pytest.fixture
def finish(store):
    """The worker's part."""
    return lambda: work(store, BASE, int(NOW.timestamp()))


async def kicked_off(ask, address, body=None, method="GET"):
    answer = await ask(method, address, body, **ASYNC)
    assert answer.status_code == 202, answer.text
    assert answer.content == b""
    return answer.headers["content-location"]


async def exported(ask, manifest):
    """The addresses of all that the files hold, each in its type's file."""
    found = []
    for each in manifest["output"]:
        answer = await ask("GET", each["url"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/fhir+ndjson")
        assert answer.text.endswith("\n")
        resources = [json.loads(line) for line in answer.text.splitlines()]
        assert {one["resourceType"] for one in resources} == {each["type"]}
        assert len(resources) == each["count"]
        found += [f"{one['resourceType']}/{one['id']}" for one in resources]
    assert len(set(found)) == len(found)
    return sorted(found)


@pytest.mark.parametrize(("address", "expected"), CASES.values(), ids=CASES)
async def test_what_is_exported(ask, stored, finish, address, expected):
    job = await kicked_off(ask, address)
    finish()
    manifest = (await ask("GET", job)).json()

    assert await exported(ask, manifest) == sorted(expected)
    assert manifest["requiresAccessToken"] is True
    assert manifest["error"] == []
    assert manifest["transactionTime"].endswith("Z")
    assert manifest["request"].startswith(f"{BASE}/{address.partition('?')[0]}")


async def test_its_states(ask, stored, finish):
    job = await kicked_off(ask, "$export")

    waiting = await ask("GET", job)
    finish()
    done = await ask("GET", job)
    given_up = await ask("DELETE", job)
    gone = await ask("GET", job)

    assert (waiting.status_code, waiting.headers["retry-after"], waiting.content) == (202, "1", b"")
    assert waiting.headers["x-progress"]
    assert (done.status_code, done.headers["content-type"]) == (200, "application/json")
    assert done.headers["expires"] == "Sun, 01 Mar 2026 14:00:00 GMT"
    assert given_up.status_code == 202
    assert (gone.status_code, gone.json()["resourceType"]) == (404, "OperationOutcome")
    assert (await ask("GET", done.json()["output"][0]["url"])).status_code == 404
    assert (await ask("DELETE", job)).status_code == 404


async def test_it_is_of_one_moment(ask, put, stored, finish):
    """What is written, changed or deleted later is as it was; whether it is counted or fetched."""
    job = await kicked_off(ask, "$export?_type=Observation,Patient")
    put({"Observation/late": {**FINAL, "subject": ANN}, "Observation/o1": {**FINAL, "status": "amended"}})
    finish()
    put({"Observation/o2": {**FINAL, "status": "amended"}})
    await ask("DELETE", "Observation/o3")
    await ask("DELETE", "Patient/cid")

    manifest = (await ask("GET", job)).json()
    found = await exported(ask, manifest)
    file = await ask("GET", next(each["url"] for each in manifest["output"] if each["type"] == "Observation"))

    assert found == [*(f"Observation/o{n}" for n in (1, 2, 3, 4)), *PEOPLE, "Patient/cid"]
    assert {json.loads(line)["status"] for line in file.text.splitlines()} == {"final"}
    assert b'"value":72.5' in file.content


async def test_deletions(ask, stored, finish):
    await ask("DELETE", "Observation/o3")
    await ask("DELETE", "Observation/o1")
    await ask("DELETE", "Organization/unrelated")
    job = await kicked_off(ask, "Patient/$export?_since=2026-01-01T00:00:00Z")
    finish()
    manifest = (await ask("GET", job)).json()

    [entry] = manifest["deleted"]
    [bundle] = map(json.loads, (await ask("GET", entry["url"])).text.splitlines())
    assert (entry["type"], bundle["type"]) == ("Bundle", "transaction")
    assert [each["request"] for each in bundle["entry"]] == [
        {"method": "DELETE", "url": "Observation/o1"},
        {"method": "DELETE", "url": "Observation/o3"},
    ]


async def test_elements(ask, stored, finish):
    job = await kicked_off(ask, "$export?_type=Observation&_elements=Observation.value")
    finish()
    file = await ask("GET", (await ask("GET", job)).json()["output"][0]["url"])

    subset = next(each for each in map(json.loads, file.text.splitlines()) if each["id"] == "o2")
    assert set(subset) == {"resourceType", "id", "meta", "status", "code", "valueQuantity"}
    assert subset["meta"]["tag"][0]["code"] == "SUBSETTED"


async def test_by_post(ask, stored, finish):
    parameter = [
        {"name": "_type", "valueString": "Patient,Observation"},
        {"name": "patient", "valueReference": BEN},
    ]
    job = await kicked_off(ask, "Group/g/$export", {"resourceType": "Parameters", "parameter": parameter}, "POST")
    finish()

    assert await exported(ask, (await ask("GET", job)).json()) == ["Observation/o3", "Patient/ben"]


REFUSED = {
    "at once": ("$export", {}, 400, "an export is asked for with Prefer: respond-async"),
    "as CSV": ("$export?_outputFormat=csv", ASYNC, 400, "_outputFormat is application/fhir+ndjson"),
    "no type": ("$export?_type=Pation", ASYNC, 400, "_type: Pation is no resource type"),
    "nobody's types": ("Patient/$export?_type=Organization", ASYNC, 400, "_type: none of these types is a patient's"),
    "no group": ("Group/x/$export", ASYNC, 404, "there is no such resource"),
    "no such filter": ("$export?_typeFilter=Patient%3Fx=y", ASYNC, 400, "search parameter x is not known"),
    "a filter of another type": (
        "$export?_type=Group&_typeFilter=Patient%3Fgender=male",
        ASYNC,
        400,
        "_typeFilter: its type is not exported",
    ),
    "another parameter": ("$export?x=y", ASYNC, 400, "there is no parameter x"),
    "no time": ("$export?_since=2026-01-01T00:00:60Z", ASYNC, 400, "_since is no time that there is"),
    "of one patient": ("Patient/ann/$export", ASYNC, 404, "there is no such operation here"),
}


@pytest.mark.parametrize(("address", "headers", "status", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, address, headers, status, text):
    answer = await ask("GET", address, **headers)

    assert (answer.status_code, [each[2] for each in issues(answer)]) == (status, [text])


async def test_lenient_handling_passes_over_what_is_unknown(ask, stored):
    answer = await ask("GET", "$export?x=y", prefer="respond-async, handling=lenient")

    assert answer.status_code == 202


async def test_one_client_has_only_so_many(ask, issues, monkeypatch):
    monkeypatch.setattr("server.fhir.operations.export.MOST_JOBS", 2)
    jobs = [await kicked_off(ask, "$export") for _ in range(2)]

    refused = await ask("GET", "$export", **ASYNC)
    await ask("DELETE", jobs[0])

    assert (refused.status_code, issues(refused)[0][0]) == (429, "throttled")
    await kicked_off(ask, "$export")


OWNER = Principal("default", "a-client", parse("system/*.rs"))


@pytest.fixture
async def done(ask, stored, finish):
    """An export of groups."""
    job = await kicked_off(ask, "$export?_type=Group")
    finish()
    return job


STRANGERS = {
    "another client": (replace(OWNER, client="another"), 404, 404),
    "the same in another tenant": (replace(OWNER, tenant="elsewhere"), 404, 404),
    "with less than it had": (replace(OWNER, scopes=parse("system/Patient.rs")), 200, 403),
}


@pytest.mark.parametrize(("who", "status", "file_status"), STRANGERS.values(), ids=STRANGERS)
async def test_nobody_else_finds_it(ask, store, done, who, status, file_status):
    app = application(store, base_url="http://causeway.test", authenticate=lambda _: who, clock=lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as stranger:
        assert (await stranger.get(done)).status_code == status
        assert (await stranger.get(f"{done}/Group.ndjson")).status_code == file_status
        if status != 200:
            assert (await stranger.delete(done)).status_code == status


async def test_a_token_is_needed(store, done):
    app = application(store, base_url="http://causeway.test")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as nobody:
        for address in (f"{BASE}/$export", done, f"{done}/Group.ndjson"):
            assert (await nobody.get(address, headers=ASYNC)).status_code == 401


LESS = {
    "system/Patient.rs system/Group.rs": ["Group/g", *PEOPLE],
    "system/Patient.rs?gender=female system/Group.rs": ["Group/g", "Patient/ann"],
    "user/*.rs system/Group.rs": ["Group/g"],
}


@pytest.mark.parametrize(("scope", "expected"), LESS.items(), ids=LESS)
async def test_only_what_the_scopes_reach(ask, stored, finish, expected):
    job = await kicked_off(ask, "Group/g/$export")
    finish()

    assert await exported(ask, (await ask("GET", job)).json()) == expected


@pytest.mark.parametrize("scope", ["user/*.rs", "system/*.cud"])
async def test_without_system_scopes_that_read_there_is_none(ask, stored):
    assert (await ask("GET", "$export", **ASYNC)).status_code == 403


@pytest.mark.parametrize("scope", ["system/Group.rs"])
async def test_a_type_that_is_not_allowed_is_refused(ask, stored):
    assert (await ask("GET", "$export?_type=Patient", **ASYNC)).status_code == 403


async def test_it_is_forgotten_in_the_end(ask, store, stored, finish):
    job = await kicked_off(ask, "$export")
    finish()
    work(store, BASE, int((NOW + timedelta(days=1)).timestamp()))

    assert (await ask("GET", job)).status_code == 404


async def test_the_worker_does_it(ask, store, stored):
    job = await kicked_off(ask, "$export?_type=Group")
    worker = Worker(store.engine, [Exports(store, BASE, NOW.timestamp, every=0.01)])
    worker.start()
    try:
        while (answer := await ask("GET", job)).status_code == 202:
            pass
    finally:
        worker.stop()

    assert await exported(ask, answer.json()) == ["Group/g"]


async def test_it_is_declared(ask):
    rest = (await ask("GET", "metadata")).json()["rest"][0]
    declared = {None: rest["operation"]} | {each["type"]: each["operation"] for each in rest["resource"]}
    url = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"

    for type, name in ((None, "export"), ("Patient", "patient-export"), ("Group", "group-export")):
        assert {"name": "export", "definition": f"{url}/{name}"} in declared[type]
    assert "export" not in [each["name"] for each in declared["Claim"]]
