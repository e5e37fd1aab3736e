"""How HTTP is listened to: a strict parser, bounded in what it buffers and in how long it waits.

httptools refuses what smuggles a second request (a length and chunks together, folded headers, bare line ends), where
the other parser of uvicorn lets some by. Neither bounds the head of a request in time or size: that is done here."""

import asyncio
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 65_536
HEAD_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 30
CONNECTIONS = 512
DRAIN_SECONDS = 20

LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """uvicorn's, with a bound on how long and how large the head of a request may be."""

    _timer: asyncio.TimerHandle | None = None
    _head: int | None = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        if self._head is not None and self._head > HEAD_BYTES:
            self._end(TOO_LONG)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        self._done()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._done()
        self._head = 0
        self._timer = self.loop.call_later(HEAD_SECONDS, self._end, LATE)

    def _done(self) -> None:
        self._head = None
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _end(self, answer: bytes) -> None:
        self._done()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


def config(app: ASGIApp, *, tls_cert: Path | None = None, tls_key: Path | None = None) -> uvicorn.Config:
    """What ``serve`` listens with. Logging is the application's own; TLS is 1.2 or later, as Python's contexts are."""
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        limit_concurrency=CONNECTIONS,
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
    )
