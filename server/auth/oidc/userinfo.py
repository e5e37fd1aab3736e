"""Who a token is about. https://openid.net/specs/openid-connect-core-1_0.html#UserInfo"""

from starlette.requests import Request
from starlette.responses import Response

from mappings.fhir.json import dumps
from server.auth.authority import Authority
from server.auth.oidc.id_token import claims
from server.auth.rfc6749.starlette import NO_STORE
from server.auth.rfc6750 import INVALID, bearer
from server.fhir.outcome import Forbidden, Unauthorized

INSUFFICIENT = 'Bearer realm="causeway", error="insufficient_scope", scope="openid"'


def userinfo(authority: Authority, request: Request) -> Response:
    """Raises Unauthorized, Forbidden."""
    found = bearer(authority, request.headers.getlist("authorization"))
    if not found.user:
        raise Unauthorized("the access token is no person's", headers={"www-authenticate": INVALID})
    if "openid" not in found.token.scope.split():
        raise Forbidden("the access token does not tell who signed in", headers={"www-authenticate": INSUFFICIENT})
    body = dumps(claims(authority, found.user, found.token.scope))
    return Response(body, headers={**NO_STORE, "content-type": "application/json"})
