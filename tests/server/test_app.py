"""What every answer of the application has, whatever was asked: health, figures, log, CORS, compression, faults."""

import logging
from itertools import count

import httpx
import pytest

from server.app import application
from server.auth.gate import Principal
from server.auth.scopes import parse
from server.store.engine import Unavailable, Uncertain
from server.store.store import open_store

CANARY = "Quetzalcoatl"


@pytest.fixture
def store():
    ids = count(1)
    store = open_store("sqlite://", ids=lambda: f"made-{next(ids)}")
    yield store
    store.close()


@pytest.fixture
async def client(store):
    everybody = Principal("default", "a-client", parse("system/*.cruds"))
    app = application(store, base_url="http://t", authenticate=lambda _: everybody)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


class Broken:
    """A store whose engine fails in a given way."""

    def __init__(self, store, error):
        self._store, self._error = store, error

    def __getattr__(self, name):
        if name in {"read", "check"}:
            return self.fail
        return getattr(self._store, name)

    def fail(self, *_):
        raise self._error


@pytest.fixture
def broken(store):
    async def ask(error, path):
        everybody = Principal("default", "a-client", parse("system/*.cruds"))
        app = application(Broken(store, error), base_url="http://t", authenticate=lambda _: everybody)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            return await client.get(path)

    return ask


async def test_health(client):
    assert (await client.get("/livez")).text == "ok\n"
    assert (await client.get("/readyz")).text == "ok\n"


async def test_not_ready_when_the_store_cannot_be_written(broken):
    response = await broken(Unavailable("disk full"), "/readyz")

    assert (response.status_code, response.text) == (503, "the store cannot be written\n")


FAULTS = {
    "unavailable": (Unavailable("x"), 503, "transient", "the store cannot take this now; nothing was done"),
    "uncertain": (Uncertain("x"), 503, "transient", "whether this was done is not known; look before asking again"),
}


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)
async def test_store_in_trouble(broken, case):
    error, status, code, text = case
    response = await broken(error, "/fhir/Patient/a")

    issue = {"severity": "error", "code": code, "diagnostics": text}
    assert (response.status_code, response.json()["issue"]) == (status, [issue])
    assert response.headers["retry-after"] == "1"


async def test_fault_of_ours_tells_nothing_but_its_number(broken, caplog):
    response = await broken(RuntimeError(f"about {CANARY}"), f"/fhir/Patient/{CANARY}")

    request_id = response.headers["x-request-id"]
    assert response.status_code == 500
    assert response.json()["issue"] == [
        {
            "severity": "fatal",
            "code": "exception",
            "diagnostics": f"something is wrong in this server; it is noted as {request_id}",
        }
    ]
    assert CANARY not in caplog.text
    assert f"RuntimeError request={request_id} at " in caplog.text


async def test_log_and_metrics_hold_no_data(client, caplog):
    caplog.set_level(logging.INFO, logger="causeway")
    patient = {"resourceType": "Patient", "id": CANARY, "name": [{"family": CANARY}]}
    await client.put(f"/fhir/Patient/{CANARY}", json=patient, headers={"content-type": "application/fhir+json"})
    await client.get(f"/fhir/Patient?family={CANARY}", headers={"user-agent": f"{CANARY}\r\n"})
    await client.get(f"/fhir/{CANARY}/{CANARY}")

    metrics = (await client.get("/metrics")).text
    lines = [each.facts for each in caplog.records if each.name == "causeway.access"]
    assert CANARY not in caplog.text + str(lines) + metrics
    assert [(each["interaction"], each["type"], each["status"], each["client"]) for each in lines] == [
        ("update", "Patient", 201, "a-client"),
        ("search-type", "Patient", 200, "a-client"),
        ("read", "", 404, "a-client"),
        ("metrics", "", 200, ""),
    ]
    assert 'causeway_http_requests_total{interaction="update",status="2xx",type="Patient"} 1.0' in metrics


async def test_first_page(client):
    response = await client.get("/")

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert 'href="http://t/fhir/metadata"' in response.text
    assert "<script" not in response.text


async def test_scripts_of_any_origin_but_no_cookies(client):
    """https://hl7.org/fhir/R4/http.html#cors"""
    response = await client.get("/fhir/metadata", headers={"origin": "https://app.example.org"})

    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
    assert "ETag" in response.headers["access-control-expose-headers"]


async def test_preflight(client):
    asked = {
        "origin": "https://app.example.org",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "authorization,content-type,if-match",
    }

    response = await client.options("/fhir/Patient/a", headers=asked)

    assert response.status_code == 200
    assert "PUT" in response.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in response.headers


async def test_compressed_if_asked(client):
    plain = await client.get("/fhir/metadata", headers={"accept-encoding": "identity"})
    packed = await client.get("/fhir/metadata", headers={"accept-encoding": "gzip"})

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 5


@pytest.mark.parametrize("path", ["/fhirx", "/admin", "/docs", "/redoc"])
async def test_what_is_not_there(client, path):
    response = await client.get(path)

    assert response.status_code == 404
    assert response.json()["issue"][0]["code"] == "not-found"


METHODS = {
    "the base": ("PUT", "/fhir", "GET, HEAD, OPTIONS, POST"),
    "the base with a slash": ("DELETE", "/fhir/", "GET, HEAD, OPTIONS, POST"),
    "the statement": ("POST", "/fhir/metadata", "GET, HEAD, OPTIONS"),
    "a type": ("PUT", "/fhir/Patient/_search", "OPTIONS, POST"),
    "a resource": ("POST", "/fhir/Patient/a", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
    "a version": ("DELETE", "/fhir/Patient/a/_history/1", "GET, HEAD, OPTIONS"),
}


@pytest.mark.parametrize(("method", "path", "allow"), METHODS.values(), ids=METHODS)
async def test_methods(client, method, path, allow):
    """What is not offered is answered with what is; and whoever asks for that alone is told."""
    refused, told = await client.request(method, path, json={}), await client.options(path)

    assert (refused.status_code, refused.headers["allow"]) == (405, allow)
    assert refused.json()["issue"][0]["code"] == "not-supported"
    assert (told.status_code, told.content, told.headers["allow"]) == (204, b"", allow)


async def test_a_clients_own_number_is_sent_back(client):
    """https://hl7.org/fhir/R4/http.html#custom"""
    told = await client.get("/fhir/metadata", headers={"x-request-id": "call-7"})
    odd = await client.get("/fhir/metadata", headers={"x-request-id": "a b"})

    assert told.headers["x-correlation-id"] == "call-7"
    assert told.headers["x-request-id"] not in {"", "call-7"}
    assert "x-correlation-id" not in odd.headers
