"""Client authentication with a signed JWT (private_key_jwt). https://www.rfc-editor.org/rfc/rfc7523

authlib carries it; what SMART asks beyond it is here:
https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError

from server.auth import records, rfc7517
from server.auth.authority import Authority
from server.auth.clients import Client
from server.auth.key_sets import KeySets
from server.auth.rfc6749.client import RegisteredClient
from server.auth.rfc6749.starlette import FormRequest
from server.auth.udap.b2b import purpose
from server.auth.udap.trust import NotTrusted
from server.auth.udap.trust import claims as certified

MAX_ASSERTION = 16_384
"""Characters: enough for a chain of certificates."""
MAX_JTI = 255
LONGEST = 300
"""Seconds that an assertion may have to live."""
LEEWAY = 10
"""Seconds that a client's clock may be off."""

QueryClient = Callable[[str], RegisteredClient | None]

UNVERIFIED = "The client assertion could not be verified."
FOREIGN = frozenset({"jwk", "x5u", "crit"})
"""Headers that would have us take a key, or a rule, from the token itself. https://www.rfc-editor.org/rfc/rfc8725"""


class PrivateKeyJwt(JWTBearerClientAssertion):  # type: ignore[misc]
    """One way to authenticate, for every endpoint at which clients do."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self._authority, self._keys = authority, KeySets(authority.outside, authority.now)

    def __call__(self, query_client: QueryClient, request: FormRequest) -> RegisteredClient | None:
        """None when there is no assertion. An unknown client is answered like a signature that does not hold."""

        def known(client_id: str) -> RegisteredClient:
            if not (found := query_client(client_id)):
                raise InvalidClientError(description=UNVERIFIED)
            return found

        client: RegisteredClient | None = super().__call__(known, request)
        if client and request.form.get("client_id", client.get_client_id()) != client.get_client_id():
            raise InvalidClientError(description="client_id is not the one of the assertion.")
        if client and client.record.certificate_uri:
            request.purpose = purpose(self.extract_assertion(request.form["client_assertion"])[1])
        return client

    def extract_assertion(self, assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Header and claims, not to be believed yet."""
        if len(assertion) > MAX_ASSERTION or assertion.count(".") != 2:  # noqa: PLR2004 header.claims.signature
            raise InvalidClientError(description=UNVERIFIED)
        header, claims, _ = assertion.split(".")
        return decoded(header), decoded(claims)

    def resolve_client_public_key(self, client: RegisteredClient) -> Client:
        """Which of its keys it is, the header says."""
        return client.record

    def process_assertion_claims(self, assertion: str, resolve_key: Client) -> Mapping[str, Any]:
        header, _ = self.extract_assertion(assertion)
        try:
            claims = self._certified(assertion, header, resolve_key) or self._registered(assertion, header, resolve_key)
        except (JoseError, NotTrusted, ValueError):
            raise InvalidClientError(description=UNVERIFIED) from None
        self.verify_claims(claims)
        return claims

    def _registered(self, assertion: str, header: Mapping[str, Any], client: Client) -> Mapping[str, Any]:
        keys = self._keys.of(client, header["kid"]) if is_plain(header, client) else None
        if not keys:
            raise InvalidClientError(description=UNVERIFIED)
        found: Mapping[str, Any] = jwt.decode(assertion, keys, algorithms=rfc7517.ALGORITHMS).claims
        return found

    def _certified(self, assertion: str, header: Mapping[str, Any], client: Client) -> Mapping[str, Any] | None:
        """For a client that is known by its certificate; None for any other."""
        trust = self._authority.trust
        if not client.certificate_uri:
            return None
        if not trust or FOREIGN & header.keys():
            raise InvalidClientError(description=UNVERIFIED)
        return certified(assertion, trust.key_of(header, client.certificate_uri, self._authority.clock()))

    def verify_claims(self, claims: Mapping[str, Any]) -> None:
        if fault := fault_of(claims, self._authority.audiences, self._authority.now()):
            raise InvalidClientError(description=fault)
        client, forgotten = claims["sub"], self._authority.now() + LONGEST + 2 * LEEWAY
        if not records.once(self._authority.store, f"jti|{client}|{claims['jti']}", client, forgotten):
            raise InvalidClientError(description="The assertion was used before: its jti has to be new.")


def is_plain(header: Mapping[str, Any], client: Client) -> bool:
    """A header that names a key of the client's, and brings neither a key nor a rule along; the address of the keys
    only if it is the one that the client was registered with."""
    jku = header.get("jku", client.jwks_url)
    named = isinstance(header.get("kid"), str) and header["kid"]
    return bool(named) and jku == client.jwks_url and not FOREIGN & header.keys() and _is_jwt(header)


def _is_jwt(header: Mapping[str, Any]) -> bool:
    return str(header.get("typ", "JWT")).upper() == "JWT"


def fault_of(claims: Mapping[str, Any], audiences: frozenset[str], now: int) -> str | None:
    """What is wrong with the claims of an assertion whose signature holds; None when nothing is."""
    if claims.get("iss") != claims.get("sub"):
        return "iss and sub have to be the client_id."
    if not _are_ours(claims.get("aud"), audiences):
        return "aud has to be the URL of the token endpoint."
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= MAX_JTI:
        return f"jti has to be a text of 1 to {MAX_JTI} characters."
    return _wrong_time(claims, now)


def _wrong_time(claims: Mapping[str, Any], now: int) -> str | None:
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if "exp" not in times or not all(_is_time(each) for each in times.values()):
        return "exp, nbf and iat have to be numbers of seconds, and exp has to be there."
    if times["exp"] <= now - LEEWAY:
        return "The assertion has expired."
    if times["exp"] > now + LONGEST + LEEWAY:
        return f"exp may be at most {LONGEST} seconds from now."
    if max(times.get("nbf", now), times.get("iat", now)) > now + LEEWAY:
        return "The assertion is not valid yet: nbf or iat is in the future."
    return None


def _are_ours(aud: Any, audiences: frozenset[str]) -> bool:
    """An assertion that is meant for others as well could be used by them."""
    named = aud if isinstance(aud, list) else [aud]
    return bool(named) and all(isinstance(each, str) and each in audiences for each in named)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def decoded(part: str) -> Mapping[str, Any]:
    """A JSON object in base64url. What parsers do with a name given twice differs, so it is refused."""
    try:
        data = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        value = json.loads(data, object_pairs_hook=_distinct, parse_constant=_no_number)
    except (ValueError, binascii.Error, RecursionError):
        raise InvalidClientError(description=UNVERIFIED) from None
    if not isinstance(value, dict):
        raise InvalidClientError(description=UNVERIFIED)
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
