"""``causeway chaos``: a server is fed over several connections and killed at random; then its store is examined."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

from interfaces.chaos.findings import TENANT, findings
from interfaces.chaos.senders import Feed, feed
from interfaces.chaos.supervised import Supervised, everything, killed, one_worker, parent, supervised
from server.store.store import open_store

Victim = Callable[[Supervised], bool]
"""Ends somebody; False when there is nobody to end at the moment."""

VICTIMS: Mapping[str, Victim] = {
    "worker": lambda server: killed(one_worker(server)),
    "server": lambda server: killed(parent(server)),
    "everything": lambda server: killed(everything(server)),
}
"""One of the processes that serve, the one that starts them, or all at once."""

OFTEN = ("worker", "worker", "worker", "worker", "server", "everything")

WORKERS = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: so many kills of ``victims`` by ``often``, each after ``pause`` seconds at most."""

    kills: int = 50
    connections: int = 8
    seed: int = 1
    pause: float = 0.6
    victims: Mapping[str, Victim] = field(default_factory=lambda: VICTIMS)
    often: Sequence[str] = OFTEN


@dataclass(frozen=True, slots=True)
class Report:
    """What was tried and what was found; ``found`` is empty when every promise was kept."""

    kills: Mapping[str, int]
    starts: int
    acknowledged: int
    again: int
    seconds: float
    found: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        return {
            "kills": dict(self.kills),
            "starts": self.starts,
            "acknowledged": self.acknowledged,
            "sent_again": self.again,
            "seconds": round(self.seconds, 1),
            "found": list(self.found),
        }

    def __str__(self) -> str:
        kills = ", ".join(f"{number} of {name}" for name, number in sorted(self.kills.items()))
        tried = (
            f"{sum(self.kills.values())} kills ({kills or 'none'}) in {self.seconds:.0f} s, {self.starts} starts\n"
            f"{self.acknowledged:,} messages acknowledged, {self.again:,} times one was sent again"
        )
        well = ("each is kept once, and the resources are those of an undisturbed run",)
        return "\n".join((tried, *(self.found or well)))


def chaos(store: str, trial: Trial, advance: Callable[[], object] = lambda: None) -> Report:
    """``store``: the URL of one that is empty. Raises NotServing when the server does not start at first."""
    begun = monotonic()
    feeds = [Feed(number, trial.seed) for number in range(trial.connections)]
    kills, starts = asyncio.run(disturbed(store, trial, feeds, advance))
    with open_store(store) as opened:
        opened.project(TENANT)
        found = findings(opened, feeds)
    answered, again = sum(len(each.answers) for each in feeds), sum(each.again for each in feeds)
    return Report(kills, starts, answered, again, monotonic() - begun, found)


async def disturbed(
    store: str, trial: Trial, feeds: Sequence[Feed], advance: Callable[[], object]
) -> tuple[Mapping[str, int], int]:
    ended = asyncio.Event()
    async with supervised(store, WORKERS) as server:
        feeding = [asyncio.create_task(feed(server.where.mllp, each, ended)) for each in feeds]
        kills = await killing(server, trial, advance)
        ended.set()
        await asyncio.gather(*feeding)
        return kills, server.starts


async def killing(server: Supervised, trial: Trial, advance: Callable[[], object]) -> Mapping[str, int]:
    random, kills = Random(trial.seed), Counter[str]()  # noqa: S311 no secrets
    while kills.total() < trial.kills:
        await asyncio.sleep(random.uniform(0, trial.pause))
        name = random.choice(trial.often)
        with suppress(OSError):
            if trial.victims[name](server):
                kills[name] += 1
                advance()
    return kills
