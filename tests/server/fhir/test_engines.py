"""What interactions promise when many ask at once, on both engines. https://hl7.org/fhir/R4/http.html#concurrency"""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from server.app import application
from server.auth.gate import Principal
from server.auth.scopes import parse
from server.store.store import open_store

ON_A_SERVER = [pytest.mark.mongodb, pytest.mark.timeout(600)]
JSON, JSON_PATCH = {"content-type": "application/fhir+json"}, {"content-type": "application/json-patch+json"}
PATIENT = {"resourceType": "Patient", "identifier": [{"value": "4711"}], "name": [{"text": "A"}]}
MANY = 8


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=ON_A_SERVER)])
def app(request) -> Iterator[FastAPI]:
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("mongodb_url")
    with open_store(url) as store:
        everybody = Principal("default", "a-client", parse("system/*.cruds"))
        yield application(store, base_url="http://t", authenticate=lambda _: everybody)


async def test_of_many_at_once_each_has_its_turn(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t/fhir/") as client:

        async def at_once(method, path, body=None, **headers):
            asked = (client.request(method, path, json=body, headers={**JSON, **headers}) for _ in range(MANY))
            return sorted([each.status_code for each in await asyncio.gather(*asked)])

        once = {"if-none-exist": "identifier=4711"}
        assert await at_once("POST", "Patient", PATIENT, **once) == [*[200] * (MANY - 1), 201]
        assert await at_once("PUT", "Patient?identifier=4711", PATIENT) == [200] * MANY
        added = [{"op": "add", "path": "/name/-", "value": {"text": "B"}}]
        assert await at_once("PATCH", "Patient?identifier=4711", added, **JSON_PATCH) == [200] * MANY

        found = (await client.get("Patient?identifier=4711")).json()["entry"][0]["resource"]
        assert (len(found["name"]), found["meta"]["versionId"]) == (1 + MANY, str(1 + 2 * MANY))

        current = {"if-match": f'W/"{found["meta"]["versionId"]}"'}
        assert await at_once("PUT", f"Patient/{found['id']}", found, **current) == [200, *[412] * (MANY - 1)]
        assert await at_once("DELETE", "Patient?identifier=4711") == [204] * MANY

        history = (await client.get("_history")).json()["entry"]
        assert [each["request"]["method"] for each in history] == ["DELETE", *["PUT"] * (2 * MANY + 2)]
        assert (await client.get("?_type=Patient,Organization")).json()["total"] == 0
