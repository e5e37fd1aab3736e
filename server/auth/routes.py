"""The authorization server's addresses, none of which needs a token."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mappings.fhir.json import dumps
from server.auth import smart
from server.auth.authority import Authority
from server.auth.rfc6749.server import AuthorizationServer
from server.auth.rfc6749.starlette import Endpoint, answer
from server.store.store import Store

CORS = {"access-control-allow-origin": "*", "access-control-allow-methods": "GET"}


def install(app: Starlette, store: Store, base_url: str, clock: Callable[[], datetime]) -> Authority:
    """Adds the routes, and what the dependency ``principal`` asks."""
    app.state.authority = authority = Authority(store, base_url.rstrip("/"), clock)
    app.router.routes.extend(routes(authority))
    return authority


def routes(authority: Authority) -> list[Route]:
    server = AuthorizationServer(authority)
    return [
        Route(smart.PATH, discovery(authority), methods=["GET", "OPTIONS"]),
        Route(f"/fhir{smart.PATH}", discovery(authority), methods=["GET", "OPTIONS"]),
        Route("/auth/token", form(authority.token_url, server.token), methods=["POST"]),
        Route("/auth/introspect", form(authority.introspection_url, server.introspection), methods=["POST"]),
        Route("/auth/revoke", form(authority.revocation_url, server.revocation), methods=["POST"]),
    ]


def discovery(authority: Authority) -> Callable[[Request], Awaitable[Response]]:
    """JSON whatever is accepted, for scripts of any origin."""
    body = dumps(smart.configuration(authority))

    async def shown(request: Request) -> Response:
        return Response(body if request.method != "OPTIONS" else b"", headers=CORS, media_type="application/json")

    return shown


def form(uri: str, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answered(request: Request) -> Response:
        return await answer(request, uri, endpoint)

    return answered
