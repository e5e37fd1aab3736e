"""Senders that keep each message until it is acknowledged, and send it again until it is."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from interfaces.bench.mix import messages
from interfaces.mllp.sender import NoAnswer, Sender

PATIENCE = 10.0
"""Seconds that an answer is waited for."""

PAUSE = 0.05
"""Seconds before a message is sent again that was not taken."""

EASE = 0.1
"""Seconds, at most, between two messages: what is tried is not how many there can be."""


@dataclass(slots=True)
class Feed:
    """One connection's messages in their order, with the answers that they got; and how often one was sent again."""

    number: int
    seed: int
    sent: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    again: int = 0

    def messages(self) -> Iterator[bytes]:
        return messages(self.number, self.seed)


async def feed(address: tuple[str, int], kept: Feed, ended: asyncio.Event) -> None:
    """Until ``ended``; then what is being sent is still brought to its answer."""
    random = Random(f"{kept.seed}/{kept.number}")  # noqa: S311 pauses, no secrets
    sender = Connection(address)
    try:
        for message in kept.messages():
            kept.sent.append(message)
            kept.answers.append(await until_taken(sender, message, kept))
            if ended.is_set():
                return
            await asyncio.sleep(random.uniform(0, EASE))
    finally:
        await sender.close()


async def until_taken(sender: "Connection", message: bytes, kept: Feed) -> bytes:
    """AR says that it is not the message that is wrong: it may be sent again, as when there was no answer."""
    for attempt in count():
        kept.again += attempt > 0
        answer = await sender.send(message)
        if answer and b"\rMSA|AR|" not in answer:
            return answer
        await asyncio.sleep(PAUSE)
    raise AssertionError


class Connection:
    """Opened when it is needed, again after each loss."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._open: Sender | None = None

    async def send(self, message: bytes) -> bytes:
        """Empty when there was no answer."""
        try:
            if self._open is None:
                self._open = await Sender(*self._address, timeout=PATIENCE).__aenter__()
            return await self._open.send(message)
        except (OSError, NoAnswer, TimeoutError):
            await self.close()
            return b""

    async def close(self) -> None:
        opened, self._open = self._open, None
        if opened:
            await opened.__aexit__(None, None, None)
