"""FHIR over HTTP: every address of ``routes.py``, served by one function.

https://hl7.org/fhir/R4/http.html"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from server.auth.gate import GatedStore, Principal
from server.fhir.capabilities import statement
from server.fhir.commit import parameters
from server.fhir.exchange import Answer, Request
from server.fhir.negotiation import media_type, pretty
from server.fhir.registry import names
from server.fhir.routes import ROUTES, interaction, perform
from server.store.store import Store
from server.telemetry import Seen, seen

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
Endpoint = Callable[[HttpRequest], Awaitable[Response]]


@dataclass(frozen=True)
class Site:
    """Where the interactions happen: over which store, at which address, for whom."""

    store: Store
    base: str
    clock: Callable[[], datetime]
    authenticate: Callable[[HttpRequest], Principal]
    oauth: Mapping[str, str]

    @cached_property
    def capabilities(self) -> bytes:
        return statement(self.base, self.clock(), self.oauth)


def router(site: Site) -> APIRouter:
    """Below ``/fhir``. Only the CapabilityStatement is for everybody."""
    made = APIRouter(redirect_slashes=False)
    made.add_api_route("/metadata", metadata(site), methods=["GET", "HEAD"], include_in_schema=False)
    for path in ROUTES:
        address = f"/{path}" if path else ""
        made.add_api_route(address, endpoint(site, path), methods=list(METHODS), include_in_schema=False)
    return made


def metadata(site: Site) -> Endpoint:
    async def shown(http: HttpRequest) -> Response:
        seen(http.scope).interaction = "capabilities"
        return rendered(http, parameters(http.url.query), Answer(200, site.capabilities))

    return shown


def endpoint(site: Site, path: str) -> Endpoint:
    """Everything but waiting for the body happens in one thread: the store's calls block."""

    async def served(http: HttpRequest) -> Response:
        return await run_in_threadpool(serve, site, path, http, await http.body())

    return served


def serve(site: Site, path: str, http: HttpRequest, body: bytes) -> Response:
    note = seen(http.scope)
    principal = site.authenticate(http)
    note.client = principal.client
    query = parameters(http.url.query)
    media_type(query, http.headers.get("accept"))
    describe(note, path, http)
    request = Request(site.base, site.clock(), query=query, headers=dict(http.headers), body=body, **http.path_params)
    return rendered(http, query, perform(GatedStore(site.store, principal), path, http.method, request))


def describe(note: Seen, path: str, http: HttpRequest) -> None:
    """For the log and the metrics: names of FHIR's own, nothing that a client made up."""
    note.interaction = interaction(path, http.method).name
    type = http.path_params.get("type", "")
    note.type = type if type in names() else ""


def rendered(http: HttpRequest, query: tuple[tuple[str, str], ...], answer: Answer) -> Response:
    form = media_type(query, http.headers.get("accept"))
    body = pretty(query, answer.body)
    headers = {**answer.headers, "content-type": form} if body else dict(answer.headers)
    if http.method == "HEAD":
        return Response(status_code=answer.status, headers={**headers, "content-length": str(len(body))})
    return Response(body, answer.status, headers)
