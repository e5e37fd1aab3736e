"""How long the checker takes, and how long fhir.resources, which checks less, for the same body in the same run."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from time import process_time
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

from interfaces.bench import bodies
from mappings.fhir.checker import check
from mappings.fhir.json import Json, dumps, loads

ENOUGH = 0.02
"""Seconds of one measurement; the best of several is told."""
TIMES = 9


@dataclass(frozen=True, slots=True)
class Figure:
    type: str
    bytes: int
    check_us: float
    model_validate_us: float

    @property
    def times_faster(self) -> float:
        return self.model_validate_us / self.check_us

    def as_dict(self) -> Json:
        return {**asdict(self), "times_faster": round(self.times_faster, 1)}

    def __str__(self) -> str:
        return (
            f"{self.type}, {self.bytes:,} bytes: {self.check_us:,.0f} us; "
            f"fhir.resources {self.model_validate_us:,.0f} us, {self.times_faster:.0f} times as long"
        )


def measure(today: date) -> Iterator[Figure]:
    """A claim of 5 KB, its explanation with 50 KB."""
    for body in (bodies.claim(1, 1, 11, today), bodies.explanation(1, 1, 43, today)):
        yield compared(dumps(body))


def compared(data: bytes) -> Figure:
    """Each takes the body as a JSON parser gives it."""
    body, plain = loads(data), json.loads(data)
    if check(body):
        raise ValueError("the body does not conform")
    model = get_fhir_model_class(body["resourceType"])
    ours, theirs = cost(lambda: check(body)), cost(lambda: model.model_validate(plain))
    return Figure(body["resourceType"], len(data), ours, theirs)


def cost(function: Callable[[], Any]) -> float:
    """Microseconds of this process for one call."""
    return min(_once(function) for _ in range(TIMES)) * 1e6


def _once(function: Callable[[], Any]) -> float:
    start, calls = process_time(), 0
    while (taken := process_time() - start) < ENOUGH or not calls:
        function()
        calls += 1
    return taken / calls
