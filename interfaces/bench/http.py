"""HTTP/1.1 as a load generator needs it: one connection kept alive, bodies of a stated length, nothing else.

It shares the machine's cores with the server that it measures, and a general client takes as long to send a request as
the server to answer it: then half of what is measured would be the client."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from interfaces.bench.load import Failed

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Request(NamedTuple):
    """``path`` is below the FHIR base; ``expected`` is the status that it has to be answered with."""

    method: str
    path: str
    body: bytes = b""
    expected: int = 200


class Response(NamedTuple):
    """``head``: the status line and the headers, as they came."""

    head: bytes
    body: bytes


class Connection:
    """``base``: the FHIR base URL. ``authorization``: the header's value, asked for each request."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, base: str, authorization: Callable[[], str]
    ) -> None:
        self._reader, self._writer = reader, writer
        self._root, self._host = urlsplit(base).path, urlsplit(base).netloc
        self._authorization = authorization

    async def send(self, request: Request) -> Response:
        """Raises Failed when it is answered with another status."""
        self._writer.write(self._head(request) + request.body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await self._reader.readexactly(int(length[1])) if length else b""
        status = int(head.split(None, 2)[1])
        if status != request.expected:
            raise Failed(f"{request.method} {request.path.partition('?')[0]} was answered with {status}")
        return Response(head, body)

    def _head(self, request: Request) -> bytes:
        return (
            f"{request.method} {self._root}/{request.path} HTTP/1.1\r\nhost: {self._host}\r\n"
            f"authorization: {self._authorization()}\r\naccept: application/fhir+json\r\n"
            f"content-type: application/fhir+json\r\ncontent-length: {len(request.body)}\r\n\r\n"
        ).encode()


@asynccontextmanager
async def connected(base: str, authorization: Callable[[], str]) -> AsyncIterator[Connection]:
    host, port = urlsplit(base).hostname, urlsplit(base).port
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield Connection(reader, writer, base, authorization)
    finally:
        writer.close()
        await writer.wait_closed()
