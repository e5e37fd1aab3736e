"""What OpenID clients are told of this server. https://openid.net/specs/openid-connect-discovery-1_0.html"""

from typing import Any

from server.auth.authority import Authority
from server.auth.oidc import keys
from server.auth.smart import configuration

PATH = "/.well-known/openid-configuration"


def metadata(authority: Authority) -> dict[str, Any]:
    """What SMART clients are told, and what only OpenID asks for."""
    return {
        **configuration(authority),
        "userinfo_endpoint": authority.url("userinfo"),
        "end_session_endpoint": authority.url("logout"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [keys.ALGORITHM],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "fhirUser", "preferred_username"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


def key_set(authority: Authority) -> dict[str, Any]:
    """The public keys. https://www.rfc-editor.org/rfc/rfc7517"""
    return {"keys": [key.as_dict(private=False) for key in keys.public(authority.store, authority.now()).keys]}
