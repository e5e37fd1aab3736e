"""A registered client as authlib asks about it."""

from authlib.oauth2.rfc6749 import ClientMixin

from server.auth.clients import Client
from server.auth.scopes import ResourceScope, Scope, narrow, parse, text


class RegisteredClient(ClientMixin):  # type: ignore[misc]
    def __init__(self, record: Client) -> None:
        self.record = record

    def get_client_id(self) -> str:
        return self.record.client_id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 authlib's
        return self.record.auth_method == method

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials" and self.record.auth_method == "private_key_jwt"

    def get_allowed_scope(self, scope: str) -> str | None:
        """What a backend service gets: of what it asks for, what it is registered for, and nothing that needs a person.

        https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html#scopes. None, where that is nothing. Raises
        BadScope."""
        return text(narrow(filter(is_system, parse(scope)), self.record.scopes)) or None


def is_system(scope: Scope) -> bool:
    return isinstance(scope, ResourceScope) and scope.context == "system"
