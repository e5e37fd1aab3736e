"""The documentation's plan, read and used; and what a reader has to put up with."""

from datetime import date
from decimal import Decimal

import pytest
from fhir.resources.R4B.insuranceplan import InsurancePlan

from mappings.fhir.checker import check
from server.claims.adjudication.insurance_plan import plan as read
from server.claims.adjudication.plan import Limit

TODAY = date(2024, 9, 1)


def test_the_example_is_fhir(example_plan):
    assert check(example_plan) == []
    InsurancePlan.model_validate(example_plan)


def test_the_example_says(example_plan):
    plan = read(example_plan)
    assert (plan.currency, plan.start, plan.end) == ("USD", date(2024, 1, 1), date(2027, 12, 31))
    assert plan.payers == {"Organization/harbor-health"}
    assert plan.deductible == Limit(Decimal(500), Decimal(1000))
    assert plan.out_of_pocket == Limit(Decimal(3000), Decimal(6000))
    assert plan.filing_days == 365


LINES = {
    "an office visit": ({"charge": "140.00", "code": "99213"}, ["CO 45 56.34", "PR 3 25.00"]),
    "after the fee rose": (
        {"charge": "140.00", "code": "99213", "served": date(2024, 7, 1)},
        ["CO 45 53.90", "PR 3 25.00"],
    ),
    "an x-ray": ({"charge": "80.00", "code": "71046"}, ["CO 45 43.60", "PR 1 36.40"]),
    "its reading": ({"charge": "80.00", "code": "71046", "modifiers": ("26",)}, ["CO 45 70.75", "PR 1 9.25"]),
    "something else": ({"charge": "700.00", "code": "A0429"}, ["PR 1 500.00", "PR 2 40.00"]),
    "cosmetic surgery": ({"charge": "900.00", "code": "15824"}, ["PR 96 900.00"]),
}


@pytest.mark.parametrize(("service", "expected"), LINES.values(), ids=LINES)
def test_the_example_judges(service, expected, example_plan, judge, claim, line):
    decided = judge(claim(line(**service)), read(example_plan), today=TODAY).lines[0]
    assert [f"{each.group} {each.carc} {each.amount}" for each in decided.adjustments] == expected


YEARS = {
    "calendar year without a period": ({}, date(2024, 7, 4), "2024-01-01", "2024-12-31"),
    "the plan's own year": ({"start": "2020-07-01"}, date(2024, 7, 4), "2024-07-01", "2025-06-30"),
    "the day before it": ({"start": "2020-07-01"}, date(2024, 6, 30), "2023-07-01", "2024-06-30"),
    "cut short": ({"start": "2024-01-01", "end": "2024-08-31"}, date(2024, 7, 4), "2024-01-01", "2024-08-31"),
    "a leap day": ({"start": "2024-02-29"}, date(2025, 7, 4), "2025-03-01", "2026-02-28"),
    "before the plan": ({"start": "2024-01-01"}, date(2023, 7, 4), "2023-01-01", "2023-12-31"),
}


@pytest.mark.parametrize(("period", "served", "start", "end"), YEARS.values(), ids=YEARS)
def test_plan_year(period, served, start, end):
    found = read({"resourceType": "InsurancePlan", "period": period} if period else {}).year(served)
    assert [each.isoformat() for each in found] == [start, end]


def coded(code: str) -> dict:
    return {"coding": [{"code": code}]}


def benefit(*costs: dict) -> dict:
    return {
        "plan": [
            {"specificCost": [{"category": coded("lab"), "benefit": [{"type": coded("80053"), "cost": [*costs]}]}]}
        ]
    }


TOLERANT = {
    "nothing": ({}, {}),
    "a cost without a value": (benefit({"type": coded("copay")}), {}),
    "a cost of an unknown type": (benefit({"type": coded("gift"), "value": {"value": 5}}), {}),
    "a cost with words only": (benefit({"type": {"text": "Copay"}, "value": {"value": 5}}), {}),
    "a negative cost": (benefit({"type": coded("copay"), "value": {"value": -5}}), {}),
    "a copay in percent": (benefit({"type": coded("copay"), "value": {"value": 5, "code": "%"}}), {"coinsurance": 5}),
    "another spelling": (benefit({"type": coded("copay-percent"), "value": {"value": 5}}), {"coinsurance": 5}),
}


@pytest.mark.parametrize(("body", "expected"), TOLERANT.values(), ids=TOLERANT)
def test_it_reads_what_it_understands(body, expected):
    assert {kind: costs[0].amount for (kind, _), costs in read(body).costs.items()} == expected


def test_a_benefit_without_a_code_is_its_categorys():
    body = {
        "plan": [
            {
                "specificCost": [
                    {
                        "category": coded("lab"),
                        "benefit": [
                            {"type": {"text": "Any"}, "cost": [{"type": coded("copay"), "value": {"value": 5}}]}
                        ],
                    }
                ]
            }
        ]
    }
    assert list(read(body).costs) == [("copay", "lab")]


def test_a_currency_may_be_a_quantitys():
    value = {"value": 5, "system": "urn:iso:std:iso:4217", "code": "CAD"}
    assert read(benefit({"type": coded("copay"), "value": value})).currency == "CAD"
