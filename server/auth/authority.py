"""What the authorization server stands on: the store, its own address, the time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.auth import clients, tokens
from server.auth.clients import Client
from server.auth.tokens import Token
from server.store.store import Store


@dataclass(frozen=True, slots=True)
class Authority:
    """``base_url`` is the server's root as clients see it; its endpoints are below it."""

    store: Store
    base_url: str
    clock: Callable[[], datetime]

    @property
    def fhir_url(self) -> str:
        return f"{self.base_url}/fhir"

    @property
    def token_url(self) -> str:
        return f"{self.base_url}/auth/token"

    @property
    def introspection_url(self) -> str:
        return f"{self.base_url}/auth/introspect"

    @property
    def revocation_url(self) -> str:
        return f"{self.base_url}/auth/revoke"

    @property
    def audiences(self) -> frozenset[str]:
        """How this server is called in what is signed for it."""
        return frozenset({self.token_url, self.base_url, self.fhir_url})

    def now(self) -> int:
        return int(self.clock().timestamp())

    def valid(self, text: str) -> tuple[Token, Client] | None:
        """What a bearer token stands for, if it does now: not expired, not revoked, nor its client."""
        token = tokens.find(self.store, text)
        client = clients.find(self.store, token.client_id) if token else None
        if not token or not client or token.expires_at <= self.now() or client.tenant != token.tenant:
            return None
        return token, client
