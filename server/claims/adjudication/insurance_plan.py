"""An InsurancePlan read as a plan. docs/insurance-plan.md says which element means what.

https://hl7.org/fhir/R4/insuranceplan.html"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

from mappings.claim.element import codes, day, first, reference
from mappings.claim.money import decimal
from server.claims.adjudication.plan import EVERY_SERVICE, Cost, Limit, Plan

CURRENCIES = "urn:iso:std:iso:4217"
QUALIFIERS = "urn:causeway:plan-cost-qualifier"
COST_PERIOD = "urn:causeway:plan-cost-period"
TIMELY_FILING = "timely-filing"

KINDS: Mapping[str, str] = {
    "copay": "copay",
    "copaypct": "coinsurance",
    "copay-percent": "coinsurance",
    "coinsurance": "coinsurance",
    "deductible": "deductible",
    "maxoutofpocket": "out-of-pocket-maximum",
    "out-of-pocket-maximum": "out-of-pocket-maximum",
    "allowed": "allowed",
    "excluded": "excluded",
}
"""What a cost's type means, in HL7's words (coverage-copay-type, benefit-type) and in ours."""


def plan(body: Mapping[str, Any]) -> Plan:
    """Reads what it understands: a cost of an unknown type, or without a value, is none."""
    start, end = _period(body)
    general = [cost for each in body.get("plan", ()) for cost in each.get("generalCost", ())]
    return Plan(
        currency=_currency(body),
        start=start,
        end=end,
        payers=frozenset(filter(None, (reference(body.get("ownedBy")), reference(body.get("administeredBy"))))),
        deductible=_limit(general, "deductible"),
        out_of_pocket=_limit(general, "out-of-pocket-maximum"),
        filing_days=_filing_days(body),
        costs=_costs(body),
        categories={service: category for category, service, _ in _benefits(body) if service != category},
    )


def _kind(concept: Any) -> str | None:
    return first(KINDS[code] for code in codes(concept) if code in KINDS)


def _limit(costs: list[Mapping[str, Any]], kind: str) -> Limit:
    """A cost for a group of more than one is the family's."""
    of_kind = [each for each in costs if _kind(each.get("type")) == kind]
    family = (_amount(each.get("cost")) for each in of_kind if each.get("groupSize", 1) > 1)
    individual = (_amount(each.get("cost")) for each in of_kind if each.get("groupSize", 1) == 1)
    return Limit(first(_stated(individual)), first(_stated(family)))


def _stated(amounts: Iterable[Decimal | None]) -> Iterator[Decimal]:
    return (amount for amount in amounts if amount is not None)


def _amount(value: Any) -> Decimal | None:
    amount = decimal(value.get("value")) if isinstance(value, Mapping) else None
    return None if amount is None or amount < 0 else amount


def _benefits(body: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Category, service, benefit: of everything that a plan lists."""
    for each in body.get("plan", ()):
        for specific in each.get("specificCost", ()):
            category = first(codes(specific.get("category"))) or EVERY_SERVICE
            for benefit in specific.get("benefit", ()):
                for service in codes(benefit.get("type")) or (category,):
                    yield category, service, benefit


def _costs(body: Mapping[str, Any]) -> dict[tuple[str, str], tuple[Cost, ...]]:
    found = defaultdict(list)
    for _, service, benefit in _benefits(body):
        for cost in filter(None, (_cost(service, each) for each in benefit.get("cost", ()))):
            found[cost.kind, service].append(cost)
    return {key: tuple(costs) for key, costs in found.items()}


def _cost(service: str, body: Mapping[str, Any]) -> Cost | None:
    kind, amount = _kind(body.get("type")), _amount(body.get("value"))
    if kind is None or (amount is None and kind != "excluded"):
        return None
    percent = kind == "coinsurance" or body.get("value", {}).get("code") == "%"
    qualifiers, modifiers = _qualifiers(body.get("qualifiers", ()))
    start, end = _period(body)
    return Cost(
        kind="coinsurance" if percent and kind == "copay" else kind,
        service=service,
        amount=amount or Decimal(0),
        percent=percent,
        modifiers=modifiers,
        qualifiers=qualifiers,
        start=start,
        end=end,
    )


def _period(element: Mapping[str, Any]) -> tuple[date, date]:
    """R4 gives a cost no dates of its own: an extension does."""
    found = (each.get("valuePeriod", {}) for each in element.get("extension", ()) if each.get("url") == COST_PERIOD)
    period = element.get("period") or first(found) or {}
    return day(period.get("start")) or date.min, day(period.get("end"), last=True) or date.max


def _qualifiers(concepts: Any) -> tuple[frozenset[str], frozenset[str]]:
    """Ours, and the rest, which are the procedure modifiers that a cost is for."""
    found = [coding for concept in concepts for coding in concept.get("coding", ()) if "code" in coding]
    ours = frozenset(each["code"] for each in found if each.get("system") == QUALIFIERS)
    return ours, frozenset(each["code"] for each in found if each.get("system") != QUALIFIERS)


def _filing_days(body: Mapping[str, Any]) -> int | None:
    limits = (
        _amount(limit.get("value"))
        for coverage in body.get("coverage", ())
        for benefit in coverage.get("benefit", ())
        for limit in benefit.get("limit", ())
        if TIMELY_FILING in codes(limit.get("code")) + codes(benefit.get("type"))
    )
    days = first(_stated(limits))
    return None if days is None else int(days)


def _currency(body: Mapping[str, Any]) -> str | None:
    """Of the first amount of money that names one."""
    general = (
        cost.get("cost", {}).get("currency") for each in body.get("plan", ()) for cost in each.get("generalCost", ())
    )
    specific = (cost.get("value", {}) for *_, benefit in _benefits(body) for cost in benefit.get("cost", ()))
    quantities = (value.get("code") for value in specific if value.get("system") == CURRENCIES)
    return first(filter(None, chain(general, quantities)))
