"""What an app's request to sign somebody out is worth.

https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.common.urls import add_params_to_uri
from joserfc import jwt
from joserfc.errors import JoseError

from server.auth import clients
from server.auth.authority import Authority
from server.auth.oidc import keys

LONGEST = 8_192


@dataclass(frozen=True, slots=True)
class EndSession:
    """``sub``: whose session it is, as the app could show; ``leads_to``: an address that the app is registered with."""

    sub: str | None = None
    leads_to: str = ""


def asked_by(authority: Authority, asked: Mapping[str, str]) -> EndSession | None:
    """None for a token of another's, or of another app than the one that is named."""
    hint = asked.get("id_token_hint")
    if not hint:
        return EndSession()
    claims = hinted(authority, hint)
    client = clients.find(authority.store, str(claims.get("aud")))
    if not client or asked.get("client_id", client.client_id) != client.client_id:
        return None
    uri = asked.get("post_logout_redirect_uri", "")
    if uri not in client.post_logout_redirect_uris:
        return EndSession(str(claims["sub"]))
    state = asked.get("state")
    return EndSession(str(claims["sub"]), add_params_to_uri(uri, [("state", state)]) if state else uri)


def hinted(authority: Authority, hint: str) -> Mapping[str, Any]:
    """The claims of an id_token of ours, which may have expired; none of anything else."""
    try:
        found = jwt.decode(hint[:LONGEST], keys.public(authority.store, authority.now()), [keys.ALGORITHM])
    except (JoseError, ValueError):
        return {}
    return found.claims if found.claims.get("iss") == authority.base_url else {}
