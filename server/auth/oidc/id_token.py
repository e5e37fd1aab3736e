"""The id_token. https://openid.net/specs/openid-connect-core-1_0.html#IDToken

https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-identity-data"""

from typing import Any

from authlib.oidc.core import OpenIDCode
from joserfc.jwk import RSAKey

from server.auth.authority import Authority
from server.auth.launch_context import fhir_user
from server.auth.oidc import keys
from server.auth.rfc6749.client import RegisteredClient
from server.auth.users import User


class IdToken(OpenIDCode):  # type: ignore[misc]
    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self._authority = authority

    def exists_nonce(self, nonce: str, request: Any) -> bool:  # noqa: ARG002 authlib's
        """A nonce is for the client to compare; a code is good once already."""
        return False

    def resolve_client_private_key(self, client: RegisteredClient) -> RSAKey:  # noqa: ARG002 authlib's
        return self._key

    def get_encode_header(self, client: RegisteredClient) -> dict[str, str]:  # noqa: ARG002 authlib's
        return {"alg": keys.ALGORITHM, "kid": str(self._key.kid), "typ": "JWT"}

    def get_client_claims(self, client: RegisteredClient) -> dict[str, Any]:
        now = self._authority.now()
        ends = now + self._authority.policy.access_token
        return {"iss": self._authority.base_url, "aud": client.get_client_id(), "iat": now, "exp": ends}

    def generate_user_info(self, user: User, scope: str) -> dict[str, str]:
        return claims(self._authority, user, scope)

    @property
    def _key(self) -> RSAKey:
        return keys.signing(self._authority.store, self._authority.now())


def claims(authority: Authority, user: User, scope: str) -> dict[str, str]:
    """Who this is, as far as the scope asks."""
    asked = frozenset(scope.split())
    found = {
        "sub": user.sub,
        "fhirUser": fhir_user(authority, user) if asked & {"fhirUser", "profile"} else None,
        "preferred_username": user.name if "profile" in asked else None,
    }
    return {name: value for name, value in found.items() if value}
