"""What changes, as it changes: server-sent events for who looks on (the console, a dashboard).

Only what was changed is told, not how: who wants to see it reads it. An event's id is its entry's number in the
journal: who was cut off goes on from there. https://html.spec.whatwg.org/multipage/server-sent-events.html"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mappings.fhir.json import dumps
from server.auth.gate import Principal, reach
from server.fhir.outcome import FhirError, Invalid, TooMany
from server.store.entry import Entry, Write
from server.store.query import matches
from server.store.store import Store
from server.telemetry import seen

LISTENERS = 64
"""Streams at once."""

LOOK, BEAT, LASTS = 0.5, 15.0, 300.0
"""Seconds between two looks at the journal, between two questions whether the token is still good, and of one stream:
whoever listens asks again."""

CHUNK = 100
RETRY = b"retry: 1000\n\n"
ALIVE = b": \n\n"

Authenticate = Callable[[Request], Principal]


def route(store: Store, authenticate: Authenticate) -> Route:
    """``app.state.stopping``, an event, ends every stream when the process is to end."""
    listening = set[int]()

    async def served(request: Request) -> Response:
        principal = await run_in_threadpool(authenticate, request)
        seen(request.scope).interaction, seen(request.scope).client = "changes", principal.client
        if len(listening) >= LISTENERS:
            raise TooMany("too many are listening already", headers={"retry-after": "10"})
        after = begin(request.headers.get("last-event-id"), store.last(principal.tenant))
        return StreamingResponse(listened(request, after), media_type="text/event-stream", headers=UNBUFFERED)

    async def listened(request: Request, after: int) -> AsyncIterator[bytes]:
        listening.add(id(request))
        try:
            async for each in stream(store, request, authenticate, after):
                yield each
        finally:
            listening.discard(id(request))

    return Route("/changes", served, methods=["GET"])


UNBUFFERED = {"cache-control": "no-store", "x-accel-buffering": "no"}


def begin(given: str | None, last: int) -> int:
    """After the event that was heard last, or from now on."""
    if given is None:
        return last
    if not (given.isascii() and given.isdecimal() and int(given) <= last):
        raise Invalid("Last-Event-ID is none that this server gave")
    return int(given)


async def stream(store: Store, request: Request, authenticate: Authenticate, after: int) -> AsyncIterator[bytes]:
    """Until its time is over, the token is, or the process."""
    loop, stopping = asyncio.get_running_loop(), request.app.state.stopping
    began = asked = loop.time()
    principal = await run_in_threadpool(authenticate, request)
    yield RETRY
    while loop.time() < began + LASTS and not stopping.is_set():
        entries = await run_in_threadpool(store.tail, principal.tenant, after, CHUNK)
        for entry in entries:
            after = entry.seq
            if told := list(visible(principal, entry)):
                yield event(entry.seq, told)
        if loop.time() >= asked + BEAT:
            asked = loop.time()
            try:
                principal = await run_in_threadpool(authenticate, request)
            except FhirError:
                return
            yield ALIVE
        if not entries:
            await asyncio.sleep(LOOK)


def visible(principal: Principal, entry: Entry) -> Iterator[Write]:
    """What the principal may read. Of what was deleted nothing tells any more whose it was."""
    for write in entry.writes:
        if write.body is not None and matches(reach(principal, "r", write.key.type), write.terms):
            yield write


def event(seq: int, writes: list[Write]) -> bytes:
    changed = [{"reference": str(each.key), "version": each.base + 1} for each in writes]
    return b"id: %d\nevent: change\ndata: %s\n\n" % (seq, dumps(changed))
