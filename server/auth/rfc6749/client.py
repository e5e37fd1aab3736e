"""A registered client as authlib asks about it."""

from authlib.oauth2.rfc6749 import ClientMixin

from server.auth import clients
from server.auth.clients import Client
from server.auth.scopes import ResourceScope, Scope, narrow, parse, text

SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})


class RegisteredClient(ClientMixin):  # type: ignore[misc]
    def __init__(self, record: Client) -> None:
        self.record = record

    def get_client_id(self) -> str:
        return self.record.client_id

    def get_default_redirect_uri(self) -> None:
        """It has to be named: SMART wants it so."""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """The very same text. https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3"""
        return redirect_uri in self.record.redirect_uris

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_client_secret(self, client_secret: str) -> bool:
        return clients.is_secret_of(self.record, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 authlib's
        """A secret may come in the header or in the form; a token that was accepted is enough where one will do."""
        mine = self.record.auth_method
        return method in {mine, "Bearer"} or {method, mine} <= SECRET_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        if grant_type == "client_credentials":
            return self.record.auth_method == "private_key_jwt"
        return bool(self.record.redirect_uris)

    def get_allowed_scope(self, scope: str) -> str | None:
        """Of what is asked for, what the client is registered for; None, where that is nothing. Raises BadScope."""
        return text(narrow(parse(scope), self.record.scopes)) or None


def is_system(scope: Scope) -> bool:
    return isinstance(scope, ResourceScope) and scope.context == "system"
