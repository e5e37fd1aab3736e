"""HTTP as hostile clients speak it, against a real listener.

https://www.rfc-editor.org/rfc/rfc9112, https://portswigger.net/web-security/request-smuggling"""

import asyncio
import re
import socket
from contextlib import asynccontextmanager

import pytest
import uvicorn

from server import http
from server.app import application
from server.auth.gate import Principal
from server.auth.scopes import parse
from server.limits import Limits
from server.store.store import open_store


@pytest.fixture
async def port(monkeypatch):
    """Of a listener with short patience."""
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.3)
    store = open_store("sqlite://")
    everybody = Principal("default", "a-client", parse("system/*.cruds"))
    limits = Limits(body=1_000_000, body_seconds=0.3)
    app = application(store, base_url="http://t", authenticate=lambda _: everybody, limits=limits)
    async with listening(app) as port:
        yield port
    store.close()


@asynccontextmanager
async def listening(app):
    server = uvicorn.Server(http.config(app))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has nothing else to say it with
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await task


async def say(port, *parts, wait=0.0):
    """Everything that comes back until the connection closes, or is quiet for a while."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(wait)
        async with asyncio.timeout(2):
            while part := await reader.read(65_536):
                received += part
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return received


def statuses(received):
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


GET = b"GET /livez HTTP/1.1\r\nHost: t\r\n"
POST = b"POST /fhir/Patient HTTP/1.1\r\nHost: t\r\nContent-Type: application/fhir+json\r\n"
SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"

REFUSED = {
    "length and chunks": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    "two lengths": (POST + b"Content-Length: 4\r\nContent-Length: 40\r\n\r\n" + SMUGGLED, 400),
    "chunked, misspelt": (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    "chunked, not last": (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    "folded header": (GET + b"X: a\r\n b\r\n\r\n", 400),
    "bare line feeds": (b"GET /livez HTTP/1.1\nHost: t\n\n", 400),
    "NUL in a header": (GET + b"X: a\x00b\r\n\r\n", 400),
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "a length that is none": (POST + b"Content-Length: 4x\r\n\r\n{}", 400),
    "headers too long": (GET + b"X: " + b"a" * 40_000 + b"\r\n\r\n", 431),
    "headers without end": (GET + b"X: " + b"a" * 200_000, 431),
    "address too long": (b"GET /fhir/Patient?name=" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: t\r\n\r\n", 414),
    "body said to be too large": (POST + b"Content-Length: 200000000\r\n\r\n{", 413),
    "compressed in a way that is not taken": (POST + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", 415),
    "said to be compressed": (POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 400),
    "head that does not end": (GET, 408),
    "body that does not end": (POST + b"Content-Length: 10\r\n\r\n{", 408),
    "chunks that do not end": (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", 408),
}


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED)
async def test_refused_and_closed(port, sent, status):
    received = await say(port, sent)

    assert statuses(received) == [status]
    assert b"causeway_http" not in received


async def test_body_that_grows_too_large_while_it_comes(port):
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"

    received = await say(port, POST + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 40)

    assert statuses(received)[:1] in ([413], [])


async def test_a_slow_client_does_not_hold_up_another(port):
    slow = [asyncio.create_task(say(port, *[bytes([each]) for each in GET[:4]], wait=0.05)) for _ in range(20)]

    quick = await say(port, GET + b"Connection: close\r\n\r\n")

    assert statuses(quick) == [200]
    assert [statuses(await each) for each in slow] == [[408]] * 20


async def test_several_requests_on_one_connection(port):
    received = await say(port, GET + b"\r\n", GET + b"\r\n", GET + b"Connection: close\r\n\r\n", wait=0.2)

    assert statuses(received) == [200, 200, 200]
    assert b"server:" not in received.lower()
