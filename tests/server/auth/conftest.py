"""A small server with what the authorization server guards, and clients with real keys."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import httpx
import pytest
from fastapi import Depends, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.auth import clients
from server.auth.clients import Client
from server.auth.gate import GatedStore, Principal
from server.auth.rfc6750 import principal
from server.auth.routes import install
from server.fhir.outcome import FhirError, operation_outcome
from server.store.entry import Entry, Key, Write
from server.store.query import term
from server.store.snapshot import Snapshot
from server.store.store import Store, open_store

BASE = "https://causeway.test"
TOKEN_URL = f"{BASE}/auth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Service:
    """A backend service: what it is registered as, and the private key that it signs with."""

    client: Client
    key: RSAKey | ECKey
    alg: str
    clock: Clock

    def claims(self, **changed: Any) -> dict[str, Any]:
        """As the specification wants them; None leaves one out."""
        id, now = self.client.client_id, int(self.clock().timestamp())
        right = {"iss": id, "sub": id, "aud": TOKEN_URL, "exp": now + 300, "jti": str(uuid4())}
        return {name: value for name, value in {**right, **changed}.items() if value is not None}

    def assertion(self, header: dict[str, Any] | None = None, **changed: Any) -> str:
        head = {"alg": self.alg, "kid": self.key.kid, **(header or {})}
        return jwt.encode(head, self.claims(**changed), self.key, algorithms=[self.alg])

    def form(self, scope: str = "system/*.rs", **changed: Any) -> dict[str, str]:
        right = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": changed.pop("client_assertion", None) or self.assertion(),
        }
        return {name: value for name, value in {**right, **changed}.items() if value is not None}


@dataclass
class World:
    """Everything a test of the authorization server touches."""

    store: Store
    clock: Clock
    keys: dict[str, RSAKey | ECKey]
    http: httpx.AsyncClient
    services: list[Service] = field(default_factory=list)

    def register(self, scope: str = "system/*.rs", alg: str = "ES384", tenant: str = "default") -> Service:
        key = self.keys[alg]
        client = Client(
            client_id=str(uuid4()),
            name="A clearing house",
            tenant=tenant,
            scope=scope,
            registered_at=self.clock(),
            jwks={"keys": [key.as_dict(private=False)]},
        )
        clients.register(self.store, client, "test")
        return Service(client, key, alg, self.clock)

    async def post(self, form: dict[str, str], path: str = "/auth/token") -> httpx.Response:
        return await self.http.post(path, data=form)

    async def token(self, service: Service, scope: str = "system/*.rs") -> str:
        answer = await self.post(service.form(scope))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def read(self, token: str | None, path: str = "/fhir/Patient/ann") -> httpx.Response:
        return await self.http.get(path, headers={"authorization": f"Bearer {token}"} if token else {})


@pytest.fixture(scope="session")
def keys() -> dict[str, RSAKey | ECKey]:
    return {
        "RS384": RSAKey.generate_key(2048, {"kid": "rsa"}, private=True),
        "ES384": ECKey.generate_key("P-384", {"kid": "ec"}, private=True),
    }


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path}/auth.db")) as opened:
        yield opened


@pytest.fixture
async def world(store: Store, clock: Clock, keys: dict[str, RSAKey | ECKey]) -> AsyncIterator[World]:
    app = FastAPI()
    install(app, store, BASE, clock)

    @app.get("/fhir/{type}/{id}")
    def read(type: str, id: str, who: Annotated[Principal, Depends(principal)]) -> Response:
        return Response(GatedStore(store, who).read(type, id).body, media_type="application/fhir+json")

    @app.exception_handler(FhirError)
    def refused(request: Request, error: FhirError) -> Response:
        return JSONResponse(operation_outcome(error.issues), error.status, error.headers)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        yield World(store, clock, keys, http)


Put = Callable[..., None]


@pytest.fixture
def put(store: Store) -> Put:
    """Writes a resource of a tenant with these terms besides its id; ``body`` None deletes it."""

    def write(type: str, id: str, *terms: str, tenant: str = "default", body: bytes | None = b"{}") -> None:
        def fold(snapshot: Snapshot) -> Entry:
            key, current = Key(type, id), snapshot.read(Key(type, id))
            found = tuple(sorted({term("_id", id), *terms})) if body is not None else ()
            made = Write(key, current.version if current else 0, body, found)
            return Entry(tenant, snapshot.new_id(), snapshot.at, "test", "test", (made,))

        store.submit(tenant, fold).result()

    return write
