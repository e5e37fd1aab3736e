"""What SMART clients are told of this server. https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html"""

from collections.abc import Mapping
from typing import Any

from server.auth.authority import Authority
from server.auth.rfc6749.authorization_code import AUTH_METHODS, AuthorizationCode
from server.auth.rfc6749.client_credentials import BackendServices
from server.auth.rfc6749.refresh_token import RefreshToken
from server.auth.rfc7517 import ALGORITHMS
from server.auth.rfc7636 import METHOD
from server.auth.rfc7662 import Introspection

PATH = "/.well-known/smart-configuration"
CONTEXTS = ("patient", "user", "system")
WORDS = ("openid", "profile", "fhirUser", "launch", "launch/patient", "offline_access", "online_access")
SCOPES = (*WORDS, *(f"{context}/*.cruds" for context in CONTEXTS))
GRANTS = (AuthorizationCode.GRANT_TYPE, RefreshToken.GRANT_TYPE, BackendServices.GRANT_TYPE)
CAPABILITIES = (
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-style",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
)


def configuration(authority: Authority) -> dict[str, Any]:
    """Every address is absolute, as the specification wants it."""
    algorithms = list(ALGORITHMS)
    return {
        "issuer": authority.base_url,
        "jwks_uri": authority.url("jwks"),
        "authorization_endpoint": authority.url("authorize"),
        "token_endpoint": authority.token_url,
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint": authority.url("introspect"),
        "introspection_endpoint_auth_methods_supported": list(Introspection.CLIENT_AUTH_METHODS),
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint": authority.url("revoke"),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "registration_endpoint": authority.url("register"),
        "management_endpoint": authority.url("apps"),
        "grant_types_supported": list(GRANTS),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": [METHOD],
        "scopes_supported": list(SCOPES),
        "capabilities": list(CAPABILITIES),
    }


def oauth_uris(authority: Authority) -> Mapping[str, str]:
    """The same, for clients of SMART's first version: the ``oauth-uris`` of the CapabilityStatement."""
    return {
        "authorize": authority.url("authorize"),
        "token": authority.token_url,
        "introspect": authority.url("introspect"),
        "revoke": authority.url("revoke"),
        "manage": authority.url("apps"),
        "register": authority.url("register"),
    }


def style() -> dict[str, str]:
    """How an app may look to fit in. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#styling"""
    return {
        "color_background": "#f6f7f5",
        "color_error": "#a3281f",
        "color_highlight": "#1f5f63",
        "color_modal_backdrop": "",
        "color_success": "#2c6e49",
        "color_text": "#1d2a2c",
        "dim_border_radius": "6px",
        "dim_font_size": "16px",
        "dim_spacing_size": "16px",
        "font_family_body": "system-ui, sans-serif",
        "font_family_heading": "system-ui, sans-serif",
    }
