"""What SMART clients are told of this server. https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html"""

from collections.abc import Mapping
from typing import Any

from server.auth.authority import Authority
from server.auth.rfc6749.client_credentials import BackendServices
from server.auth.rfc7517 import ALGORITHMS

PATH = "/.well-known/smart-configuration"
SCOPES = ("system/*.cruds", "system/*.rs", "system/*.read", "system/*.write", "system/*.*")
CAPABILITIES = ("client-confidential-asymmetric", "permission-v1", "permission-v2")


def configuration(authority: Authority) -> dict[str, Any]:
    """Every address is absolute, as the specification wants it."""
    methods = list(BackendServices.TOKEN_ENDPOINT_AUTH_METHODS)
    return {
        "token_endpoint": authority.token_url,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint": authority.introspection_url,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint": authority.revocation_url,
        "revocation_endpoint_auth_methods_supported": methods,
        "grant_types_supported": [BackendServices.GRANT_TYPE],
        "scopes_supported": list(SCOPES),
        "capabilities": list(CAPABILITIES),
    }


def oauth_uris(authority: Authority) -> Mapping[str, str]:
    """The same, for clients of SMART's first version: the ``oauth-uris`` of the CapabilityStatement."""
    return {
        "token": authority.token_url,
        "introspect": authority.introspection_url,
        "revoke": authority.revocation_url,
    }
