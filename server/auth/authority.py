"""What the authorization server stands on: the store, its own address, the time, what the site decided."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from server.auth import clients, grants, records, tokens, users
from server.auth.clients import Client
from server.auth.grants import Grant
from server.auth.policy import Policy
from server.auth.tokens import Token
from server.auth.udap.trust import Trust
from server.auth.users import User
from server.outside import Outside
from server.store.store import Store


@dataclass(frozen=True, slots=True)
class Bearer:
    """What an access token stands for. Without ``grant`` and ``user`` it is a backend service's."""

    token: Token
    client: Client
    grant: Grant | None = None
    user: User | None = None


KNOWN = 1_000
"""Tokens that are remembered at once."""


@dataclass(frozen=True, slots=True)
class Authority:
    """``base_url`` is the server's root as clients see it; its endpoints are below it. It is the issuer as well.
    ``tenant`` is whose who registers by itself becomes."""

    store: Store
    base_url: str
    clock: Callable[[], datetime]
    policy: Policy = field(default_factory=Policy)
    outside: Outside = field(default_factory=Outside)
    tenant: str = "default"
    trust: Trust | None = None
    _known: dict[str, tuple[int, Bearer]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def fhir_url(self) -> str:
        return f"{self.base_url}/fhir"

    @property
    def token_url(self) -> str:
        return self.url("token")

    def url(self, name: str) -> str:
        """Of one of its endpoints or pages."""
        return f"{self.base_url}/auth/{name}"

    @property
    def audiences(self) -> frozenset[str]:
        """How this server is called in what is signed for it."""
        return frozenset({self.token_url, self.base_url, self.fhir_url})

    def now(self) -> int:
        return int(self.clock().timestamp())

    def valid(self, text: str) -> Bearer | None:
        """What a bearer token stands for, if it does now: neither it has ended, nor its client, nor the person's grant,
        nor the person. What was found holds until the records' journal goes on, where that is quickly asked."""
        if not self.store.at_hand:
            return self._valid(text)
        last = self.store.last(records.REALM)
        since, found = self._known.get(text, (0, None))
        if since == last and found and found.token.expires_at > self.now():
            return found
        return self._remembered(text, last)

    def _remembered(self, text: str, last: int) -> Bearer | None:
        found = self._valid(text)
        if found:
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[text] = last, found
        return found

    def _valid(self, text: str) -> Bearer | None:
        token = tokens.find(self.store, text)
        if not token or token.expires_at <= self.now():
            return None
        client = clients.find(self.store, token.client_id)
        if not client or client.tenant != token.tenant:
            return None
        return self._of_person(token, client, token.grant) if token.grant else Bearer(token, client)

    def _of_person(self, token: Token, client: Client, id: str) -> Bearer | None:
        grant = grants.find(self.store, id)
        user = users.find(self.store, grant.user) if grant else None
        return Bearer(token, client, grant, user) if user and user.tenant == token.tenant else None
