"""One patient as an EHR sends her: in FHIR, with a Claim that the EHR wrote itself."""

from datetime import date
from decimal import Decimal

from mappings.fhir.json import Json

PATIENT, VISIT, COVERAGE, INSURER, CLINIC = (
    "Patient/priya",
    "Encounter/priya-visit",
    "Coverage/priya-ppo",
    "Organization/lakeshore",
    "Organization/elm-clinic",
)
CPT = "http://www.ama-assn.org/go/cpt"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def resources(today: date) -> tuple[Json, ...]:
    """What the claim refers to, in an order in which each finds what it refers to."""
    return (
        {"resourceType": "Organization", "id": "lakeshore", "name": "Lakeshore Mutual"},
        {"resourceType": "Organization", "id": "elm-clinic", "name": "Elm Street Clinic"},
        {
            "resourceType": "Patient",
            "id": "priya",
            "identifier": [identifier("MR", "urn:causeway:demo:elm-street", "E-204")],
            "name": [{"family": "Raman", "given": ["Priya"]}],
            "gender": "female",
            "birthDate": "1992-01-27",
        },
        {
            "resourceType": "Coverage",
            "id": "priya-ppo",
            "status": "active",
            "subscriberId": "LM-9001-13",
            "beneficiary": {"reference": PATIENT},
            "relationship": {"coding": [{"code": "self"}]},
            "period": {"start": f"{today.year}-01-01", "end": f"{today.year}-12-31"},
            "payor": [{"reference": INSURER}],
            "class": [
                {"type": coded("http://terminology.hl7.org/CodeSystem/coverage-class", "plan"), "value": "PPO-500"}
            ],
        },
        {
            "resourceType": "Encounter",
            "id": "priya-visit",
            "identifier": [identifier("VN", "urn:causeway:demo:elm-street:visit", "E-V-77")],
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": PATIENT},
            "period": {"start": f"{today}T14:00:00Z", "end": f"{today}T14:30:00Z"},
        },
    )


def claim(today: date) -> Json:
    return {
        "resourceType": "Claim",
        "identifier": [{"system": "urn:causeway:demo:elm-street:claim", "value": f"E-C-{today:%Y%m%d}"}],
        "status": "active",
        "type": coded("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        "use": "claim",
        "patient": {"reference": PATIENT},
        "created": f"{today}",
        "insurer": {"reference": INSURER},
        "provider": {"reference": CLINIC},
        "priority": coded("http://terminology.hl7.org/CodeSystem/processpriority", "normal"),
        "diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": coded(ICD, "E03.9")}],
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": COVERAGE}}],
        "item": [
            {
                "sequence": 1,
                "diagnosisSequence": [1],
                "productOrService": coded(CPT, "99214"),
                "servicedDate": f"{today}",
                "quantity": {"value": 1},
                "unitPrice": {"value": Decimal("190.00"), "currency": "USD"},
                "net": {"value": Decimal("190.00"), "currency": "USD"},
                "encounter": [{"reference": VISIT}],
            }
        ],
        "total": {"value": Decimal("190.00"), "currency": "USD"},
    }


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def identifier(kind: str, system: str, value: str) -> Json:
    type = coded("http://terminology.hl7.org/CodeSystem/v2-0203", kind)
    return {"type": type, "system": system, "value": value}


def eligibility(today: date) -> Json:
    return {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation", "benefits"],
        "patient": {"reference": PATIENT},
        "servicedDate": f"{today}",
        "created": f"{today}",
        "insurer": {"reference": INSURER},
        "insurance": [{"focal": True, "coverage": {"reference": COVERAGE}}],
    }
