"""What UDAP clients are told, and signed for. https://hl7.org/fhir/us/udap-security/STU1/discovery.html"""

from typing import Any
from uuid import uuid4

from joserfc import jwt

from server.auth import smart
from server.auth.authority import Authority
from server.auth.policy import DAY
from server.auth.rfc6749.authorization_code import AuthorizationCode
from server.auth.rfc6749.client_credentials import BackendServices
from server.auth.rfc6749.refresh_token import RefreshToken
from server.auth.udap.b2b import EXTENSION
from server.auth.udap.trust import ALGORITHMS, Trust, algorithms

PATH = "/.well-known/udap"
GRANTS = (AuthorizationCode.GRANT_TYPE, RefreshToken.GRANT_TYPE, BackendServices.GRANT_TYPE)


def metadata(authority: Authority, trust: Trust) -> dict[str, Any]:
    addresses = endpoints(authority)
    return {
        "udap_versions_supported": ["1"],
        "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_authz"],
        "udap_authorization_extensions_supported": [EXTENSION],
        "udap_authorization_extensions_required": [],
        "udap_certifications_supported": [],
        "udap_certifications_required": [],
        "grant_types_supported": list(GRANTS),
        "scopes_supported": list(smart.SCOPES),
        **addresses,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "registration_endpoint_jwt_signing_alg_values_supported": list(ALGORITHMS),
        "signed_metadata": signed(authority, trust, addresses),
    }


def endpoints(authority: Authority) -> dict[str, str]:
    return {
        "authorization_endpoint": authority.url("authorize"),
        "token_endpoint": authority.token_url,
        "registration_endpoint": authority.url("udap/register"),
    }


def signed(authority: Authority, trust: Trust, addresses: dict[str, str]) -> str:
    """The addresses, by the certificate whose URI is the FHIR base URL: nobody else can give out others."""
    now, (algorithm, *_) = authority.now(), algorithms(trust.key)
    who = {"iss": authority.fhir_url, "sub": authority.fhir_url, "iat": now, "exp": now + DAY, "jti": str(uuid4())}
    return jwt.encode({"alg": algorithm, "x5c": trust.x5c}, {**who, **addresses}, trust.key, algorithms=[algorithm])
