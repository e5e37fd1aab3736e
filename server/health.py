"""Whether this process lives, whether it can work, and what it has done."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from server.store.engine import Unavailable
from server.store.store import Store
from server.telemetry import Metrics, seen


def router(store: Store, metrics: Metrics) -> APIRouter:
    made = APIRouter(redirect_slashes=False)

    async def livez(request: Request) -> Response:
        seen(request.scope).interaction = "livez"
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        """Ready means that the store can be written now."""
        seen(request.scope).interaction = "readyz"
        try:
            await run_in_threadpool(store.check)
        except Unavailable:
            return PlainTextResponse("the store cannot be written\n", 503)
        return PlainTextResponse("ok\n")

    async def exposed(request: Request) -> Response:
        seen(request.scope).interaction = "metrics"
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in (("/livez", livez), ("/readyz", readyz), ("/metrics", exposed)):
        made.add_api_route(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False)
    return made
