"""One serving process: a store, and the roles that it plays over it."""

import asyncio
import gc
import re
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, AF_INET6, create_server, socket

import uvicorn
import uvloop

from interfaces.cli.options import written
from interfaces.mllp.feed import feed
from interfaces.mllp.listener import Listener
from interfaces.worker import Worker, duties
from server.app import application
from server.hl7v2 import Receive
from server.http import config
from server.intake.receive import Intake
from server.settings import Settings
from server.store.store import Store, open_store

BACKLOG = 2048
GARBAGE = 10_000
"""Objects made between two looks for circular garbage, of which there is little here; a message makes thousands."""
EVERY_INTERFACE = re.compile(r"^(0\.0\.0\.0|\[::\])")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to serve. The sockets are bound already, so that several processes can share them and a taken port is known
    at once; without its socket a role is not played."""

    store: str
    settings: Settings
    web: socket | None
    mllp: socket | None
    worker: bool = True
    base_url: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    mllp_tls: bool = False

    @property
    def url(self) -> str:
        """Where HTTP clients find this server."""
        scheme = "https" if self.tls_cert else "http"
        return (self.base_url or f"{scheme}://{named(bound(self.web))}").rstrip("/")

    @property
    def ready(self) -> str:
        """The one line that says requests are taken."""
        http = [f"http={self.url}"] if self.web else []
        mllp = [f"mllp={bound(self.mllp)}"] if self.mllp else []
        return " ".join(["ready", *http, *mllp])

    @property
    def tls(self) -> ssl.SSLContext | None:
        if not (self.tls_cert and self.tls_key):
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.tls_cert, self.tls_key)
        return context


def bound(listening: socket | None) -> str:
    return written(*listening.getsockname()[:2]) if listening else ""


def named(address: str) -> str:
    """Every interface is none that a client could name; and tokens are given over plain HTTP on this machine only."""
    return EVERY_INTERFACE.sub("localhost", address)


def bind(host: str, port: int) -> socket:
    """A listening socket; port 0 picks a free one. Raises OSError."""
    return create_server((host, port), family=AF_INET6 if ":" in host else AF_INET, backlog=BACKLOG)


def run(plan: Plan, announce: Callable[[], None]) -> None:
    """Serves until SIGINT or SIGTERM; then what was begun is finished. Raises Unavailable when there is no store."""
    gc.freeze()
    gc.set_threshold(GARBAGE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(plan, announce))


async def serve(plan: Plan, announce: Callable[[], None]) -> None:
    stop = stopping()
    async with AsyncExitStack() as stack:
        store = stack.enter_context(open_store(plan.store))
        intake = Intake(store, plan.settings.site_of, plan.settings.tenant)
        if plan.worker:
            await stack.enter_async_context(working(store, plan))
        if plan.web:
            await stack.enter_async_context(answering(store, intake, plan))
        if plan.mllp:
            await stack.enter_async_context(listening(intake, plan))
        announce()
        await stop.wait()


def stopping() -> asyncio.Event:
    event, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, event.set)
    return event


@asynccontextmanager
async def listening(intake: Intake, plan: Plan) -> AsyncIterator[None]:
    listener = Listener(feed(intake), ssl=plan.tls if plan.mllp_tls else None)
    await listener.start(plan.mllp)
    try:
        yield
    finally:
        await listener.stop()


@asynccontextmanager
async def answering(store: Store, intake: Intake, plan: Plan) -> AsyncIterator[None]:
    settings = plan.settings
    receive = acknowledging(intake)
    app = application(
        store,
        base_url=plan.url,
        receive=receive,
        tenant=settings.tenant,
        rules=settings.fhir,
        policy=settings.auth,
    )
    server = Web(config(app, tls_cert=plan.tls_cert, tls_key=plan.tls_key))
    serving = asyncio.create_task(server.serve([plan.web] if plan.web else None))
    await server.listening.wait()
    try:
        yield
    finally:
        app.state.stopping.set()
        server.should_exit = True
        await serving


def acknowledging(intake: Intake) -> Receive:
    """What ``/hl7v2`` calls, in a thread of its own. Raises Unavailable when nothing can be stored."""
    return lambda raw, _: intake.receive(raw, "http").result().reply


class Web(uvicorn.Server):
    """uvicorn as one role among several: signals are the process's, and ``listening`` says when it does."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def working(store: Store, plan: Plan) -> AsyncIterator[None]:
    worker = Worker(store.engine, duties(store, plan.settings, plan.url))
    worker.start()
    try:
        yield
    finally:
        await asyncio.to_thread(worker.stop)
