"""How fast the stores are, as a share of what the same server does with the same rows and documents by itself.

Each share is measured in one run, side by side, so that it holds on a machine that has other things to do."""

from time import perf_counter

import pytest

from interfaces.bench.store import GROUP, TENANT, grouped, measure, one_by_one
from server.store.mongo_project import current_operations, held_operations, written
from server.store.mongo_rows import entry_document
from server.store.store import open_store

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600), pytest.mark.xdist_group("database")]

ENTRIES = 1536


def test_the_embedded_store_keeps_its_rate_and_its_latency():
    figures = measure(2000, lambda: None)
    assert figures.share_of_bare >= 0.25, str(figures)
    assert figures.waiting_of_alone <= 1.5, str(figures)


@pytest.mark.mongodb
def test_the_distributed_store_reaches_half_of_what_bare_writes_do(mongodb_databases):
    with open_store(mongodb_databases()) as store, open_store(mongodb_databases()) as bare:
        grouped(store, range(4 * GROUP), lambda: None)
        engine_s = bare_s = 0.0
        for start in range(4 * GROUP, 4 * GROUP + ENTRIES, 4 * GROUP):
            engine_s += grouped(store, range(start, start + 4 * GROUP), lambda: None)
            entries = store.tail(TENANT, start, 4 * GROUP)
            bare_s += written_bare(bare.engine._server.collections, entries)
        alone, waiting = one_by_one(bare, store, first=100_000)
    assert waiting <= 1.5 * alone, f"one connection waits {waiting / alone:.2f} of a commit alone"
    assert engine_s <= 2 * bare_s, f"{ENTRIES / engine_s:.0f} entries /s, bare {ENTRIES / bare_s:.0f} /s"


def written_bare(collections, entries):
    """The seconds that the same documents take, inserted and upserted under the same guards, in the same groups."""
    groups = [entries[start : start + GROUP] for start in range(0, len(entries), GROUP)]
    made = [
        (
            [entry_document(entry) for entry in group],
            current_operations(TENANT, group),
            held_operations(TENANT, group),
        )
        for group in groups
    ]
    begun = perf_counter()
    for documents, current, held in made:
        collections.entry.insert_many(documents)
        written(collections.current, current)
        written(collections.held, held)
    return perf_counter() - begun
