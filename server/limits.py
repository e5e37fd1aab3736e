"""What one request may cost before anybody looks at it: size, time, and the shape of its address.

https://www.rfc-editor.org/rfc/rfc9110#section-15.5"""

import asyncio
import zlib
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mappings.fhir.json import dumps
from server.fhir.outcome import Issue, operation_outcome

SEPARATORS = (b"%2f", b"%5c", b"%00")
PLAIN = frozenset({b"", b"identity"})
GZIP = frozenset({b"gzip", b"x-gzip"})
GZIP_WINDOW = 31
"""zlib's word for a gzip header and its largest window."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, and seconds for a whole body to arrive."""

    body: int = 16_000_000
    target: int = 16_384
    headers: int = 32_768
    body_seconds: float = 30.0


UNSUPPORTED = 415


class Refused(Exception):
    """The request is not taken, for this reason."""

    def __init__(self, status: int, text: str, code: str) -> None:
        super().__init__(text)
        self.status, self.text, self.code = status, text, code


class Disconnected(Exception):
    """The client went away in the middle of its request."""


class Bounded:
    """Refuses what is too long, too large or too slow with an OperationOutcome, before it reaches the application.

    The body is gathered here, so whatever reads it afterwards never waits for the client."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            check_head(scope, self._limits)
            check_path(scope["raw_path"])
            body = b"" if only_asks(scope) else await gathered(receive, self._limits)
            if body and coding(scope) in GZIP:
                body = unpacked(body, self._limits)
        except Refused as refused:
            await refuse(send, refused)
            return
        except Disconnected:
            return
        await self._app(scope, replaying(body, receive), send)


def check_head(scope: Scope, limits: Limits) -> None:
    """Raises Refused for an address, headers or an encoding that are not taken."""
    if len(scope["raw_path"]) + len(scope["query_string"]) > limits.target:
        raise Refused(414, f"the address is longer than {limits.target} bytes", "too-long")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > limits.headers:
        raise Refused(431, f"the headers are longer than {limits.headers} bytes", "too-long")
    if coding(scope) not in PLAIN | GZIP:
        raise Refused(415, "a body is sent as it is, or with gzip", "not-supported")
    length = header(scope, b"content-length")
    if length and (not length.isdigit() or int(length) > limits.body):
        raise too_large(limits)


def only_asks(scope: Scope) -> bool:
    """Most requests have no body that would have to be waited for. https://www.rfc-editor.org/rfc/rfc9112#section-6.3"""
    sends = header(scope, b"content-length") not in {b"", b"0"} or header(scope, b"transfer-encoding") != b""
    return scope.get("method") == "GET" and not sends


def coding(scope: Scope) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc9110#section-8.4"""
    return header(scope, b"content-encoding").strip().lower()


def unpacked(body: bytes, limits: Limits) -> bytes:
    """What was sent with gzip, never more than a body may be, however small it was made. Raises Refused."""
    inflating = zlib.decompressobj(wbits=GZIP_WINDOW)
    try:
        found = inflating.decompress(body, limits.body + 1)
    except zlib.error:
        raise Refused(400, "the body is not gzip", "structure") from None
    if len(found) > limits.body:
        raise too_large(limits)
    if not inflating.eof or inflating.unused_data:
        raise Refused(400, "the body is not one whole gzip member", "structure")
    return found


def check_path(path: bytes) -> None:
    """An encoded separator or NUL would mean one thing to a proxy and another one here."""
    if any(each in path.lower() for each in SEPARATORS):
        raise Refused(400, "the path has an encoded separator", "invalid")


def header(scope: Scope, name: bytes) -> bytes:
    return next((value for each, value in scope["headers"] if each == name), b"")


def too_large(limits: Limits) -> Refused:
    return Refused(413, f"the body is larger than {limits.body} bytes", "too-long")


async def gathered(receive: Receive, limits: Limits) -> bytes:
    """The whole body. Raises Refused when it is too large or too slow, Disconnected when the client went away."""
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _gathered(receive, limits)
    except TimeoutError:
        raise Refused(408, f"the body did not arrive within {limits.body_seconds:g} seconds", "timeout") from None


async def _gathered(receive: Receive, limits: Limits) -> bytes:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > limits.body:
            raise too_large(limits)
        parts.append(part)
    return b"".join(parts)


def replaying(body: bytes, receive: Receive) -> Receive:
    """What was gathered, as one message; then whatever the connection has to say."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


async def refuse(send: Send, refused: Refused) -> None:
    """The connection is closed: what is left of the request is not going to be read."""
    issue = Issue(refused.text, code=refused.code)
    body = dumps(operation_outcome([issue]))
    headers = [
        (b"content-type", b"application/fhir+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *(((b"accept-encoding", b"gzip"),) if refused.status == UNSUPPORTED else ()),
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
