"""The grant of backend services. https://www.rfc-editor.org/rfc/rfc6749#section-4.4"""

from authlib.oauth2.rfc6749 import InvalidScopeError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from server.auth.clients import Client
from server.auth.rfc6749.client import is_system
from server.auth.scopes import BadScope, parse, text


class BackendServices(ClientCredentialsGrant):  # type: ignore[misc]
    """https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html"""

    TOKEN_ENDPOINT_AUTH_METHODS = ("private_key_jwt",)

    def validate_requested_scope(self) -> None:
        """What needs a person is left out. https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html#scopes"""
        asked = self.request.payload.scope or self._usual()
        if not asked:
            raise InvalidScopeError(description="scope is missing.")
        try:
            system = text(filter(is_system, parse(asked)))
        except BadScope as error:
            raise InvalidScopeError(description=f"{error}.") from None
        if not system or not self.client.get_allowed_scope(system):
            raise InvalidScopeError(description="The client is registered for none of these scopes.")
        self.request.payload = BasicOAuth2Payload({**self.request.form, "scope": system})

    def _usual(self) -> str | None:
        """UDAP lets a client ask for all that it registered for by naming nothing; SMART does not."""
        record: Client = self.client.record
        return record.scope if record.certificate_uri else None
