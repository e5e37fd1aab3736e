"""The MLLP client: sends a message and waits for its own answer, as often as wanted over one connection."""

import asyncio
from contextlib import suppress
from ssl import SSLContext
from types import TracebackType

from interfaces.mllp.framing import Decoder, Frame, frame
from mappings.v2.ack import header
from mappings.v2.message import NotHl7, parse

_CHUNK = 65536
_ANSWER_BYTES = 1024 * 1024


class NoAnswer(ConnectionError):
    """The message was sent, as far as one knows, and not answered: it may be sent again."""


class Sender:
    """``async with Sender(host, port) as sender: answer = await sender.send(message)``"""

    def __init__(self, host: str, port: int, ssl: SSLContext | None = None, timeout: float = 30) -> None:
        self._host, self._port, self._ssl, self._timeout = host, port, ssl, timeout
        self._decoder: Decoder
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> "Sender":
        """A new connection, also of a sender that had one before. Raises OSError."""
        self._decoder = Decoder(_ANSWER_BYTES)
        async with asyncio.timeout(self._timeout):
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, ssl=self._ssl)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._writer.close()
        with suppress(OSError):
            async with asyncio.timeout(self._timeout):
                await self._writer.wait_closed()

    async def send(self, message: bytes) -> bytes:
        """The answer whose MSA-2 is the message's MSH-10. Raises NoAnswer."""
        sent = header(message)
        control_id = sent.header[10].raw.encode("latin-1") if sent else b""
        try:
            async with asyncio.timeout(self._timeout):
                self._writer.write(frame(message))
                await self._writer.drain()
                return await self._answer(control_id)
        except TimeoutError:
            raise NoAnswer("no answer in time") from None
        except OSError as error:
            raise NoAnswer(str(error) or "connection lost") from None

    async def _answer(self, control_id: bytes) -> bytes:
        while data := await self._reader.read(_CHUNK):
            for event in self._decoder.feed(data):
                if isinstance(event, Frame) and answers(event.content, control_id):
                    return event.content
        raise NoAnswer("connection closed")


def answers(content: bytes, control_id: bytes) -> bool:
    """A late answer to an earlier message is not this one's. One that cannot be read, names none, or cuts a long
    control id short, is taken for it: over MLLP there is one message at a time."""
    try:
        answer = parse(content)
    except NotHl7:
        return True
    return control_id.startswith(answer.segment("MSA")[2].raw.encode(answer.codec))
