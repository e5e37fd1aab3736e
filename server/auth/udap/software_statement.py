"""An app registers itself with a statement that its certificate's key has signed.

https://hl7.org/fhir/us/udap-security/STU1/registration.html. One URI is one app: who comes again changes what was said
before, and who asks for no grant ends it."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from authlib.oauth2.rfc6749 import InvalidClientError
from joserfc.errors import JoseError

from server.auth import clients, records, rfc7591
from server.auth.authority import Authority
from server.auth.clients import BadClient, Client
from server.auth.rfc7523 import FOREIGN, LEEWAY, LONGEST, decoded, fault_of
from server.auth.rfc7591 import MAX_BYTES, BadRegistration
from server.auth.udap.trust import NotTrusted, Trust
from server.auth.udap.trust import claims as trusted

OF_JWT = frozenset({"iss", "sub", "aud", "exp", "iat", "nbf", "jti"})
STATEMENT, METADATA = "invalid_software_statement", "invalid_client_metadata"


class Asked(msgspec.Struct, frozen=True):
    software_statement: str
    udap: str = ""


class Said(msgspec.Struct, frozen=True):
    """What the statement says of the app."""

    client_name: str
    grant_types: list[str]
    scope: str = ""
    redirect_uris: list[str] = []
    token_endpoint_auth_method: str = "private_key_jwt"  # noqa: S105 a name


def register(authority: Authority, trust: Trust, body: bytes) -> tuple[int, dict[str, Any]]:
    """The status, and what the app is told. Raises BadRegistration."""
    statement = read(body)
    claims = verified(authority, trust, statement)
    said = stated(claims)
    id = str(uuid5(NAMESPACE_URL, f"{authority.tenant} {claims['iss']}"))
    known = clients.known(authority.store, id)
    told = {**{name: value for name, value in claims.items() if name not in OF_JWT}, "software_statement": statement}
    if not said.grant_types:
        clients.revoke(authority.store, id, id)
        return 200, told
    if not known:
        rfc7591.count(authority)
    clients.register(authority.store, applied(authority, id, str(claims["iss"]), said), id)
    return (200 if known else 201), {**told, "client_id": id}


def read(body: bytes) -> str:
    if len(body) > MAX_BYTES:
        raise BadRegistration(STATEMENT, f"longer than {MAX_BYTES} bytes", 413)
    try:
        return msgspec.json.decode(body, type=Asked).software_statement
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRegistration(STATEMENT, str(error)) from None


def stated(claims: Mapping[str, Any]) -> Said:
    try:
        return msgspec.convert(dict(claims), Said)
    except msgspec.ValidationError as error:
        raise BadRegistration(METADATA, str(error)) from None


def verified(authority: Authority, trust: Trust, statement: str) -> Mapping[str, Any]:
    """The claims, once they are known to be the certificate's. Raises BadRegistration."""
    try:
        header, unverified = (decoded(each) for each in statement.split(".")[:2])
        key = trust.key_of(header, str(unverified.get("iss")), authority.clock())
        claims = trusted(statement, key)
    except NotTrusted as error:
        raise BadRegistration(STATEMENT, str(error)) from None
    except (InvalidClientError, JoseError, ValueError):
        raise BadRegistration(STATEMENT, "it cannot be read, or is not signed by the certificate's key") from None
    fault = fault_of(claims, frozenset({authority.url("udap/register")}), authority.now())
    if fault or FOREIGN & header.keys():
        raise BadRegistration(STATEMENT, fault or "the header brings along what it may not")
    forgotten = authority.now() + LONGEST + 2 * LEEWAY
    if not records.once(authority.store, f"udap|{claims['iss']}|{claims['jti']}", "udap", forgotten):
        raise BadRegistration(STATEMENT, "it was used before: its jti has to be new")
    return claims


def applied(authority: Authority, id: str, uri: str, said: Said) -> Client:
    """A certificate says who an app is, not what it may: a site's administrator does, unless the site lets all in."""
    if said.token_endpoint_auth_method != "private_key_jwt":  # noqa: S105 a name
        raise BadRegistration(METADATA, "token_endpoint_auth_method has to be private_key_jwt")
    waits = authority.policy.approval
    made = Client(
        client_id=id,
        name=said.client_name,
        tenant=authority.tenant,
        scope=said.scope,
        registered_at=authority.clock(),
        redirect_uris=tuple(said.redirect_uris),
        certificate_uri=uri,
        approved=not waits,
        expires_at=authority.now() + rfc7591.WAITS if waits else None,
    )
    try:
        clients.check(made)
    except BadClient as error:
        raise BadRegistration(METADATA, str(error)) from None
    return made
