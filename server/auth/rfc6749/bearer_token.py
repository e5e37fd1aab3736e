"""What the token endpoint answers. https://www.rfc-editor.org/rfc/rfc6749#section-5.1"""

from typing import Any

from authlib.oauth2.rfc6750 import BearerTokenGenerator

from server.auth import tokens
from server.auth.policy import Policy
from server.auth.scopes import parse

LASTING = frozenset({"offline_access", "online_access"})
"""Scopes that ask for a refresh token."""


class BackendTokens(BearerTokenGenerator):  # type: ignore[misc]
    """No refresh token: a backend service just asks again."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(new_token, expires_generator=policy.backend_token)


class PersonTokens(BearerTokenGenerator):  # type: ignore[misc]
    """A refresh token for who was granted lasting access, and for who comes with one."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(new_token, new_token, expires_generator=policy.access_token)

    def generate(self, grant_type: str, *args: Any, **named: Any) -> dict[str, Any]:
        token: dict[str, Any] = super().generate(grant_type, *args, **named)
        if grant_type != "refresh_token" and not LASTING.intersection(parse(token["scope"])):
            token.pop("refresh_token", None)
        return token


def new_token(**_: Any) -> str:
    return tokens.new()
