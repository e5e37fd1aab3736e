"""The HTTP application: what answers where.

From outside inwards: counting and logging, faults, CORS, limits, compression, routes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from server import changes, failures, health, hl7v2, landing
from server.auth import routes as auth
from server.auth.gate import Principal
from server.auth.policy import Policy
from server.auth.rfc6750 import principal
from server.auth.smart import oauth_uris
from server.fhir import router as fhir
from server.fhir.exchange import USUAL, Rules
from server.limits import Bounded, Limits, header
from server.store.store import Store
from server.telemetry import Metrics, Observed

EXPOSED = (
    "Content-Location",
    "ETag",
    "Expires",
    "Last-Modified",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Correlation-Id",
    "X-Progress",
    "X-Request-Id",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HEADERS = (
    "Accept",
    "Authorization",
    "Cache-Control",
    "Content-Encoding",
    "Content-Type",
    "If-Match",
    "If-Modified-Since",
    "If-None-Exist",
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
    "X-Request-Id",
    "X-Requested-With",
)


def now() -> datetime:
    return datetime.now(UTC)


def application(  # noqa: PLR0913 - all but the store and its address has a default
    store: Store,
    *,
    base_url: str,
    receive: hl7v2.Receive | None = None,
    tenant: str = "default",
    clock: Callable[[], datetime] = now,
    authenticate: Callable[[Request], Principal] = principal,
    limits: Limits | None = None,
    rules: Rules = USUAL,
    policy: Policy | None = None,
) -> FastAPI:
    """``base_url`` is this server's root as clients see it. ``receive`` takes the v2 messages of ``tenant``'s feed;
    without it there is none over HTTP. ``authenticate`` says who asks, or raises Unauthorized."""
    metrics = Metrics()
    app = FastAPI(
        title="Causeway",
        openapi_url=None,
        redirect_slashes=False,
        middleware=middleware(metrics, limits or Limits()),
    )
    failures.install(app)
    authority = auth.install(app, store, base_url, clock, policy, tenant)
    site = fhir.Site(store, authority.fhir_url, clock, authenticate, oauth_uris(authority), rules, tenant)
    app.include_router(health.router(store, metrics))
    app.include_router(landing.router(base_url))
    if receive:
        app.include_router(hl7v2.router(receive, authenticate, tenant))
    app.state.stopping = asyncio.Event()
    typed, *others = fhir.routes(site)
    app.router.routes.insert(0, typed)
    app.router.routes.extend([changes.route(store, authenticate), *others])
    return app


class Compressed(GZipMiddleware):
    """Whoever does not take gzip is not made to wait for a look at the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        takes = scope["type"] == "http" and b"gzip" in header(scope, b"accept-encoding")
        await (super().__call__ if takes else self.app)(scope, receive, send)


def middleware(metrics: Metrics, limits: Limits) -> list[Middleware]:
    """Scripts of any origin may call with a token of their own; none may use a browser's cookies."""
    return [
        Middleware(Observed, metrics=metrics, new_id=lambda: str(uuid4())),
        Middleware(failures.Guarded),
        Middleware(
            CORSMiddleware,
            allow_origins=("*",),
            allow_methods=METHODS,
            allow_headers=HEADERS,
            expose_headers=EXPOSED,
            max_age=3600,
        ),
        Middleware(Bounded, limits=limits),
        Middleware(Compressed, minimum_size=1024, compresslevel=4),
    ]
