"""The authorization server: authlib's, over the journal."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer as Core
from authlib.oauth2.rfc6749 import InvalidRequestError
from starlette.responses import Response

from server.auth import clients, tokens
from server.auth.authority import Authority
from server.auth.launch_context import LaunchContext
from server.auth.oidc.id_token import IdToken
from server.auth.rfc6749.authorization_code import AuthorizationCode
from server.auth.rfc6749.bearer_token import BackendTokens, PersonTokens
from server.auth.rfc6749.client import RegisteredClient
from server.auth.rfc6749.client_credentials import BackendServices
from server.auth.rfc6749.refresh_token import RefreshToken
from server.auth.rfc6749.starlette import FormRequest, refused, respond
from server.auth.rfc7009 import Revocation
from server.auth.rfc7523 import PrivateKeyJwt
from server.auth.rfc7636 import ProofKey
from server.auth.rfc7662 import Introspection
from server.auth.tokens import Refresh, Token

# At DEBUG, authlib writes the tokens that it issues into the log.
logging.getLogger("authlib").setLevel(logging.INFO)


class AuthorizationServer(Core):  # type: ignore[misc]
    """One per application. Everything it knows is in the store, so any number of processes are one server."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self.authority = authority
        context = LaunchContext(authority)
        self.register_client_auth_method(PrivateKeyJwt.CLIENT_AUTH_METHOD, PrivateKeyJwt(authority))
        self.register_client_auth_method("Bearer", self.bearer)
        self.register_grant(BackendServices)
        self.register_grant(AuthorizationCode, [ProofKey(), context, IdToken(authority)])
        self.register_grant(RefreshToken, [context])
        self.register_token_generator("default", PersonTokens(authority.policy))
        self.register_token_generator(BackendServices.GRANT_TYPE, BackendTokens(authority.policy))
        self.register_endpoint(Introspection)
        self.register_endpoint(Revocation)

    def query_client(self, client_id: str) -> RegisteredClient | None:
        found = clients.find(self.authority.store, client_id)
        return RegisteredClient(found) if found else None

    def bearer(self, _: Any, request: FormRequest) -> RegisteredClient | None:
        """The client of the access token that the request carries. https://www.rfc-editor.org/rfc/rfc7662#section-2.1"""
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        found = self.authority.valid(text) if scheme.lower() == "bearer" else None
        return RegisteredClient(found.client) if found else None

    def save_token(self, token: Mapping[str, Any], request: FormRequest) -> None:
        record, grant, now = request.client.record, request.grant, self.authority.now()
        kept = Token(
            client_id=record.client_id,
            tenant=record.tenant,
            scope=token["scope"],
            issued_at=now,
            expires_at=now + token["expires_in"],
            grant=grant.id if grant else None,
            purpose=request.purpose,
        )
        refresh = None
        if grant and "refresh_token" in token:
            made = Refresh(client_id=record.client_id, grant=grant.id, expires_at=grant.expires_at)
            refresh = (token["refresh_token"], made)
        tokens.keep(self.authority.store, token["access_token"], kept, refresh)

    def token(self, request: FormRequest) -> Response:
        if not request.payload.grant_type:
            raise InvalidRequestError(description="grant_type is missing.")
        response: Response = self.create_token_response(request)
        return response

    def introspection(self, request: FormRequest) -> Response:
        response: Response = self.create_endpoint_response(Introspection.ENDPOINT_NAME, request)
        return response

    def revocation(self, request: FormRequest) -> Response:
        response: Response = self.create_endpoint_response(Revocation.ENDPOINT_NAME, request)
        return response

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        return request

    def handle_response(
        self, status: int, body: Mapping[str, Any] | str, headers: Sequence[tuple[str, str]]
    ) -> Response:
        return respond(status, body, headers)

    def handle_error_response(self, request: FormRequest, error: Any) -> Response:  # noqa: ARG002 authlib's
        return refused(error)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens: what happened is in the journal."""
