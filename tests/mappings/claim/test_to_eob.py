"""https://hl7.org/fhir/R4/explanationofbenefit.html, written, and read again for what later claims need."""

from datetime import date
from decimal import Decimal

import pytest
from fhir.resources.R4B.explanationofbenefit import ExplanationOfBenefit

from mappings.claim.from_eob import counts, services, sum_of, year_start
from mappings.claim.from_fhir import claim as read
from mappings.claim.to_eob import explanation
from mappings.fhir.checker import check

REFERENCES = {
    "request": {"reference": "Claim/c1"},
    "response": {"reference": "ClaimResponse/r1"},
    "insurer": {"reference": "Organization/harbor"},
    "created": "2024-04-01T10:00:00.000Z",
}


@pytest.fixture
def eob(claim, decision):
    return explanation(claim, decision, **REFERENCES)


def test_it_conforms(eob):
    assert check(eob) == []
    ExplanationOfBenefit.model_validate(eob)


def test_the_claim_is_in_it(eob, claim):
    for name in ("type", "patient", "provider", "billablePeriod", "careTeam", "diagnosis"):
        assert eob[name] == claim[name]
    for said, asked in zip(eob["item"], claim["item"], strict=True):
        assert asked.items() <= said.items()
    assert eob["insurance"] == [{"focal": True, "coverage": {"reference": "Coverage/v1"}}]


def test_the_day_it_came_is_in_it(eob):
    brought, received = eob["supportingInfo"]
    assert brought["reason"] == {"system": "urn:example:why", "code": "asked"}
    assert (received["sequence"], received["timingDate"]) == (5, "2024-04-01")
    assert received["category"]["coding"][0]["code"] == "clmrecvddate"


def test_the_years_balances(eob):
    assert eob["benefitPeriod"] == {"start": "2024-01-01", "end": "2024-12-31"}
    found = [
        (
            balance["unit"]["coding"][0]["code"],
            each["type"]["coding"][0]["code"],
            each["allowedMoney"]["value"],
            each["usedMoney"]["value"],
        )
        for balance in eob["benefitBalance"]
        for each in balance["financial"]
    ]
    assert found == [
        ("individual", "deductible", 500, 10),
        ("individual", "maxoutofpocket", 3000, Decimal("44.73")),
        ("family", "deductible", 1000, 10),
    ]


def test_what_the_claim_contains_and_points_at_stays_in_it(claim, decision):
    clinic = {"resourceType": "Organization", "id": "clinic", "name": "Clinic"}
    cover = {"resourceType": "Organization", "id": "unused", "name": "Nobody"}
    claim |= {"contained": [clinic, cover], "provider": {"reference": "#clinic"}}
    eob = explanation(claim, decision, **REFERENCES)
    assert eob["contained"] == [clinic]
    assert check(eob) == []


def test_it_tells_later_claims_what_it_used(eob):
    assert counts(eob)
    assert year_start(eob) == date(2024, 1, 1)
    used = {each: str(sum_of(eob, each)) for each in ("deductible", "copay", "coinsurance", "tax")}
    assert used == {"deductible": "10.00", "copay": "25.00", "coinsurance": "9.73", "tax": "0.00"}


def test_it_tells_later_claims_which_services_were_judged(eob, claim):
    """Not the denied one: it may be billed again."""
    asked = read(claim)
    assert list(services(eob)) == [asked.lines[0].service(asked.provider)]


@pytest.mark.parametrize(
    "change",
    [{"status": "cancelled"}, {"use": "predetermination"}, {"outcome": "error"}],
    ids=lambda each: next(iter(each)),
)
def test_what_is_not_a_judged_claim_does_not_count(change, eob):
    assert not counts({**eob, **change})
