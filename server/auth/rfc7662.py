"""Token introspection. https://www.rfc-editor.org/rfc/rfc7662"""

from typing import Any

from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from server.auth.authority import Authority, Bearer
from server.auth.launch_context import told
from server.auth.rfc6749.client import RegisteredClient
from server.auth.rfc6749.starlette import FormRequest

AUTH_METHODS = ("private_key_jwt", "client_secret_basic", "client_secret_post", "Bearer")
"""Not for who could be anybody: what a public client shows is a token of its own."""


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """A client may ask about its own tokens; anybody else's are not active for it."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def authenticate_token(self, request: FormRequest, client: RegisteredClient) -> Bearer | None:
        self.check_params(request, client)
        authority: Authority = self.server.authority
        found = authority.valid(request.form["token"])
        return found if found and found.client.client_id == client.get_client_id() else None

    def create_introspection_payload(self, token: Bearer | None) -> dict[str, Any]:
        return active(self.server.authority, token) if token else {"active": False}


def active(authority: Authority, bearer: Bearer) -> dict[str, Any]:
    """https://hl7.org/fhir/smart-app-launch/STU2.2/token-introspection.html"""
    token, grant, user = bearer.token, bearer.grant, bearer.user
    return {
        "active": True,
        "client_id": token.client_id,
        "iss": authority.base_url,
        "sub": user.sub if user else token.client_id,
        "scope": token.scope,
        "token_type": "Bearer",
        "iat": token.issued_at,
        "exp": token.expires_at,
        **(told(authority, grant, user) if grant and user else {}),
    }
