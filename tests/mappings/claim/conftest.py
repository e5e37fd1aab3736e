"""A claim as an EHR sends it, and a decision on it."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mappings.claim.decision import Adjustment, Balance, Decision, LineDecision

CPT = "http://www.ama-assn.org/go/cpt"


def usd(amount: str) -> dict[str, Any]:
    return {"value": Decimal(amount), "currency": "USD"}


CLAIM: dict[str, Any] = {
    "resourceType": "Claim",
    "id": "c1",
    "identifier": [{"system": "urn:example:claims", "value": "2024-0017"}],
    "status": "active",
    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": "professional"}]},
    "use": "claim",
    "patient": {"reference": "Patient/p1"},
    "billablePeriod": {"start": "2024-03-05", "end": "2024-03-06"},
    "created": "2024-03-09",
    "insurer": {"reference": "Organization/harbor"},
    "provider": {"reference": "Organization/clinic"},
    "priority": {"coding": [{"code": "normal"}]},
    "careTeam": [{"sequence": 1, "provider": {"reference": "Practitioner/d1"}}],
    "supportingInfo": [
        {
            "sequence": 4,
            "category": {"text": "Note"},
            "valueString": "seen twice",
            "reason": {"coding": [{"system": "urn:example:why", "code": "asked"}]},
        }
    ],
    "diagnosis": [
        {
            "sequence": 1,
            "diagnosisCodeableConcept": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J20.9"}]},
        }
    ],
    "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/v1"}}],
    "item": [
        {
            "sequence": 1,
            "careTeamSequence": [1],
            "diagnosisSequence": [1],
            "category": {"coding": [{"code": "office-visit"}]},
            "productOrService": {"coding": [{"system": CPT, "code": "99213"}, {"system": "urn:x:local", "code": "V3"}]},
            "modifier": [{"coding": [{"system": CPT, "code": "25"}]}, {"coding": [{"system": CPT, "code": "59"}]}],
            "servicedDate": "2024-03-05",
            "quantity": {"value": Decimal(1)},
            "unitPrice": usd("140.00"),
            "net": usd("140.00"),
        },
        {
            "sequence": 2,
            "productOrService": {"coding": [{"system": CPT, "code": "80053"}]},
            "servicedPeriod": {"start": "2024-03-06", "end": "2024-03-06"},
            "quantity": {"value": Decimal(3)},
            "unitPrice": usd("13.335"),
            "net": usd("40.01"),
        },
    ],
    "total": usd("180.01"),
}


@pytest.fixture
def claim() -> dict[str, Any]:
    return deepcopy(CLAIM)


@pytest.fixture
def decision() -> Decision:
    paid = LineDecision(
        1,
        Decimal("140.00"),
        Decimal("83.66"),
        (
            Adjustment("CO", "45", Decimal("56.34"), "What is charged above the agreed fee is written off."),
            Adjustment("PR", "3", Decimal("25.00"), "The patient pays a fixed amount."),
            Adjustment("PR", "1", Decimal("10.00"), "The patient pays until the deductible is met."),
            Adjustment("PR", "2", Decimal("9.73"), "The patient pays a share."),
        ),
    )
    excluded = Adjustment("PR", "96", Decimal("40.01"), "The plan excludes this service.", "N130", denial=True)
    refused = LineDecision(2, Decimal("40.01"), Decimal("0.00"), (excluded,))
    balances = (
        Balance("deductible", False, Decimal("500.00"), Decimal("10.00")),
        Balance("maxoutofpocket", False, Decimal("3000.00"), Decimal("44.73")),
        Balance("deductible", True, Decimal("1000.00"), Decimal("10.00")),
    )
    return Decision("USD", (paid, refused), date(2024, 1, 1), date(2024, 12, 31), balances)
