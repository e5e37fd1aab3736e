"""The authorization server: authlib's, over the journal."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer as Core
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from starlette.responses import Response

from server.auth import clients, tokens
from server.auth.authority import Authority
from server.auth.rfc6749.client import RegisteredClient
from server.auth.rfc6749.client_credentials import BackendServices
from server.auth.rfc6749.starlette import FormRequest, refused, respond
from server.auth.rfc7009 import Revocation
from server.auth.rfc7523 import PrivateKeyJwt
from server.auth.rfc7662 import Introspection
from server.auth.tokens import Token

# At DEBUG, authlib writes the tokens that it issues into the log.
logging.getLogger("authlib").setLevel(logging.INFO)


class AuthorizationServer(Core):  # type: ignore[misc]
    """One per application. Everything it knows is in the store, so any number of processes are one server."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self.authority = authority
        self.register_client_auth_method(PrivateKeyJwt.CLIENT_AUTH_METHOD, PrivateKeyJwt(authority))
        self.register_grant(BackendServices)
        self.register_token_generator("default", BearerTokenGenerator(new_token, expires_generator=tokens.LIFETIME))
        self.register_endpoint(Introspection)
        self.register_endpoint(Revocation)

    def query_client(self, client_id: str) -> RegisteredClient | None:
        found = clients.find(self.authority.store, client_id)
        return RegisteredClient(found) if found else None

    def save_token(self, token: Mapping[str, Any], request: FormRequest) -> None:
        record, now = request.client.record, self.authority.now()
        kept = Token(
            client_id=record.client_id,
            tenant=record.tenant,
            scope=token["scope"],
            issued_at=now,
            expires_at=now + token["expires_in"],
        )
        tokens.keep(self.authority.store, token["access_token"], kept)

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

    def handle_response(self, status: int, body: Mapping[str, Any], headers: Sequence[tuple[str, str]]) -> Response:
        return respond(status, body, headers)

    def handle_error_response(self, request: FormRequest, error: Any) -> Response:  # noqa: ARG002 authlib's
        return refused(error)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens: what happened is in the journal."""


def new_token(**_: Any) -> str:
    return tokens.new()
