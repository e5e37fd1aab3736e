"""``bench size``: what a large embedded store takes to start, to read from and to search in."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from time import perf_counter
from typing import Any

from interfaces.bench.load import Advance, quantile_ms
from interfaces.bench.own import own_server, own_store
from interfaces.bench.soak import file_mb
from interfaces.bench.store import TENANT, TYPES, write
from server.store.entry import Entry, Key
from server.store.query import All, Search, equals, starts, term
from server.store.snapshot import Fold, Snapshot
from server.store.store import Store, open_store

EACH = 100
"""Patients, with their encounters, accounts and coverages, that one entry brings in while the store is filled."""

ASKED = 2000
"""Reads, and searches of each kind."""

PAGE = 50


@dataclass(frozen=True, slots=True)
class Figures:
    resources: int
    file_mb: float
    start_s: float
    read_p50_ms: float
    read_p99_ms: float
    search_p50_ms: float
    search_p99_ms: float

    def as_dict(self) -> dict[str, Any]:
        return {"name": "size", **{name: round(value, 3) for name, value in asdict(self).items()}}

    def __str__(self) -> str:
        return (
            f"size: {self.resources:,} resources in {self.file_mb:,.0f} MB; a server starts in {self.start_s:.1f} s, "
            f"a read takes {self.read_p50_ms:.2f} ms (p99 {self.read_p99_ms:.2f}), "
            f"a search of {PAGE} {self.search_p50_ms:.1f} ms (p99 {self.search_p99_ms:.1f})"
        )


def measure(resources: int, advance: Advance) -> Figures:
    numbers = resources // len(TYPES)
    with own_store() as url:
        with open_store(url) as store:
            fill(store, numbers, advance)
        begun = perf_counter()
        with own_server(url):
            start = perf_counter() - begun
        with open_store(url) as store:
            read, found = timed(reads(store, numbers)), timed(searches(store, numbers))
        kept = file_mb(url)
    quantiles = [quantile_ms(each, share) for each in (read, found) for share in (0.5, 0.99)]
    return Figures(len(TYPES) * numbers, kept, start, *quantiles)


def fill(store: Store, numbers: int, advance: Advance) -> None:
    waiting = []
    for start in range(0, numbers, EACH):
        waiting.append(store.submit(TENANT, folding(range(start, min(start + EACH, numbers)))))
        if len(waiting) == 8 or start + EACH >= numbers:  # noqa: PLR2004 enough to be written together
            for each in waiting:
                each.result()
                advance()
            waiting = []


def folding(numbers: range) -> Fold:
    def fold(snapshot: Snapshot) -> Entry:
        writes = tuple(write(type, f"{number}-{type}", number) for number in numbers for type in TYPES)
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "bench", "cli", writes)

    return fold


def timed(asked: Sequence[Callable[[], object]]) -> Sequence[float]:
    seconds = []
    for each in asked:
        begun = perf_counter()
        each()
        seconds.append(perf_counter() - begun)
    return seconds


def reads(store: Store, numbers: int) -> Sequence[Callable[[], object]]:
    random = Random(1)  # noqa: S311 places, no secrets
    keys = [Key(type, f"{random.randrange(numbers)}-{type}") for type in random.choices(TYPES, k=ASKED)]
    return [lambda key=key: store.read(TENANT, key) for key in keys]  # type: ignore[misc]


def searches(store: Store, numbers: int) -> Sequence[Callable[[], object]]:
    """By a value that one in fifty has, by two such, and by the beginning of one that is rare."""
    random = Random(2)  # noqa: S311
    asked = []
    for _ in range(ASKED // 3):
        number = random.randrange(numbers)
        common, other = (equals(term(name, f"{name}-{number % 50}")) for name in ("status", "code"))
        rare = starts(term("identifier", f"identifier-{number}"))
        asked += [Search("Encounter", where, limit=PAGE) for where in (common, All((common, other)), rare)]
    return [lambda search=search: store.search(TENANT, search) for search in asked]  # type: ignore[misc]
