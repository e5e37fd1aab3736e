"""What the store itself takes: the same entries, written again without any parsing, mapping or folding."""

from collections.abc import Sequence
from itertools import islice
from concurrent.futures import wait

from server.store.entry import Entry
from server.store.snapshot import Fold, Snapshot
from server.store.store import open_store


def again(url: str, entries: Sequence[Entry], together: int) -> None:
    """Writes them in their order, as many waiting at once as senders did."""
    rest = iter(entries)
    with open_store(url) as store:
        while batch := list(islice(rest, together)):
            futures = [store.submit(entry.tenant, repeating(entry), entry.dedupe) for entry in batch]
            wait(futures)
            for future in futures:
                future.result()


def repeating(entry: Entry) -> Fold:
    def fold(snapshot: Snapshot) -> Entry:  # noqa: ARG001 it is known what follows
        return entry

    return fold
