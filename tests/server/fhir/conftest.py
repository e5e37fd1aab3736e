"""A live application over an embedded store, asked by one who may do everything."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from server.app import application
from server.auth.gate import Principal
from server.auth.scopes import parse
from server.fhir.exchange import Rules
from server.store.store import Store, open_store

BASE = "http://causeway.test"
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def store() -> Iterator[Store]:
    """Its clock goes a second further at every look; its ids are counted."""
    seconds, ids = count(), count(1)
    store = open_store("sqlite://", lambda: START + timedelta(seconds=next(seconds)), lambda: f"made-{next(ids)}")
    yield store
    store.close()


@pytest.fixture
def scope() -> str:
    """What the client of ``ask`` was granted; a test may say otherwise."""
    return "system/*.cruds"


@pytest.fixture
def rules() -> Rules:
    """What the site has chosen; a test may say otherwise."""
    return Rules()


@pytest.fixture
async def ask(store: Store, scope: str, rules: Rules) -> AsyncIterator[Ask]:
    """``await ask("GET", "Patient/1")``: below ``/fhir``, with JSON bodies as FHIR names them."""
    everybody = Principal("default", "a-client", parse(scope))
    app = application(store, base_url=BASE, clock=lambda: START, authenticate=lambda _: everybody, rules=rules)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/fhir/") as client:

        async def asked(method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            if body is None:
                return await client.request(method, path, headers=named)
            sent = {"content-type": "application/fhir+json", **named}
            if isinstance(body, bytes):
                return await client.request(method, path, content=body, headers=sent)
            return await client.request(method, path, json=body, headers=sent)

        yield asked


@pytest.fixture
def patient() -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:test:mrn", "value": "4711"}],
        "name": [{"family": "Bauer-Lindqvist", "given": ["Ágnes", "Marie"]}],
        "gender": "female",
        "birthDate": "1961-07-30",
    }


@pytest.fixture
def issues() -> Callable[[httpx.Response], list[tuple[Any, ...]]]:
    """Code, place and words of every issue of an OperationOutcome."""

    def told(response: httpx.Response) -> list[tuple[Any, ...]]:
        body = response.json()
        assert body["resourceType"] == "OperationOutcome", body
        assert response.headers["content-type"] == "application/fhir+json"
        return [(each["code"], each.get("expression", [None])[0], each["diagnostics"]) for each in body["issue"]]

    return told
