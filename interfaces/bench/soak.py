"""``bench soak``: a large hospital's week over MLLP. What is measured again and again has to stay as it was."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from interfaces.bench.load import Advance, load
from interfaces.bench.mix import messages
from interfaces.bench.mllp import connecting
from interfaces.bench.own import own_server, own_store, resident_mb

MEMORY, LATENCY, GROWTH = 1.25, 1.5, 1.25
"""How much more the last fifth may have than the second: the first is still warming up."""


@dataclass(frozen=True, slots=True)
class Window:
    """What some thousand messages took; then what the server's process and its file had."""

    messages: int
    per_s: float
    p50_ms: float
    p99_ms: float
    resident_mb: float
    file_mb: float

    def __str__(self) -> str:
        return (
            f"{self.messages:>9,} messages {self.per_s:7,.0f} /s  p50 {self.p50_ms:6.1f} ms  p99 {self.p99_ms:6.1f} ms"
            f"  memory {self.resident_mb:6.0f} MB  file {self.file_mb:8,.1f} MB"
        )


@dataclass(frozen=True, slots=True)
class Soak:
    windows: Sequence[Window]

    def as_dict(self) -> dict[str, Any]:
        windows = [{name: round(value, 3) for name, value in asdict(each).items()} for each in self.windows]
        return {"name": "soak", "kb_per_message": round(self.kb_per_message, 3), "grew": self.grew, "windows": windows}

    @property
    def kb_per_message(self) -> float:
        first, last = self.windows[0], self.windows[-1]
        return 1000 * (last.file_mb - first.file_mb) / max(last.messages - first.messages, 1)

    @property
    def grew(self) -> list[str]:
        """What did not stay as it was; nothing, when all is well."""
        second, last = fifths(self.windows)
        checks = {
            "memory": (middle(last, "resident_mb") / middle(second, "resident_mb"), MEMORY),
            "latency": (middle(last, "p50_ms") / middle(second, "p50_ms"), LATENCY),
            "file per message": (slope(last) / slope(second), GROWTH),
        }
        return [f"{name} grew to {ratio:.2f} of what it was" for name, (ratio, most) in checks.items() if ratio > most]

    def __str__(self) -> str:
        told = self.grew or ["memory and latency stayed as they were, the file grew evenly"]
        return f"{self.kb_per_message:.2f} KB a message; {'; '.join(told)}"


def fifths(windows: Sequence[Window]) -> tuple[Sequence[Window], Sequence[Window]]:
    """The second and the last, of two windows at least."""
    fifth = max(len(windows) // 5, 2)
    return windows[-4 * fifth : -3 * fifth] or windows[:fifth], windows[-fifth:]


def middle(windows: Sequence[Window], name: str) -> float:
    return float(median(getattr(each, name) for each in windows))


def slope(windows: Sequence[Window]) -> float:
    first, last = windows[0], windows[-1]
    return max(last.file_mb - first.file_mb, 1e-9) / max(last.messages - first.messages, 1)


def soak(count: int, connections: int, window: int, advance: Advance) -> Iterator[Window]:
    """A server of its own on a new embedded store. Raises Failed when a message is not accepted."""
    with own_store() as store, own_server(store) as server:
        feeds, connect = [messages(number, seed=3) for number in range(connections)], connecting(*server.mllp)
        for done in range(window, count + 1, window):
            given = [list(islice(feed, window // connections)) for feed in feeds]
            fed = load(connect, given, advance)
            figures = fed.per_s, fed.p50_ms, fed.p99_ms, resident_mb(server.pid), file_mb(store)
            yield Window(done, *figures)


def file_mb(store: str) -> float:
    """The embedded store's file, with its log."""
    path = Path(store.removeprefix("sqlite:///"))
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*")) / 1e6
