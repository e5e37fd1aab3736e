"""The authorization server's addresses."""

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.auth import registration, smart
from server.auth.authority import Authority
from server.auth.endpoint import Served, called, document
from server.auth.launch import launch
from server.auth.launch_context import STYLE
from server.auth.oidc import discovery as oidc
from server.auth.oidc.userinfo import userinfo
from server.auth.pages import apps, clients, logout, sign_in
from server.auth.pages.authorize import Authorization
from server.auth.pages.page import page
from server.auth.policy import Policy
from server.auth.rfc6749.server import AuthorizationServer
from server.auth.rfc6749.starlette import Endpoint, answer
from server.auth.rfc6750 import bearer
from server.auth.udap.trust import load
from server.outside import Outside
from server.store.store import Store

RFC_8414 = "/.well-known/oauth-authorization-server"


def install(
    app: Starlette,
    store: Store,
    base_url: str,
    clock: Callable[[], datetime],
    policy: Policy | None = None,
    tenant: str = "default",
) -> Authority:
    """Adds the routes, and what the dependency ``principal`` asks."""
    decided = policy or Policy()
    outside = Outside(private=decided.private_network)
    found = Authority(store, base_url.rstrip("/"), clock, decided, outside, tenant, load(decided))
    app.state.authority = found
    app.router.routes.extend([*routes(found), *told(found), *pages(found), *registration.routes(found)])
    return found


def told(authority: Authority) -> list[Route]:
    """What anybody may read."""
    smart_configuration, openid = smart.configuration(authority), oidc.metadata(authority)
    known = {
        smart.PATH: lambda: smart_configuration,
        f"/fhir{smart.PATH}": lambda: smart_configuration,
        oidc.PATH: lambda: openid,
        f"/fhir{oidc.PATH}": lambda: openid,
        RFC_8414: lambda: openid,
        "/auth/jwks": lambda: oidc.key_set(authority),
        f"/auth/{STYLE}": smart.style,
    }
    css = files("server.auth.pages").joinpath("style.css").read_bytes()
    return [
        *(Route(path, document(made), methods=["GET", "OPTIONS"]) for path, made in known.items()),
        Route(
            "/auth/style.css", lambda _: Response(css, media_type="text/css", headers={"cache-control": "max-age=3600"})
        ),
    ]


def routes(authority: Authority) -> list[Route]:
    """What apps and services call."""
    server = AuthorizationServer(authority)
    authorization = Authorization(server)
    return [
        Route("/auth/token", form(authority.token_url, server.token), methods=["POST"]),
        Route("/auth/introspect", form(authority.url("introspect"), server.introspection), methods=["POST"]),
        Route("/auth/revoke", form(authority.url("revoke"), server.revocation), methods=["POST"]),
        Route("/auth/userinfo", called(lambda request, _: userinfo(authority, request)), methods=["GET", "POST"]),
        Route("/auth/launch", called(launching(authority)), methods=["POST"]),
        Route("/auth/authorize", page(authority, authorization.asked), methods=["GET"]),
        Route("/auth/authorize", page(authority, authorization.posted, checked=False), methods=["POST"]),
        Route("/auth/consent", page(authority, authorization.step), methods=["POST"]),
    ]


def pages(authority: Authority) -> list[Route]:
    """What people see."""
    return [
        Route("/auth/sign-in", page(authority, sign_in.form), methods=["GET"]),
        Route("/auth/sign-in", page(authority, sign_in.posted), methods=["POST"]),
        Route("/auth/sign-out", page(authority, sign_in.out), methods=["POST"]),
        Route("/auth/logout", page(authority, logout.shown, checked=False), methods=["GET", "POST"]),
        Route("/auth/apps", page(authority, apps.shown), methods=["GET"]),
        Route("/auth/clients", page(authority, clients.shown), methods=["GET"]),
        Route("/auth/clients", page(authority, clients.decided), methods=["POST"]),
        Route("/auth/apps/revoke", page(authority, apps.revoked), methods=["POST"]),
        Route("/auth/apps/open", page(authority, apps.opened), methods=["POST"]),
    ]


def form(uri: str, endpoint: Endpoint) -> Served:
    async def answered(request: Request) -> Response:
        return await answer(request, uri, endpoint)

    return answered


def launching(authority: Authority) -> Callable[[Request, bytes], Response]:
    return lambda request, body: launch(authority, bearer(authority, request.headers.getlist("authorization")), body)
