"""Load: many connections, each of which sends its next request when it has the answer to its last."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeAlias, TypeVar

from uvicorn.loops.auto import auto_loop_factory

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Callable[[Asked], Awaitable[Answer]]]]
"""Opens a connection: what is entered sends one request and gives its answer, or raises Failed."""

Advance: TypeAlias = Callable[[], object]
"""Called once for each answer, so that somebody may watch."""


class Failed(Exception):
    """Something was not answered as it should be: there is nothing to measure. The text says what."""


@dataclass(frozen=True, slots=True)
class Load(Generic[Answer]):
    """What was answered, the seconds that each answer took, and those that all of it took."""

    answers: Sequence[Answer]
    seconds: Sequence[float]
    elapsed: float

    @property
    def per_s(self) -> float:
        return len(self.seconds) / self.elapsed

    @property
    def p50_ms(self) -> float:
        return quantile_ms(self.seconds, 0.5)

    @property
    def p99_ms(self) -> float:
        return quantile_ms(self.seconds, 0.99)


def quantile_ms(seconds: Sequence[float], share: float) -> float:
    return 1000 * sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)]


def unwatched() -> None:
    pass


def load(
    connect: Connect[Asked, Answer], feeds: Sequence[Sequence[Asked]], advance: Advance = unwatched
) -> Load[Answer]:
    """A connection for each feed, all at once."""

    async def all_feeds() -> Sequence[Sequence[tuple[Answer, float]]]:
        return await asyncio.gather(*(one_feed(connect, feed, advance) for feed in feeds))

    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        begun = perf_counter()
        done = runner.run(all_feeds())
        elapsed = perf_counter() - begun
    flat = [each for feed in done for each in feed]
    return Load([answer for answer, _ in flat], [seconds for _, seconds in flat], elapsed)


async def one_feed(
    connect: Connect[Asked, Answer], feed: Sequence[Asked], advance: Advance
) -> Sequence[tuple[Answer, float]]:
    done = []
    async with connect() as send:
        for asked in feed:
            begun = perf_counter()
            answer = await send(asked)
            done.append((answer, perf_counter() - begun))
            advance()
    return done


def dealt(items: Sequence[Asked], connections: int) -> Sequence[Sequence[Asked]]:
    """The items as feeds for so many connections."""
    return [items[number::connections] for number in range(connections)]
