"""The insurers' plans of the demo, a row each, as InsurancePlan resources (docs/insurance-plan.md)."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from mappings.fhir.json import Json

COPAY_TYPE = "http://terminology.hl7.org/CodeSystem/coverage-copay-type"
OURS = "urn:causeway:plan-cost"
QUALIFIER = "urn:causeway:plan-cost-qualifier"
CPT = "http://www.ama-assn.org/go/cpt"


class Row(NamedTuple):
    """``coinsurance`` in percent; ``fees`` by procedure code; ``copay`` for one visit."""

    id: str
    name: str
    deductible: int
    maximum: int
    coinsurance: int
    copay: int
    fees: Mapping[str, str]


ROWS = (
    Row(
        "PPO-500", "Lakeshore PPO 500", deductible=500, maximum=3000, coinsurance=20, copay=0,
        fees={"99285": "610.00", "93005": "41.25", "71046": "98.40", "99283": "255.00", "12001": "140.00",
              "99214": "128.00"},
    ),
    Row(
        "SENIOR-B", "Heartland Senior B", deductible=0, maximum=2000, coinsurance=20, copay=0,
        fees={"96365": "187.60", "96366": "52.10"},
    ),
    Row(
        "HMO-25", "Cedar HMO 25", deductible=0, maximum=1500, coinsurance=0, copay=25,
        fees={"99213": "96.00", "87880": "16.50"},
    ),
    Row(
        "SAVER-3000", "Lakeshore Saver 3000", deductible=3000, maximum=5000, coinsurance=10, copay=0,
        fees={"72148": "880.00"},
    ),
)  # fmt: skip


def plans(today: date) -> Iterator[Json]:
    return (plan(row, today.year) for row in ROWS)


def plan(row: Row, year: int) -> Json:
    fees = [benefit(CPT, code, cost(OURS, "allowed", money(fee))) for code, fee in row.fees.items()]
    return {
        "resourceType": "InsurancePlan",
        "id": row.id.lower(),
        "identifier": [{"system": "urn:causeway:demo:plan", "value": row.id}],
        "status": "active",
        "name": row.name,
        "period": {"start": f"{year - 1}-01-01", "end": f"{year}-12-31"},
        "plan": [
            {
                "generalCost": [
                    {"type": concept(COPAY_TYPE, "deductible"), "groupSize": 1, "cost": amount(row.deductible)},
                    {"type": concept(COPAY_TYPE, "maxoutofpocket"), "groupSize": 1, "cost": amount(row.maximum)},
                ],
                "specificCost": [
                    {"category": concept(OURS, "all"), "benefit": [benefit(OURS, "all", *shares(row)), *fees]}
                ],
            }
        ],
    }


def shares(row: Row) -> Iterator[Json]:
    """What the patient pays of whatever is done."""
    if row.copay:
        yield {**cost(COPAY_TYPE, "copay", money(str(row.copay))), "qualifiers": [concept(QUALIFIER, "per-visit")]}
    percent = {"value": row.coinsurance, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    yield cost(COPAY_TYPE, "copaypct", percent)


def benefit(system: str, code: str, *costs: Json) -> Json:
    return {"type": concept(system, code), "cost": list(costs)}


def cost(system: str, code: str, value: Json) -> Json:
    return {"type": concept(system, code), "value": value}


def money(text: str) -> Json:
    return {"value": Decimal(text), "unit": "USD", "system": "urn:iso:std:iso:4217", "code": "USD"}


def amount(value: int) -> Json:
    return {"value": Decimal(value), "currency": "USD"}


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}
