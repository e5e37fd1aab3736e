"""FHIR over HTTP: every address of the table in ``routes.py``, served by one function.

https://hl7.org/fhir/R4/http.html"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from server.auth.gate import GatedStore, Principal
from server.fhir import registry
from server.fhir.batch import process
from server.fhir.bulk.routes import EXPORTS
from server.fhir.capabilities import statement
from server.fhir.commit import parameters
from server.fhir.exchange import USUAL, Answer, Request, Rules
from server.fhir.negotiation import media_type, pretty
from server.fhir.routes import interaction, matched, perform
from server.store.store import Store
from server.telemetry import Seen, seen

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
THREADS = 64
"""Requests that are worked on at once: most of them wait for the store."""

Endpoint = Callable[[HttpRequest], Awaitable[Response]]


@dataclass(frozen=True)
class Site:
    """Where the interactions happen: over which store, at which address, for whom."""

    store: Store
    base: str
    clock: Callable[[], datetime]
    authenticate: Callable[[HttpRequest], Principal]
    oauth: Mapping[str, str]
    rules: Rules = USUAL

    @cached_property
    def capabilities(self) -> bytes:
        return statement(self.base, self.clock(), self.oauth, self.rules)


Serve = Callable[[Site, HttpRequest, bytes], Response]


def routes(site: Site) -> list[Route]:
    """Only the CapabilityStatement is for everybody. What else there is, the table says, to Bundles as well."""
    threads = ThreadPoolExecutor(THREADS, "fhir")
    bundles, one = endpoint(site, threads, serve_bundle), endpoint(site, threads, serve)
    return [
        Route("/fhir", bundles, methods=["POST"]),
        Route("/fhir/", bundles, methods=["POST"]),
        Route("/fhir/metadata", endpoint(site, threads, serve_metadata), methods=["GET"]),
        *(Route(path, endpoint(site, threads, exported(act)), methods=[method]) for path, method, act in EXPORTS),
        Route("/fhir/{address:path}", one, methods=METHODS),
    ]


def exported(act: Callable[..., Response]) -> Serve:
    """What is asked of an export that is under way. https://hl7.org/fhir/uv/bulkdata/STU2/export.html"""

    def served(site: Site, http: HttpRequest, _: bytes) -> Response:
        gated = GatedStore(site.store, identified(site, http))
        describe(seen(http.scope), "operation", "")
        return act(gated, site.base, site.clock(), **http.path_params)

    return served


def endpoint(site: Site, threads: Executor, serve: Serve) -> Endpoint:
    """Everything but waiting for the body happens in one thread: the store's calls block."""

    async def served(http: HttpRequest) -> Response:
        body = await http.body()
        return await asyncio.get_running_loop().run_in_executor(threads, serve, site, http, body)

    return served


def serve_metadata(site: Site, http: HttpRequest, _: bytes) -> Response:
    seen(http.scope).interaction = "capabilities"
    return rendered(http, parameters(http.url.query), Answer(200, site.capabilities))


def serve(site: Site, http: HttpRequest, body: bytes) -> Response:
    """One interaction."""
    principal = identified(site, http)
    path, names = matched(http.path_params["address"])
    describe(seen(http.scope), interaction(path, http.method).name, names.get("type", ""))
    request = asked(site, http, body, names)
    return rendered(http, request.query, perform(GatedStore(site.store, principal), path, http.method, request))


def serve_bundle(site: Site, http: HttpRequest, body: bytes) -> Response:
    """Many of them."""
    principal = identified(site, http)
    describe(seen(http.scope), "transaction", "Bundle")
    request = asked(site, http, body, {})
    return rendered(http, request.query, process(GatedStore(site.store, principal), request))


def identified(site: Site, http: HttpRequest) -> Principal:
    principal = site.authenticate(http)
    seen(http.scope).client = principal.client
    return principal


def asked(site: Site, http: HttpRequest, body: bytes, names: dict[str, Any]) -> Request:
    """Raises NotAcceptable before anything is done whose answer could not be given."""
    query = parameters(http.url.query)
    media_type(query, http.headers.get("accept"))
    headers = dict(http.headers)
    return Request(site.base, site.clock(), **names, query=query, headers=headers, body=body, rules=site.rules)


def describe(note: Seen, interaction: str, type: str) -> None:
    """For the log and the metrics: FHIR's own names, nothing that a client made up."""
    note.interaction = interaction
    note.type = type if type in registry.names() else ""


def rendered(http: HttpRequest, query: tuple[tuple[str, str], ...], answer: Answer) -> Response:
    form = media_type(query, http.headers.get("accept"))
    body = pretty(query, answer.body)
    headers = {**answer.headers, "content-type": form} if body else dict(answer.headers)
    if http.method == "HEAD":
        return Response(status_code=answer.status, headers={**headers, "content-length": str(len(body))})
    return Response(body, answer.status, headers)
