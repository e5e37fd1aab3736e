"""``bench mllp``: a feed over several connections, acknowledged after each message is durable and can be searched."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from time import perf_counter

from interfaces.bench.figures import Figures
from interfaces.bench.limit import alone
from interfaces.bench.load import Advance, Connect, Failed, load
from interfaces.bench.mix import STORY, messages
from interfaces.bench.own import own_server, own_store
from interfaces.mllp.sender import Sender
from mappings.v2.message import parse
from mappings.v2_to_fhir.messages import convert
from server.settings import Settings

WARM_UP = 10
"""Messages for each connection that are not measured: two patients, every event."""


def measure(count: int, connections: int, advance: Advance) -> Figures:
    """A server of its own on a new embedded store."""
    feeds = dealt(count, connections, seed=2)
    with own_store() as store:
        with own_server(store) as server:
            connect = connecting(*server.mllp)
            load(connect, dealt(WARM_UP * connections, connections, seed=1))
            fed = load(connect, feeds, advance)
        store_per_s = alone(store, count, connections)
    return Figures("mllp", connections, fed, store_per_s, parts(feeds, 1000 / fed.per_s, 1000 / store_per_s))


def dealt(count: int, connections: int, seed: int) -> Sequence[Sequence[bytes]]:
    """``count`` messages in all, each patient's over one connection."""
    share, more = divmod(count, connections)
    return [feed(number, share + (number < more), seed) for number in range(connections)]


def feed(connection: int, count: int, seed: int) -> Sequence[bytes]:
    """Each begins at another point of the story: senders do not keep step."""
    start = connection % len(STORY)
    return list(islice(messages(connection, seed), start, start + count))


def connecting(host: str, port: int) -> Connect[bytes, bytes]:
    @asynccontextmanager
    async def connect() -> AsyncIterator[Callable[[bytes], Awaitable[bytes]]]:
        async with Sender(host, port) as sender:
            yield lambda message: accepted(sender, message)

    return connect


async def accepted(sender: Sender, message: bytes) -> bytes:
    answer = await sender.send(message)
    if b"\rMSA|AA|" not in answer:
        raise Failed("a message was not acknowledged with AA")
    return answer


def parts(feeds: Sequence[Sequence[bytes]], message_ms: float, store_ms: float) -> dict[str, float]:
    """Where a message's time goes, in milliseconds: the rest is folding, and the wire at both of its ends."""
    site = Settings().site
    begun = perf_counter()
    for feed in feeds:
        for message in feed:
            convert(parse(message), site)
    map_ms = 1000 * (perf_counter() - begun) / sum(map(len, feeds))
    return {"parse_and_map_ms": map_ms, "store_ms": store_ms, "fold_and_wire_ms": message_ms - map_ms - store_ms}
