"""Token introspection. https://www.rfc-editor.org/rfc/rfc7662"""

from typing import Any

from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from server.auth.authority import Authority
from server.auth.clients import Client
from server.auth.rfc6749.client import RegisteredClient
from server.auth.rfc6749.starlette import FormRequest
from server.auth.tokens import Token


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """A client may ask about its own tokens; anybody else's are not active for it."""

    CLIENT_AUTH_METHODS = ("private_key_jwt",)

    def authenticate_token(self, request: FormRequest, client: RegisteredClient) -> Any:
        self.check_params(request, client)
        authority: Authority = self.server.authority
        found = authority.valid(request.form["token"])
        return found if found and found[0].client_id == client.get_client_id() else None

    def create_introspection_payload(self, token: tuple[Token, Client] | None) -> dict[str, Any]:
        return active(*token) if token else {"active": False}


def active(token: Token, client: Client) -> dict[str, Any]:
    return {
        "active": True,
        "client_id": client.client_id,
        "sub": client.client_id,
        "scope": token.scope,
        "token_type": "Bearer",
        "iat": token.issued_at,
        "exp": token.expires_at,
    }
