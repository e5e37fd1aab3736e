"""An app reads, changes and ends its own registration. https://www.rfc-editor.org/rfc/rfc7592"""

from hmac import compare_digest
from typing import Any

from server.auth import clients, rfc7591
from server.auth.authority import Authority
from server.auth.clients import Client
from server.auth.rfc7591 import BadRegistration

ACTOR = "registration"


def managed(authority: Authority, client_id: str, given: str) -> tuple[Client, str]:
    """The client, and the token that it was given when it registered. Raises BadRegistration: an unknown client is
    answered like a wrong token."""
    scheme, _, token = given.partition(" ")
    client = clients.known(authority.store, client_id)
    mine = client and client.registration and compare_digest(client.registration, rfc7591.hashed(token))
    if not client or not mine or scheme.lower() != "bearer":
        raise BadRegistration("invalid_token", "the registration access token is not valid, or not any more", 401)
    return client, token


def read(authority: Authority, client_id: str, given: str) -> dict[str, Any]:
    return rfc7591.told(authority, *managed(authority, client_id, given))


def update(authority: Authority, client_id: str, given: str, body: bytes) -> dict[str, Any]:
    """Replaces what was said before; what is new is approved anew."""
    client, token = managed(authority, client_id, given)
    said = rfc7591.read(body)
    if said.client_id != client.client_id:
        raise BadRegistration("invalid_client_metadata", "client_id has to be the client's own")
    made = rfc7591.applied(authority, client, said)
    clients.register(authority.store, made, ACTOR)
    return rfc7591.told(authority, made, token)


def delete(authority: Authority, client_id: str, given: str) -> None:
    client, _ = managed(authority, client_id, given)
    clients.revoke(authority.store, client.client_id, ACTOR)
