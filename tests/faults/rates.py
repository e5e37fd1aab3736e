"""How fast the distributed engine is, as a share of what the same server does with the same documents by itself, side
by side in one run:

    python -m tests.faults.rates mongodb://HOST/

The embedded engine's share is ``causeway bench store``'s."""

import sys
from time import perf_counter
from uuid import uuid4

from pymongo import MongoClient

from interfaces.bench.store import GROUP, TENANT, grouped
from server.store.mongo_project import current_operations, held_operations, written
from server.store.mongo_rows import entry_document
from server.store.store import open_store

ENTRIES = 24 * GROUP
AT_ONCE = 4 * GROUP


def main(url: str) -> None:
    names = [f"causeway_{uuid4().hex[:12]}" for _ in range(2)]
    try:
        report(*(f"{url.rstrip('/')}/{name}" for name in names))
    finally:
        with MongoClient(url) as client:
            for each in names:
                client.drop_database(each)


def report(url: str, bare_url: str) -> None:
    with open_store(url) as store, open_store(bare_url) as bare:
        grouped(store, range(AT_ONCE), lambda: None)
        engine_s = bare_s = 0.0
        for start in range(AT_ONCE, AT_ONCE + ENTRIES, AT_ONCE):
            engine_s += grouped(store, range(start, start + AT_ONCE), lambda: None)
            bare_s += written_bare(bare.engine._server.collections, store.tail(TENANT, start, AT_ONCE))
    print(f"{ENTRIES / engine_s:.0f} entries /s, {bare_s / engine_s:.0%} of bare writes ({ENTRIES / bare_s:.0f} /s)")


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


if __name__ == "__main__":
    main(sys.argv[1])
