"""A small server with what the authorization server guards, and clients with real keys."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import Depends, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.auth import clients, passwords, users
from server.auth.authority import Authority
from server.auth.clients import Client
from server.auth.gate import GatedStore, Principal
from server.auth.policy import Policy
from server.auth.rfc6750 import principal
from server.auth.routes import install
from server.auth.users import User
from server.fhir.outcome import FhirError, operation_outcome
from server.store.entry import Entry, Key, Write
from server.store.query import term
from server.store.snapshot import Snapshot
from server.store.store import Store, open_store

BASE = "https://causeway.test"
TOKEN_URL = f"{BASE}/auth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


PASSWORD = "correct horse battery staple"
EVERYTHING = (
    "openid fhirUser profile launch launch/patient launch/encounter offline_access online_access "
    "patient/*.cruds user/*.cruds"
)


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


class Form(HTMLParser):
    """The fields of a page's forms as a browser sends them, by the address that they are sent to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._fields = self.forms.setdefault(given["action"] or "", {})
        if tag == "input" and given.get("name") and (given.get("type") != "checkbox" or "checked" in given):
            self._fields[given["name"] or ""] = given.get("value") or ""


@dataclass
class Browser:
    """A person at a browser: follows addresses of the server, fills in the forms of its pages."""

    http: httpx.AsyncClient
    page: httpx.Response | None = None

    async def open(self, url: str) -> httpx.Response:
        return await self._shown(await self.http.get(url))

    async def send(self, action: str, **fields: str | None) -> httpx.Response:
        """The form of this page that goes there, with these fields put in; None leaves one out."""
        form = {**Form(self.page.text).forms[action], **fields}
        return await self._shown(
            await self.http.post(action, data={name: each for name, each in form.items() if each is not None})
        )

    async def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        return await self.send("/auth/sign-in", name=name, password=password, **fields)

    async def _shown(self, answer: httpx.Response) -> httpx.Response:
        """Goes where it is sent, as far as that is this server."""
        while answer.is_redirect and answer.headers["location"].startswith("/"):
            answer = await self.http.get(answer.headers["location"])
        self.page = answer
        return answer


@dataclass
class App:
    """A SMART app: how it is registered, and what it sends."""

    world: "World"
    client: Client
    secret: str | None = None
    key: RSAKey | ECKey | None = None
    verifier: str = "a-verifier-of-at-least-forty-three-characters-0"

    def asked(self, scope: str, **changed: str | None) -> dict[str, str]:
        digest = sha256(self.verifier.encode()).digest()
        right = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uris[0],
            "scope": scope,
            "state": "a-state",
            "aud": f"{BASE}/fhir",
            "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return {name: each for name, each in {**right, **changed}.items() if each is not None}

    def url(self, scope: str, **changed: str | None) -> str:
        return f"/auth/authorize?{httpx.QueryParams(self.asked(scope, **changed))}"

    async def exchange(self, code: str, **changed: str | None) -> httpx.Response:
        right = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uris[0],
            "code_verifier": self.verifier,
        }
        return await self.post({**right, **changed})

    async def refresh(self, token: str, **changed: str | None) -> httpx.Response:
        return await self.post({"grant_type": "refresh_token", "refresh_token": token, **changed})

    async def post(self, form: dict[str, str | None], path: str = "/auth/token") -> httpx.Response:
        """As this client authenticates."""
        sent = {name: each for name, each in {**self.authentication, **form}.items() if each is not None}
        auth = httpx.BasicAuth(self.client.client_id, self.secret) if self.secret else None
        return await self.world.http.post(path, data=sent, auth=auth)

    @property
    def authentication(self) -> dict[str, str]:
        if self.key:
            signed = Service(self.client, self.key, "ES384", self.world.clock).assertion()
            return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
        return {} if self.secret else {"client_id": self.client.client_id}


def code(answer: httpx.Response) -> str:
    """What the app is sent."""
    return parameters(answer)["code"]


def parameters(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    return dict(httpx.URL(answer.headers["location"]).params)


@dataclass
class World:
    """Everything a test of the authorization server touches."""

    store: Store
    clock: Clock
    keys: dict[str, RSAKey | ECKey]
    http: httpx.AsyncClient
    authority: Authority
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

    def app(self, scope: str = EVERYTHING, kind: str = "public", **changed: Any) -> App:
        """``kind``: public, symmetric or asymmetric."""
        secret = "a secret of 256 bits" if kind == "symmetric" else None
        key = self.keys["ES384"] if kind == "asymmetric" else None
        client = Client(
            client_id=str(uuid4()),
            name="Growth chart",
            tenant=changed.pop("tenant", "default"),
            scope=scope,
            registered_at=self.clock(),
            redirect_uris=("https://app.test/back",),
            launch_uri="https://app.test/launch",
            secret=clients.hashed(secret) if secret else None,
            jwks={"keys": [key.as_dict(private=False)]} if key else None,
            **changed,
        )
        clients.register(self.store, client, "test")
        return App(self, client, secret, key)

    def user(self, name: str = "dr.grey", role: str = "practitioner", **changed: Any) -> User:
        whose = {"patient": {"patient": "ann"}, "practitioner": {"practitioner": "grey"}}.get(role, {})
        user = User(
            name=name,
            sub=str(uuid4()),
            tenant=changed.pop("tenant", "default"),
            role=role,
            registered_at=self.clock(),
            password=passwords.hashed(PASSWORD),
            **{**whose, **changed},
        )
        users.add(self.store, user, "test")
        return user

    def browser(self) -> Browser:
        """With a cookie jar of its own."""
        return Browser(httpx.AsyncClient(transport=self.http._transport, base_url=BASE))

    async def launched(self, app: App, scope: str, name: str = "dr.grey", **fields: str | None) -> httpx.Response:
        """What the app is sent when this person signs in, takes Ann as the patient, and allows."""
        browser = self.browser()
        await browser.open(app.url(scope))
        page = await browser.sign_in(name)
        if 'name="patient" value="ann" class="choice"' in page.text:
            page = await browser.send("/auth/consent", patient="ann")
        return await browser.send("/auth/consent", decision="allow", **fields)

    async def granted(self, app: App, scope: str, name: str = "dr.grey", **fields: str | None) -> dict[str, Any]:
        """The token response."""
        answer = await app.exchange(code(await self.launched(app, scope, name, **fields)))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def seconds(self) -> int:
        return int(self.clock().timestamp())

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


@pytest.fixture(autouse=True)
def cheap(monkeypatch) -> None:
    """What makes a password dear to guess would make each test dear as well."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(passwords, "_nobodys", lru_cache(maxsize=1)(passwords._nobodys.__wrapped__))


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
    authority = install(app, store, BASE, clock, Policy(private_network=True))

    @app.get("/fhir/{type}/{id}")
    def read(type: str, id: str, who: Annotated[Principal, Depends(principal)]) -> Response:
        return Response(GatedStore(store, who).read(type, id).body, media_type="application/fhir+json")

    @app.exception_handler(FhirError)
    def refused(request: Request, error: FhirError) -> Response:
        return JSONResponse(operation_outcome(error.issues), error.status, error.headers)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        yield World(store, clock, keys, http, authority)


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
