"""Registered clients: SMART apps and backend services.

https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#registering-a-client-communicating-public-keys"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import scrypt
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from server.auth import records
from server.auth.scopes import BadScope, Scope, parse
from server.store.entry import Key
from server.store.store import Store

TYPE = "-client"
MAX_NAME = 200
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
COST = {"n": 2**14, "r": 8, "p": 1, "maxmem": 2**26}


class BadClient(ValueError):
    """This cannot be registered; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """``scope`` is the most that it may be granted; ``jwks`` the public keys that it signs with, or
    ``jwks_url`` where they are; ``secret`` a hash.
    ``may_launch``: it is an EHR, and may ask for launches of other apps. One that registered itself
    (``registration``: the hash of its token) may have to wait until it is approved, and is forgotten if it never is.
    ``certificate_uri``: whose certificate it signs with, where it came by UDAP."""

    client_id: str
    name: str
    tenant: str
    scope: str
    registered_at: datetime
    jwks: Mapping[str, Any] | None = None
    jwks_url: str | None = None
    secret: str | None = None
    redirect_uris: tuple[str, ...] = ()
    launch_uri: str | None = None
    post_logout_redirect_uris: tuple[str, ...] = ()
    may_launch: bool = False
    approved: bool = True
    registration: str | None = None
    expires_at: int | None = None
    certificate_uri: str | None = None

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return parse(self.scope)

    @property
    def auth_method(self) -> str:
        """https://www.rfc-editor.org/rfc/rfc7591#section-2"""
        if self.jwks or self.jwks_url or self.certificate_uri:
            return "private_key_jwt"
        return "client_secret_basic" if self.secret else "none"

    @property
    def metadata(self) -> dict[str, Any]:
        """What may be shown of it, in the words of RFC 7591."""
        shown = {
            "client_id": self.client_id,
            "client_name": self.name,
            "tenant": self.tenant,
            "scope": self.scope,
            "token_endpoint_auth_method": self.auth_method,
            "client_id_issued_at": int(self.registered_at.timestamp()),
            "redirect_uris": list(self.redirect_uris),
            "launch_uri": self.launch_uri,
            "post_logout_redirect_uris": list(self.post_logout_redirect_uris),
            "may_launch": self.may_launch,
            "jwks": self.jwks,
            "jwks_uri": self.jwks_url,
            "certificate_uri": self.certificate_uri,
        }
        waits = {} if self.approved else {"approved": False}
        return {name: value for name, value in shown.items() if value} | waits


def register(store: Store, client: Client, actor: str) -> None:
    """Raises BadClient."""
    check(client)
    records.add(store, Key(TYPE, client.client_id), client, actor)


def find(store: Store, client_id: str) -> Client | None:
    """None when it was never registered, is not approved, or was revoked."""
    found = known(store, client_id)
    return found if found and found.approved else None


def known(store: Store, client_id: str) -> Client | None:
    """Also one that is not approved yet."""
    return records.get(store, Key(TYPE, client_id), Client)


def approve(store: Store, client_id: str, actor: str) -> bool:
    """From now on it may do what it registered for. False when there is no such client."""

    def approved(client: Client | None) -> Client:
        if not client:
            raise records.Unchanged
        return replace(client, approved=True, expires_at=None)

    try:
        records.change(store, Key(TYPE, client_id), Client, approved, actor)
    except records.Unchanged:
        return False
    return True


def every(store: Store) -> list[Client]:
    return sorted(records.every(store, TYPE, Client), key=lambda client: client.registered_at)


def revoke(store: Store, client_id: str, actor: str) -> bool:
    """From now on none of its tokens is accepted. False when there is no such client."""
    return records.remove(store, Key(TYPE, client_id), actor=actor)


def check(client: Client) -> None:
    """Raises BadClient."""
    if not (client.name.isprintable() and 1 <= len(client.name.strip()) <= MAX_NAME):
        raise BadClient(f"the name has to have 1 to {MAX_NAME} printable characters")
    if not client.tenant or client.tenant.startswith("-"):
        raise BadClient("a tenant's name cannot be empty, nor begin with a hyphen")
    if sum(map(bool, (client.jwks, client.jwks_url, client.secret, client.certificate_uri))) > 1:
        raise BadClient("a client has keys, the address of its keys or a secret, and but one of them")
    if client.auth_method != "private_key_jwt" and not client.redirect_uris:
        raise BadClient("a backend service needs its public keys (JWKS), an app a redirect URI")
    for uri in (*client.redirect_uris, *client.post_logout_redirect_uris, *filter(None, [client.launch_uri])):
        _check_uri(uri)
    if client.jwks_url and not client.jwks_url.startswith(("https://", "http://")):
        raise BadClient("the address of the keys has to be https")
    _check_scope(client.scope)


def _check_scope(scope: str) -> None:
    try:
        scopes = parse(scope)
    except BadScope as error:
        raise BadClient(str(error)) from None
    if not scopes:
        raise BadClient("a client needs at least one scope")


def _check_uri(uri: str) -> None:
    """https, or http to the machine itself, or an app's own scheme. https://www.rfc-editor.org/rfc/rfc8252#section-7"""
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise BadClient("an address is not a URI") from None
    if not uri.isascii() or not uri.isprintable() or " " in uri or parts.fragment or "#" in uri:
        raise BadClient("an address has to be a URI without fragment")
    web = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not (web and parts.hostname and "@" not in parts.netloc) and "." not in parts.scheme:
        raise BadClient("an address has to be https, http on localhost, or of a scheme such as com.example.app")


def hashed(secret: str) -> str:
    """For keeping, as ``salt:hash``: nobody gets the secret back from it."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{scrypt(secret.encode(), salt=salt, **COST).hex()}"


def is_secret_of(client: Client, secret: str) -> bool:
    salt, _, kept = (client.secret or "").partition(":")
    return bool(kept) and compare_digest(scrypt(secret.encode(), salt=bytes.fromhex(salt), **COST).hex(), kept)
