"""One sender's connection: its messages one after the other, each answered before the next is read."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from interfaces.mllp.framing import Decoder, Frame, TooLarge, frame
from server.raised import described

Receive = Callable[[bytes, str], Awaitable[bytes]]
"""Message and peer in, answer out: an acknowledgement, or two one after the other (enhanced mode), or nothing. Whatever
it raises ends the connection unanswered."""
Refuse = Callable[[bytes, int], bytes]
"""The beginning of a message that is too large, and the limit, in; the answer out."""

logger = logging.getLogger(__name__)

_BETWEEN = re.compile(rb"(?<=\r)(?=MSH)")
_CHUNK = 65536
_GOODBYE = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, connections, seconds. ``skipped_bytes``: of a frame that is too large, before its connection is given up;
    ``held_bytes``: of unfinished frames in all connections together; ``idle``: between
    messages; ``whole``: from the first byte of a frame to its last; ``ended``: for what should follow an FS; ``reply``:
    for the peer to take an answer."""

    message_bytes: int = 16 * 1024 * 1024
    skipped_bytes: int = 128 * 1024 * 1024
    held_bytes: int = 256 * 1024 * 1024
    connections: int = 256
    per_peer: int = 64
    idle: float = 600
    whole: float = 60
    ended: float = 0.5
    reply: float = 30


class _Ended(Exception):
    """This side ends the connection, for a reason that may be logged."""


class Connection:
    """Nothing is read while a message is worked on: a sender that is faster than the store waits at its own socket."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limits: Limits,
        receive: Receive,
        refuse: Refuse,
        has_room: Callable[[], bool],
    ) -> None:
        host, port, *_ = writer.get_extra_info("peername") or ("unknown", 0)
        self.host = str(host)
        self._peer = f"{host}:{port}"
        self._reader, self._writer = reader, writer
        self._limits = limits
        self._receive = receive
        self._refuse = refuse
        self._has_room = has_room
        self._decoder = Decoder(limits.message_bytes)
        self._whole: float | None = None
        self._waiting = False
        self._stopping = False

    async def serve(self) -> None:
        try:
            while not self._stopping and await self._turn():
                pass
        except (_Ended, OSError) as error:
            logger.warning(
                "%s: connection ended, %s", self._peer, error if isinstance(error, _Ended) else type(error).__name__
            )
        finally:
            self._decoder = Decoder(self._limits.message_bytes)  # gives back at once what it held
            self._writer.close()
            with suppress(OSError):
                async with asyncio.timeout(_GOODBYE):
                    await self._writer.wait_closed()
            self._writer.transport.abort()

    @property
    def held(self) -> int:
        return self._decoder.held

    def stop(self) -> None:
        """What is being worked on is still answered."""
        self._stopping = True
        if self._waiting:
            self._writer.close()

    async def _turn(self) -> bool:
        """Whether there may be more to read."""
        data = await self._read()
        events = self._decoder.feed(data) if data else self._decoder.flush()
        for event in events:
            await self._answer(event)
        if events or not self._decoder.partial:
            self._whole = None
        self._bounded()
        return data != b""

    def _bounded(self) -> None:
        if self._decoder.skipped > self._limits.skipped_bytes:
            raise _Ended("a frame without end")
        if self.held > _CHUNK and not self._has_room():
            raise _Ended("too many large messages at once")

    async def _read(self) -> bytes | None:
        """Empty at the end; None if nothing follows an FS."""
        self._waiting = True
        try:
            async with asyncio.timeout_at(self._deadline()):
                return await self._reader.read(_CHUNK)
        except TimeoutError:
            if self._decoder.ended:
                return None
            raise _Ended("half a frame" if self._decoder.partial else "idle") from None
        finally:
            self._waiting = False

    def _deadline(self) -> float:
        now = asyncio.get_running_loop().time()
        if not self._decoder.partial:
            return now + self._limits.idle
        if self._whole is None:
            self._whole = now + self._limits.whole
        return min(self._whole, now + self._limits.ended) if self._decoder.ended else self._whole

    async def _answer(self, event: Frame | TooLarge) -> None:
        answer = await self._reply(event)
        self._writer.writelines(frame(message) for message in _BETWEEN.split(answer) if message)
        try:
            async with asyncio.timeout(self._limits.reply):
                await self._writer.drain()
        except TimeoutError:
            raise _Ended("an answer was not taken") from None

    async def _reply(self, event: Frame | TooLarge) -> bytes:
        if isinstance(event, TooLarge):
            logger.warning("%s: a message of more than %d bytes was refused", self._peer, self._limits.message_bytes)
            return self._refuse(event.head, self._limits.message_bytes)
        try:
            return await self._receive(event.content, self._peer)
        except Exception as error:  # one message must not hurt the next, nor its text reach the log
            raise _Ended(f"a message was not taken, {described(error)}") from None
