"""What the store itself takes: the same entries, written again without any parsing, mapping or folding."""

from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from itertools import islice
from time import perf_counter

from server.settings import Settings
from server.store.entry import Entry
from server.store.snapshot import Fold, Snapshot
from server.store.store import Store, open_store

TENANT = Settings().tenant
PAGE = 500


def alone(url: str, count: int, together: int) -> float:
    """Entries a second, of the last ``count`` that the store was given; those before are written too, but not timed."""
    with open_store(url) as given, open_store(f"{url}-again") as store:
        last = given.last(TENANT)
        for page in pages(given, 0, last - count):
            again(store, page, together)
        return count / sum(again(store, page, together) for page in pages(given, last - count, last))


def pages(store: Store, after: int, last: int) -> Iterator[Sequence[Entry]]:
    """The journal's entries after one, up to another."""
    while after < last:
        page = store.tail(TENANT, after, min(PAGE, last - after))
        yield page
        after = page[-1].seq


def again(store: Store, entries: Sequence[Entry], together: int) -> float:
    """Writes them in their order, as many waiting at once as senders did; the seconds that it took."""
    begun, rest = perf_counter(), iter(entries)
    while batch := list(islice(rest, together)):
        futures = [store.submit(entry.tenant, repeating(entry), entry.dedupe) for entry in batch]
        wait(futures)
        for future in futures:
            future.result()
    return perf_counter() - begun


def repeating(entry: Entry) -> Fold:
    def fold(snapshot: Snapshot) -> Entry:  # noqa: ARG001 it is known what follows
        return entry

    return fold
