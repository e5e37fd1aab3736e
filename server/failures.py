"""Every failure, once, as an OperationOutcome. https://hl7.org/fhir/R4/http.html#Status-Codes"""

import logging
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mappings.fhir.json import dumps
from server.fhir.outcome import Conflict, FhirError, Invalid, Issue, StoreUnavailable, TooLarge, operation_outcome
from server.raised import place
from server.store import engine
from server.store.conflict import Held, Stale
from server.store.query import TooBroad
from server.telemetry import seen

LOG = logging.getLogger("causeway.failures")

FHIR_JSON = "application/fhir+json"
CODES = {404: "not-found", 405: "not-supported"}
RETRY = {"retry-after": "1"}

STORE: tuple[tuple[type[Exception], FhirError], ...] = (
    (engine.Uncertain, StoreUnavailable("whether this was done is not known; look before asking again", headers=RETRY)),
    (engine.Unavailable, StoreUnavailable("the store cannot take this now; nothing was done", headers=RETRY)),
    (engine.TooLarge, TooLarge("this is more than one entry of the journal holds")),
    (TooBroad, Invalid(Issue("this search leads over more resources than are looked at", code="too-costly"))),
    (Stale, Conflict("the resource was changed meanwhile")),
    (Held, Conflict("another resource holds an identifier that this one must have alone")),
)
"""What the store says, as clients are told of it."""

Handler = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI) -> None:
    app.add_exception_handler(FhirError, told)
    app.add_exception_handler(HTTPException, refused)
    for kind, error in STORE:
        app.add_exception_handler(kind, as_(error))


def as_(error: FhirError) -> Handler:
    async def handler(request: Request, _: Exception) -> Response:
        return await told(request, error)

    return handler


async def told(request: Request, error: Exception) -> Response:
    assert isinstance(error, FhirError)  # noqa: S101 - it is installed for this family alone
    body = b"" if request.method == "HEAD" else dumps(operation_outcome(error.issues))
    return Response(body, error.status, error.headers, FHIR_JSON)


async def refused(_: Request, error: Exception) -> Response:
    """What no route takes."""
    assert isinstance(error, HTTPException)  # noqa: S101
    issue = Issue(error.detail, code=CODES.get(error.status_code, "invalid"))
    return Response(dumps(operation_outcome([issue])), error.status_code, error.headers, FHIR_JSON)


class Guarded:
    """Nothing escapes: a fault of ours is a 500 that names the request, and a log line that names the place."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            request_id = seen(scope).request_id
            LOG.error("%s request=%s at %s", type(error).__name__, request_id, place(error))  # noqa: TRY400
            if started:
                raise
            await fault(request_id)(scope, receive, send)


def fault(request_id: str) -> Response:
    issue = Issue(f"something is wrong in this server; it is noted as {request_id}", code="exception", severity="fatal")
    return Response(dumps(operation_outcome([issue])), 500, media_type=FHIR_JSON)
