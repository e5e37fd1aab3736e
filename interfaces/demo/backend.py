"""A backend service of a billing office: signs in with its key, and speaks FHIR over HTTP.

https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from mappings.fhir.json import Json, dumps, loads
from server.auth import clients, rfc7517
from server.auth.clients import Client
from server.settings import Settings
from server.store.store import open_store

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JSON = {"content-type": "application/fhir+json"}


class Refused(Exception):
    """The server answered with an OperationOutcome; its diagnostics are the text."""


class Backend:
    """``base``: the FHIR base URL. ``key``: the private one of the keys that the client was registered with."""

    def __init__(self, base: str, client_id: str, key: ECKey) -> None:
        self._base, self.client_id, self.key = base, client_id, key
        self._http = httpx.Client(timeout=30)

    def __enter__(self) -> "Backend":
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def sign_in(self, scope: str) -> str:
        """Gets an access token for what follows; returns the scope that was granted."""
        found = self._http.get(f"{self._base}/.well-known/smart-configuration").raise_for_status().json()
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION,
            "client_assertion": self._assertion(found["token_endpoint"]),
        }
        token = self._http.post(found["token_endpoint"], data=form).raise_for_status().json()
        self._http.headers["authorization"] = f"Bearer {token['access_token']}"
        return str(token["scope"])

    @property
    def authorization(self) -> str:
        """The header that says who asks, once that is signed in."""
        return self._http.headers["authorization"]

    def _assertion(self, audience: str) -> str:
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "exp": int((datetime.now(UTC) + timedelta(minutes=4)).timestamp()),
            "jti": str(uuid4()),
        }
        header = {"alg": "ES384", "kid": self.key.kid, "typ": "JWT"}
        return jwt.encode(header, claims, self.key, algorithms=["ES384"])

    def put(self, resource: Json) -> Json:
        return self._sent("PUT", f"{resource['resourceType']}/{resource['id']}", resource)

    def operation(self, name: str, resource: Json) -> Json:
        """``Claim/$submit`` and the like."""
        return self._sent("POST", name, resource)

    def read(self, reference: str) -> Json:
        return self._sent("GET", reference)

    def search(self, type: str, **parameters: str) -> Iterator[Json]:
        """Every match, page after page."""
        page = self._sent("GET", f"{type}?{httpx.QueryParams(parameters)}")
        while True:
            yield from (entry["resource"] for entry in page.get("entry", ()) if entry["search"]["mode"] == "match")
            following = [link["url"] for link in page["link"] if link["relation"] == "next"]
            if not following:
                return
            page = self._sent("GET", following[0])

    def _sent(self, method: str, path: str, resource: Mapping[str, Any] | None = None) -> Json:
        url = path if path.startswith("http") else f"{self._base}/{path}"
        content = dumps(resource) if resource is not None else None
        answer = self._http.request(method, url, content=content, headers=JSON if content else {})
        body: Json = loads(answer.content)
        if answer.is_error:
            raise Refused("; ".join(issue.get("diagnostics", "") for issue in body.get("issue", ())))
        return body


def registered(store: str, base: str, name: str, scope: str) -> Backend:
    """A new backend service with a key of its own, registered as ``causeway client add --jwks`` would."""
    key = ECKey.generate_key("P-384", {"use": "sig", "alg": "ES384"}, auto_kid=True)
    client = Client(
        client_id=str(uuid4()),
        name=name,
        tenant=Settings().tenant,
        scope=scope,
        registered_at=datetime.now(UTC),
        jwks=rfc7517.read(dumps({"keys": [key.as_dict(private=False)]})),
    )
    with open_store(store) as opened:
        clients.register(opened, client, "cli")
    return Backend(base, client.client_id, key)
