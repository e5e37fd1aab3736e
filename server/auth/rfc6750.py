"""Bearer tokens: who is asking. https://www.rfc-editor.org/rfc/rfc6750"""

from starlette.requests import Request

from server.auth import roles
from server.auth.authority import Authority, Bearer
from server.auth.gate import Principal
from server.auth.scopes import parse
from server.fhir.outcome import Unauthorized

REALM = 'Bearer realm="causeway"'
INVALID = f'{REALM}, error="invalid_token"'


def principal(request: Request) -> Principal:
    """Dependency of every route that needs a token. Raises Unauthorized."""
    return authenticate(request.app.state.authority, request.headers.getlist("authorization"))


def authenticate(authority: Authority, given: list[str]) -> Principal:
    """The principal of the request's Authorization headers. Raises Unauthorized."""
    return acting(bearer(authority, given))


def bearer(authority: Authority, given: list[str]) -> Bearer:
    """What the token in the request's Authorization headers stands for. Raises Unauthorized."""
    scheme, _, text = (given[0] if len(given) == 1 else "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized("an access token is needed", headers={"www-authenticate": REALM})
    found = authority.valid(text)
    if not found:
        raise Unauthorized("the access token is not valid, or not any more", headers={"www-authenticate": INVALID})
    return found


def acting(bearer: Bearer) -> Principal:
    """A person's app may do what both may: what it was granted, of what the person's role allows today."""
    client, scopes = bearer.client, parse(bearer.token.scope)
    if not bearer.user or not bearer.grant:
        return Principal(client.tenant, client.client_id, scopes, purpose=bearer.token.purpose)
    user = bearer.user
    return Principal(
        client.tenant,
        client.client_id,
        roles.narrowed(scopes, user.role),
        user=user.name,
        patient=bearer.grant.context.patient or user.own_patient,
        purpose=bearer.token.purpose,
        rights=roles.rights(user.role),
    )
