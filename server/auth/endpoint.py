"""An address that answers JSON: what is read or done there happens in a thread."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mappings.fhir.json import dumps

Served = Callable[[Request], Awaitable[Response]]

CORS = {"access-control-allow-origin": "*", "access-control-allow-methods": "GET"}


def document(made: Callable[[], dict[str, Any]]) -> Served:
    """JSON whatever is accepted, for scripts of any origin."""

    async def shown(request: Request) -> Response:
        body = b"" if request.method == "OPTIONS" else dumps(await run_in_threadpool(made))
        return Response(body, headers=CORS, media_type="application/json")

    return shown


def called(endpoint: Callable[[Request, bytes], Response]) -> Served:
    """With an access token."""

    async def answered(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(endpoint, request, body)

    return answered
