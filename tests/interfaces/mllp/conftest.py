"""A listener on a free port, whose answers come from a plain function, and connections to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from ssl import SSLContext

import pytest

from interfaces.mllp.listener import Limits, Listener
from mappings.v2.ack import ack, header

Receive = Callable[[bytes, str], Awaitable[bytes]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[Listener], Awaitable[Streams]]
Listening = Callable[..., AbstractAsyncContextManager[Listener]]


async def accept(message: bytes, peer: str) -> bytes:
    return ack(header(message), "AA", control_id="C-9", at=datetime(2024, 3, 1, tzinfo=UTC))


@pytest.fixture
def listening() -> Listening:
    @asynccontextmanager
    async def listen(
        receive: Receive = accept, limits: Limits | None = None, ssl: SSLContext | None = None
    ) -> AsyncIterator[Listener]:
        listener = Listener(receive, "127.0.0.1", 0, limits or Limits(), ssl)
        await listener.start()
        try:
            yield listener
        finally:
            await listener.stop()

    return listen


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    opened: list[Streams] = []

    async def connected(listener: Listener) -> Streams:
        opened.append(await asyncio.open_connection(*listener.address))
        return opened[-1]

    yield connected
    for _, writer in opened:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
