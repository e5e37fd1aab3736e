"""Dynamic client registration: an app registers itself, and waits until an administrator approves it.

https://www.rfc-editor.org/rfc/rfc7591"""

from dataclasses import dataclass, replace
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

import msgspec

from mappings.fhir.json import dumps
from server.auth import clients, records, rfc7517
from server.auth.authority import Authority
from server.auth.clients import BadClient, Client
from server.auth.policy import DAY, HOUR
from server.auth.rfc6749.client import SECRET_METHODS, is_system
from server.auth.rfc7517 import BadKeys
from server.store.entry import Key

TYPE = "-registrations"
AN_HOUR = 60
"""Registrations that are taken in an hour, of all who come."""
WAITS = 30 * DAY
"""What nobody approves in this time is forgotten."""
MAX_BYTES = 65_536
MAX_URIS = 20
USUAL = "openid fhirUser launch launch/patient offline_access patient/*.rs"
"""The scope of an app that asks for none."""


class BadRegistration(Exception):
    """https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2"""

    def __init__(self, error: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.error, self.text, self.status = error, text, status


class Metadata(msgspec.Struct, frozen=True):
    """Of what RFC 7591 and OpenID name, what this server goes by; the rest is ignored, as they want it."""

    client_id: str | None = None
    client_name: str = ""
    redirect_uris: list[str] = []
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105 a name
    scope: str = USUAL
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    launch_uri: str | None = None
    post_logout_redirect_uris: list[str] = []


@dataclass(frozen=True, slots=True)
class Hour:
    """How many registered in it."""

    count: int
    expires_at: int


def register(authority: Authority, body: bytes) -> dict[str, Any]:
    """What the app is told: its secret and its registration access token, this once. Raises BadRegistration."""
    metadata = read(body)
    secret = token_urlsafe(32) if metadata.token_endpoint_auth_method in SECRET_METHODS else None
    token = token_urlsafe(32)
    client = Client(
        client_id=str(uuid4()),
        name="",
        tenant=authority.tenant,
        scope="",
        registered_at=authority.clock(),
        secret=clients.hashed(secret) if secret else None,
        registration=hashed(token),
    )
    made = applied(authority, client, metadata)
    count(authority)
    clients.register(authority.store, made, "registration")
    return {**told(authority, made, token), **({"client_secret": secret} if secret else {})}


def read(body: bytes) -> Metadata:
    if len(body) > MAX_BYTES:
        raise BadRegistration("invalid_client_metadata", f"longer than {MAX_BYTES} bytes", 413)
    try:
        return msgspec.json.decode(body, type=Metadata)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRegistration("invalid_client_metadata", str(error)) from None


def applied(authority: Authority, client: Client, said: Metadata) -> Client:
    """The client as its metadata wants it, waiting where somebody has to approve that. Raises BadRegistration."""
    if len(said.redirect_uris) + len(said.post_logout_redirect_uris) > MAX_URIS:
        raise BadRegistration("invalid_redirect_uri", f"more than {MAX_URIS} addresses")
    method = said.token_endpoint_auth_method
    keys = method == "private_key_jwt"
    try:
        made = replace(
            client,
            name=said.client_name.strip(),
            scope=said.scope,
            redirect_uris=tuple(said.redirect_uris),
            post_logout_redirect_uris=tuple(said.post_logout_redirect_uris),
            launch_uri=said.launch_uri,
            secret=client.secret if method in SECRET_METHODS else None,
            jwks=rfc7517.read(dumps(said.jwks)) if keys and said.jwks else None,
            jwks_url=said.jwks_uri if keys else None,
        )
        clients.check(made)
    except (BadClient, BadKeys) as error:
        raise BadRegistration("invalid_client_metadata", str(error)) from None
    if made.auth_method != ("client_secret_basic" if method in SECRET_METHODS else method):
        raise BadRegistration("invalid_client_metadata", "token_endpoint_auth_method does not fit what else is said")
    return waiting(authority, made)


def waiting(authority: Authority, client: Client) -> Client:
    """Nobody gets at everybody's data by registering alone, whatever the site's policy is."""
    if not authority.policy.approval and not any(map(is_system, client.scopes)):
        return client
    return replace(client, approved=False, expires_at=authority.now() + WAITS)


def count(authority: Authority) -> None:
    """Raises BadRegistration when too many came within this hour."""
    now = authority.now()

    def counted(known: Hour | None) -> Hour:
        if known and known.count >= AN_HOUR:
            raise BadRegistration("temporarily_unavailable", "too many registered in this hour; come again", 429)
        return Hour(known.count + 1 if known else 1, now + 2 * HOUR)

    records.change(authority.store, Key(TYPE, str(now // HOUR)), Hour, counted, "registration")


def told(authority: Authority, client: Client, token: str) -> dict[str, Any]:
    return {
        **client.metadata,
        "client_secret_expires_at": 0,
        "registration_access_token": token,
        "registration_client_uri": f"{authority.url('register')}/{client.client_id}",
    }


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()
