"""Token revocation. https://www.rfc-editor.org/rfc/rfc7009"""

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint

from server.auth import grants, tokens
from server.auth.authority import Authority
from server.auth.rfc6749.authorization_code import AUTH_METHODS
from server.auth.rfc6749.client import RegisteredClient
from server.auth.rfc6749.starlette import FormRequest


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """A client may revoke its own tokens; for anybody else's nothing happens, and the answer is the same."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def authenticate_token(self, request: FormRequest, client: RegisteredClient) -> str | None:
        self.check_params(request, client)
        authority: Authority = self.server.authority
        text: str = request.form["token"]
        found = tokens.find(authority.store, text) or tokens.find_refresh(authority.store, text)
        return text if found and found.client_id == client.get_client_id() else None

    def revoke_token(self, token: str, request: Any) -> None:
        """With a refresh token ends all that the person granted with it."""
        store, client_id = self.server.authority.store, request.client.get_client_id()
        tokens.revoke(store, token, client_id)
        if refresh := tokens.find_refresh(store, token):
            grants.revoke(store, refresh.grant, client_id)
