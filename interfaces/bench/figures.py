"""How a measurement is told."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class Figures:
    """``store_limit_share``: this rate as a share of what the store alone takes, in the same run, of the same entries."""

    name: str
    count: int
    connections: int
    per_s: float
    p50_ms: float
    p99_ms: float
    store_limit_share: float
    store_per_s: float

    def as_dict(self) -> dict[str, Any]:
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(self).items()}

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.per_s:,.0f} /s over {self.connections} connections, "
            f"p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms; "
            f"{self.store_limit_share:.0%} of what the store alone takes ({self.store_per_s:,.0f} /s)"
        )


def quantile(seconds: Sequence[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def timed(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun
