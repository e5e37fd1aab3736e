"""``bench mllp``: a feed over several connections, acknowledged after each message is durable and can be searched."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from interfaces.bench.figures import Figures, quantile, timed
from interfaces.bench.limit import again
from interfaces.bench.mix import messages
from interfaces.mllp.sender import Sender
from interfaces.serving import serving
from server.store.entry import Entry
from server.store.store import Store, open_store

TENANT = "default"
PAGE = 500


class NotAccepted(Exception):
    """A message of the feed was not acknowledged with AA: there is nothing to measure."""


def measure(patients: int, connections: int) -> Figures:
    """A server of its own on a new embedded store; ``patients`` for each connection."""
    with TemporaryDirectory(prefix="causeway-bench-") as folder:
        store = f"sqlite:///{Path(folder, 'bench.db')}"
        with serving(store, "127.0.0.1:0", "127.0.0.1:0") as server:
            asyncio.run(feed(server.mllp, connections, 2, seed=1))
            begun = perf_counter()
            seconds = asyncio.run(feed(server.mllp, connections, patients, seed=2))
            elapsed = perf_counter() - begun
        with open_store(store) as opened:
            entries = tuple(written(opened))
        alone = timed(lambda: again(f"sqlite:///{Path(folder, 'again.db')}", entries, connections))
    per_s, store_per_s = len(seconds) / elapsed, len(entries) / alone
    return Figures(
        name="mllp",
        count=len(seconds),
        connections=connections,
        per_s=per_s,
        p50_ms=quantile(seconds, 0.5),
        p99_ms=quantile(seconds, 0.99),
        store_limit_share=per_s / store_per_s,
        store_per_s=store_per_s,
    )


async def feed(address: tuple[str, int], connections: int, patients: int, seed: int) -> list[float]:
    """Every message's time from its sending to its acknowledgement, in seconds."""
    feeds = (connection(address, list(messages(number, patients, seed))) for number in range(connections))
    return [each for times in await asyncio.gather(*feeds) for each in times]


async def connection(address: tuple[str, int], feed: Sequence[bytes]) -> list[float]:
    times = []
    async with Sender(*address) as sender:
        for message in feed:
            begun = perf_counter()
            answer = await sender.send(message)
            times.append(perf_counter() - begun)
            if b"\rMSA|AA|" not in answer:
                raise NotAccepted
    return times


def written(store: Store) -> Iterator[Entry]:
    """The journal, whole."""
    after = 0
    while page := store.tail(TENANT, after, PAGE):
        yield from page
        after = page[-1].seq
