"""FHIR over HTTP: every address of the table in ``routes.py``, served by one function.

https://hl7.org/fhir/R4/http.html"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from server.auth.gate import GatedStore, Principal
from server.fhir import registry
from server.fhir.added import Known
from server.fhir.batch import process
from server.fhir.bulk.routes import EXPORTS
from server.fhir.capabilities import statement, terminology
from server.fhir.commit import parameters
from server.fhir.exchange import USUAL, Answer, Parameters, Request, Rules
from server.fhir.negotiation import media_type, pretty
from server.fhir.openapi import document
from server.fhir.outcome import Invalid, MethodNotAllowed
from server.fhir.routes import ROUTES, allow, interaction, matched, perform
from server.fhir.subset import shown
from server.store.store import Store
from server.telemetry import Seen, seen

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
THREADS = 64
"""Requests that are worked on at once: most of them wait for the store."""

ONE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
"""The address of one resource."""


class Typed(Convertor[str]):
    """An address that begins with a resource type, which no other route does: it is looked for first."""

    regex = "[A-Z].*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("typed", Typed())

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
    tenant: str = "default"

    @cached_property
    def added(self) -> Known:
        return Known(self.store.engine, self.tenant)

    @cached_property
    def _statements(self) -> dict[registry.Added, bytes]:
        return {}

    @property
    def capabilities(self) -> bytes:
        """Made anew when something was added."""
        added = registry.added()
        if added not in self._statements:
            self._statements.clear()
            self._statements[added] = statement(self.base, self.clock(), self.oauth, self.rules)
        return self._statements[added]

    @cached_property
    def openapi(self) -> bytes:
        return document(self.base)


Serve = Callable[[Site, HttpRequest, bytes], Response]


def routes(site: Site) -> list[Route]:
    """Only what the server says of itself is for everybody. What else there is, the table says, to Bundles as well."""
    threads = ThreadPoolExecutor(THREADS, "fhir")
    one = endpoint(site, threads, serve)
    return [
        Route("/fhir/{address:typed}", one, methods=METHODS),
        Route("/openapi.json", endpoint(site, threads, serve_openapi), methods=["GET"]),
        Route("/fhir", one, methods=METHODS),
        Route("/fhir/metadata", endpoint(site, threads, serve_metadata), methods=METHODS),
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
    """Everything but waiting for the body happens in one thread, since the store's calls block; what is read at once
    from a store at hand, here and now."""

    async def served(http: HttpRequest) -> Response:
        body = await http.body()
        if site.store.at_hand and http.method == "GET" and ONE.fullmatch(http.path_params.get("address", "")):
            return serve(site, http, body)
        return await asyncio.get_running_loop().run_in_executor(threads, serve, site, http, body)

    return served


def serve_metadata(site: Site, http: HttpRequest, _: bytes) -> Response:
    seen(http.scope).interaction = "capabilities"
    site.added.look()
    if http.method == "OPTIONS":
        return Response(status_code=204, headers={"allow": allow({"GET"})})
    if http.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed("this method is not offered here", headers={"allow": allow({"GET"})})
    query = parameters(http.scope["query_string"].decode("latin-1"))
    return rendered(http, query, Answer(200, capabilities(site, query)))


def serve_openapi(site: Site, http: HttpRequest, _: bytes) -> Response:
    seen(http.scope).interaction = "openapi"
    return Response(site.openapi, media_type="application/json")


def capabilities(site: Site, query: Parameters) -> bytes:
    """https://hl7.org/fhir/R4/http.html#capabilities. All of a CapabilityStatement is normative."""
    match dict(query).get("mode", "full"):
        case "full" | "normative":
            return shown(query, site.capabilities)
        case "terminology":
            return shown(query, terminology(site.base, site.clock()))
        case _:
            raise Invalid("mode is one of full, normative, terminology")


def serve(site: Site, http: HttpRequest, body: bytes) -> Response:
    """One interaction; many, where a Bundle is sent to the base."""
    principal = identified(site, http)
    site.added.look()
    path, names = matched(http.path_params.get("address", ""))
    if http.method == "OPTIONS":
        return Response(status_code=204, headers={"allow": allow(ROUTES[path])})
    asked_for = interaction(path, http.method).name
    describe(seen(http.scope), asked_for, names.get("type", ""))
    request, gated = asked(site, http, body, names), GatedStore(site.store, principal)
    if asked_for == "transaction":
        return rendered(http, request.query, process(gated, request))
    return rendered(http, request.query, perform(gated, path, http.method, request))


def identified(site: Site, http: HttpRequest) -> Principal:
    principal = site.authenticate(http)
    seen(http.scope).client = principal.client
    return principal


def asked(site: Site, http: HttpRequest, body: bytes, names: dict[str, Any]) -> Request:
    """Raises NotAcceptable before anything is done whose answer could not be given."""
    query = parameters(http.scope["query_string"].decode("latin-1"))
    media_type(query, http.headers.get("accept"))
    headers = dict(http.headers)
    return Request(site.base, site.clock(), **names, query=query, headers=headers, body=body, rules=site.rules)


def describe(note: Seen, interaction: str, type: str) -> None:
    """For the log and the metrics: FHIR's own names, nothing that a client made up."""
    note.interaction = interaction
    note.type = type if type in registry.names() else ""


def rendered(http: HttpRequest, query: Parameters, answer: Answer) -> Response:
    form = media_type(query, http.headers.get("accept"))
    body = pretty(query, answer.body)
    headers = {**answer.headers, "content-type": form} if body else dict(answer.headers)
    if http.method == "HEAD":
        return Response(status_code=answer.status, headers={**headers, "content-length": str(len(body))})
    return Response(body, answer.status, headers)
