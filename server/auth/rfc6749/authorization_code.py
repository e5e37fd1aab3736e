"""The grant of apps that act for a person. https://www.rfc-editor.org/rfc/rfc6749#section-4.1

What SMART asks beyond it: https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html"""

from dataclasses import dataclass

from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oidc.core import AuthorizationCodeMixin

from server.auth import codes, grants, users
from server.auth.authority import Authority
from server.auth.codes import Code
from server.auth.grants import Grant
from server.auth.rfc6749.client import RegisteredClient, is_system
from server.auth.rfc6749.starlette import FormRequest
from server.auth.scopes import BadScope, Scope, parse
from server.auth.users import User

MAX_STATE = 2_048
AUTH_METHODS = ("private_key_jwt", "client_secret_basic", "client_secret_post", "none")


@dataclass(frozen=True, slots=True)
class IssuedCode(AuthorizationCodeMixin):  # type: ignore[misc]
    """A code as authlib asks about it."""

    code: Code
    grant: Grant

    @property
    def code_challenge(self) -> str | None:
        return self.code.challenge

    def get_redirect_uri(self) -> str:
        return self.code.redirect_uri

    def get_scope(self) -> str:
        return self.grant.scope

    def get_nonce(self) -> str | None:
        return self.code.nonce

    def get_auth_time(self) -> int:
        return self.grant.signed_in_at

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class AuthorizationCode(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: FormRequest, client: RegisteredClient) -> str:
        """It has to be named, and one of the client's: nobody is sent anywhere else, not even with an error."""
        named = request.payload.redirect_uri
        if not named or not client.check_redirect_uri(named):
            raise InvalidRequestError(description="redirect_uri is none that the app is registered with.")
        return str(named)

    def validate_requested_scope(self) -> None:
        """Also what a token would be for: it has to be this server's FHIR API, or another one could use it here."""
        asked = self.request.payload
        if (asked.data.get("aud") or "").rstrip("/") != self._authority.fhir_url:
            raise InvalidRequestError(description="aud has to be this server's FHIR base URL.")
        if len(asked.state or "") > MAX_STATE:
            raise InvalidRequestError(description=f"state is longer than {MAX_STATE} characters.")
        if fault := fault_of(_parsed(asked.scope)):
            raise InvalidScopeError(description=fault)

    def generate_authorization_code(self) -> str:
        return codes.new()

    def save_authorization_code(self, code: str, request: FormRequest) -> None:
        """With the grant itself: a person's word is never kept without its code, nor the other way round."""
        asked, now, grant = request.payload.data, self._authority.now(), request.grant
        assert grant  # noqa: S101 - there is no code before a person has granted
        made = Code(
            client_id=request.client.get_client_id(),
            grant=grant.id,
            redirect_uri=asked["redirect_uri"],
            challenge=asked.get("code_challenge"),
            nonce=asked.get("nonce"),
            expires_at=now + self._authority.policy.code,
        )
        grants.keep(self._authority.store, grant, (codes.key(code), made))

    def query_authorization_code(self, code: str, client: RegisteredClient) -> IssuedCode | None:
        """A code that comes again was stolen, now or the first time: all that came of it ends.

        https://www.rfc-editor.org/rfc/rfc9700#section-4.5"""
        store, client_id = self._authority.store, client.get_client_id()
        found = codes.use(store, code, client_id)
        if found and found.used:
            grants.revoke(store, found.grant, client_id)
        if not found or found.used or found.expires_at <= self._authority.now():
            return None
        self.request.grant = grants.find(store, found.grant)
        return IssuedCode(found, self.request.grant) if self.request.grant else None

    def authenticate_user(self, authorization_code: IssuedCode) -> User | None:
        return users.find(self._authority.store, authorization_code.grant.user)

    def delete_authorization_code(self, authorization_code: IssuedCode) -> None:
        """It was used up when it was looked for."""

    @property
    def _authority(self) -> Authority:
        authority: Authority = self.server.authority
        return authority


def fault_of(scopes: tuple[Scope, ...]) -> str | None:
    """What no person can grant, whoever it is."""
    if not scopes:
        return "scope is missing."
    if any(map(is_system, scopes)):
        return "system scopes are for backend services: no person can grant them."
    return None


def _parsed(text: str | None) -> tuple[Scope, ...]:
    try:
        return parse(text or "")
    except BadScope as error:
        raise InvalidScopeError(description=f"{error}.") from None
