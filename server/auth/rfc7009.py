"""Token revocation. https://www.rfc-editor.org/rfc/rfc7009"""

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint

from server.auth import tokens
from server.auth.authority import Authority
from server.auth.rfc6749.client import RegisteredClient
from server.auth.rfc6749.starlette import FormRequest


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """A client may revoke its own tokens; for anybody else's nothing happens, and the answer is the same."""

    CLIENT_AUTH_METHODS = ("private_key_jwt",)

    def authenticate_token(self, request: FormRequest, client: RegisteredClient) -> str | None:
        self.check_params(request, client)
        authority: Authority = self.server.authority
        text = request.form["token"]
        found = tokens.find(authority.store, text)
        return text if found and found.client_id == client.get_client_id() else None

    def revoke_token(self, token: str, request: Any) -> None:
        tokens.revoke(self.server.authority.store, token, request.client.get_client_id())
