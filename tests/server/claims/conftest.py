"""Plans, claims and coverages in as few words as a case needs."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mappings.claim.claim import Claim, Line
from mappings.claim.coverage import Coverage
from mappings.claim.decision import Decision
from server.claims.adjudication.adjudicate import adjudicate
from server.claims.adjudication.case import History
from server.claims.adjudication.plan import EVERY_SERVICE, Cost, Limit, Plan

SERVED = date(2024, 3, 5)
NOTHING_BEFORE = History()


@pytest.fixture(scope="session")
def line() -> Callable[..., Line]:
    def line(charge: str = "100.00", code: str = "99213", sequence: int = 1, **changes: Any) -> Line:
        codes = (code,) if code else ()
        plain = Line(sequence, codes, (), None, SERVED, Decimal(1), Decimal(charge))
        return replace(plain, **changes)

    return line


@pytest.fixture(scope="session")
def cost() -> Callable[..., Cost]:
    """``cost("copay", "25")``, ``cost("coinsurance", "20%")``, ``cost("allowed", "80", "99213")``."""

    def cost(kind: str, amount: str = "0", service: str = EVERY_SERVICE, **changes: Any) -> Cost:
        number, percent = Decimal(amount.rstrip("%")), amount.endswith("%")
        plain = Cost(kind, service, number, percent, frozenset(), frozenset(), date.min, date.max)
        return replace(plain, **changes)

    return cost


@pytest.fixture(scope="session")
def plan(cost: Callable[..., Cost]) -> Callable[..., Plan]:
    """A plan that pays every service in full, less what is said."""

    def plan(*costs: Cost, deductible: str | None = None, maximum: str | None = None, **changes: Any) -> Plan:
        listed: dict[tuple[str, str], tuple[Cost, ...]] = {}
        for each in (cost("coinsurance", "0%"), *costs) if not changes.pop("closed", False) else costs:
            key = each.kind, each.service
            others = () if each.kind == "coinsurance" else listed.get(key, ())
            listed[key] = (*others, each)
        limits = {
            "deductible": Limit(Decimal(deductible) if deductible else None),
            "out_of_pocket": Limit(Decimal(maximum) if maximum else None),
        }
        return Plan(**{"currency": "USD", "costs": listed, **limits, **changes})

    return plan


@pytest.fixture(scope="session")
def claim() -> Callable[..., Claim]:
    def claim(*lines: Line, **changes: Any) -> Claim:
        numbered = tuple(replace(each, sequence=number) for number, each in enumerate(lines, 1))
        return replace(Claim("Patient/1", "Organization/2", None, "Coverage/3", "USD", numbered), **changes)

    return claim


@pytest.fixture(scope="session")
def coverage() -> Callable[..., Coverage]:
    def coverage(**changes: Any) -> Coverage:
        plain = Coverage("Coverage/3", "active", "Patient/1", None, None, None, ("Organization/4",), ("SILVER",))
        return replace(plain, **changes)

    return coverage


@pytest.fixture(scope="session")
def judge(coverage: Callable[..., Coverage]) -> Callable[..., Decision]:
    def judge(
        claim: Claim,
        plan: Plan,
        cover: Coverage | None = None,
        history: History = NOTHING_BEFORE,
        today: date = date(2024, 4, 1),
    ) -> Decision:
        decision = adjudicate(claim, plan, cover or coverage(), history, today)
        assert isinstance(decision, Decision)
        return decision

    return judge


@pytest.fixture(scope="session")
def examples(shared: Path) -> dict[str, Any]:
    """Reference results, by id."""
    path = shared / "billing" / "reference-results" / "worked_examples.json"
    return {each["id"]: each for each in json.loads(path.read_text())}
