"""How a measurement is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from interfaces.bench.load import Load


@dataclass(frozen=True, slots=True)
class Figures:
    """``store_per_s``: what the store alone takes of the same entries, in the same run. ``more``: what else was
    measured, by a name that ends in its unit."""

    name: str
    connections: int
    load: Load[Any]
    store_per_s: float
    more: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        figures = {
            **rates(self.load),
            "store_limit_share": self.load.per_s / self.store_per_s,
            "store_per_s": self.store_per_s,
            **self.more,
        }
        rounded = {name: round(value, 3) for name, value in figures.items()}
        return {"name": self.name, "connections": self.connections, "count": len(self.load.seconds), **rounded}

    def __str__(self) -> str:
        first = (
            f"{self.name}: {self.load.per_s:,.0f} /s over {self.connections} connections, "
            f"p50 {self.load.p50_ms:.1f} ms, p99 {self.load.p99_ms:.1f} ms; "
            f"{self.load.per_s / self.store_per_s:.0%} of what the store alone takes ({self.store_per_s:,.0f} /s)"
        )
        return "\n".join((first, *(f"  {name:<20} {value:10,.2f}" for name, value in self.more.items())))


def rates(load: Load[Any], prefix: str = "") -> dict[str, float]:
    return {f"{prefix}per_s": load.per_s, f"{prefix}p50_ms": load.p50_ms, f"{prefix}p99_ms": load.p99_ms}
