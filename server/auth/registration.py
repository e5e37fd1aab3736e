"""Where apps register themselves: with metadata (RFC 7591, 7592), or with a certificate (UDAP)."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.auth import rfc7591, rfc7592
from server.auth.authority import Authority
from server.auth.endpoint import Served, called, document
from server.auth.rfc6749.starlette import NO_STORE, respond
from server.auth.rfc6750 import INVALID
from server.auth.rfc7591 import BadRegistration
from server.auth.udap import discovery, software_statement

UNAUTHORIZED = 401

Answered = Callable[[Request, bytes], tuple[int, dict[str, Any] | None]]


def routes(authority: Authority) -> list[Route]:
    one = "/auth/register/{client_id}"
    return [
        Route("/auth/register", served(lambda _, body: (201, rfc7591.register(authority, body))), methods=["POST"]),
        Route(one, served(lambda http, _: (200, rfc7592.read(authority, *whose(http)))), methods=["GET"]),
        Route(one, served(lambda http, body: (200, rfc7592.update(authority, *whose(http), body))), methods=["PUT"]),
        Route(one, served(lambda http, _: ended(authority, http)), methods=["DELETE"]),
        *certified(authority),
    ]


def certified(authority: Authority) -> list[Route]:
    """Only where the site trusts anybody."""
    trust = authority.trust
    if not trust:
        return []
    told = document(lambda: discovery.metadata(authority, trust))
    register = served(lambda _, body: software_statement.register(authority, trust, body))
    return [
        *(Route(path, told, methods=["GET", "OPTIONS"]) for path in (discovery.PATH, f"/fhir{discovery.PATH}")),
        Route("/auth/udap/register", register, methods=["POST"]),
    ]


def ended(authority: Authority, http: Request) -> tuple[int, None]:
    rfc7592.delete(authority, *whose(http))
    return 204, None


def whose(http: Request) -> tuple[str, str]:
    return http.path_params["client_id"], http.headers.get("authorization", "")


def served(endpoint: Answered) -> Served:
    """With the errors of RFC 7591."""

    def answered(http: Request, body: bytes) -> Response:
        try:
            status, found = endpoint(http, body)
        except BadRegistration as error:
            challenge = [("WWW-Authenticate", INVALID)] if error.status == UNAUTHORIZED else []
            return respond(error.status, {"error": error.error, "error_description": error.text}, challenge)
        return respond(status, found, []) if found is not None else Response(status_code=status, headers=NO_STORE)

    return called(answered)
