"""Made-up members of a made-up plan, and their claims."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from interfaces.demo.ehr import CPT, ICD, coded, identifier
from interfaces.demo.plans import ROWS, plan
from mappings.fhir.json import Json

PLAN = ROWS[0]
CODES = tuple(PLAN.fees)
DIAGNOSES = ("E03.9", "I10", "J45.909", "M54.50")
NPI = "http://hl7.org/fhir/sid/us-npi"
SYSTEM = "urn:causeway:bench"
EACH = 10
"""Claims of one member: what was judged before is read for each, so it matters how much that is."""


def insurance_plan(today: date) -> Json:
    return plan(PLAN, today.year)


def member(number: int, today: date) -> Iterator[Json]:
    """A patient, and how the plan covers them."""
    yield {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [identifier("MR", SYSTEM, f"{number}")],
        "name": [{"family": f"Member{number}", "given": ["Ada"]}],
        "gender": "female",
        "birthDate": "1992-01-27",
    }
    yield {
        "resourceType": "Coverage",
        "id": f"c{number}",
        "status": "active",
        "subscriberId": f"M-{number}",
        "beneficiary": {"reference": f"Patient/p{number}"},
        "relationship": {"coding": [{"code": "self"}]},
        "period": {"start": f"{today.year - 1}-01-01", "end": f"{today.year}-12-31"},
        "payor": [{"display": "Lakeshore Mutual"}],
        "class": [{"type": coded("http://terminology.hl7.org/CodeSystem/coverage-class", "plan"), "value": PLAN.id}],
    }


def claim(number: int, of: int, lines: int, today: date) -> Json:
    """The claim of that number, by member ``of``: no two serve the same day's same service."""
    served = today - timedelta(days=1 + number % 300)
    items = list(items_of(number, lines, served))
    return {
        "resourceType": "Claim",
        "identifier": [{"system": f"{SYSTEM}:claim", "value": f"{number}"}],
        "status": "active",
        "type": coded("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        "use": "claim",
        "patient": {"reference": f"Patient/p{of}", "display": f"Member{of}, Ada"},
        "created": f"{today}",
        "insurer": {"display": "Lakeshore Mutual"},
        "provider": {"identifier": {"system": NPI, "value": "1730155555"}, "display": "Elm Street Clinic"},
        "priority": coded("http://terminology.hl7.org/CodeSystem/processpriority", "normal"),
        "diagnosis": [
            {"sequence": sequence, "diagnosisCodeableConcept": coded(ICD, code)}
            for sequence, code in enumerate(DIAGNOSES, 1)
        ],
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": f"Coverage/c{of}"}}],
        "item": items,
        "total": total(items),
    }


def items_of(number: int, lines: int, served: date) -> Iterator[Json]:
    for sequence in range(1, lines + 1):
        price = Decimal(f"{100 + (number + sequence) % 400}.00")
        yield {
            "sequence": sequence,
            "diagnosisSequence": [1 + (number + sequence) % len(DIAGNOSES)],
            "productOrService": coded(CPT, CODES[(number + sequence) % len(CODES)]),
            "servicedDate": f"{served - timedelta(days=sequence // len(CODES))}",
            "locationCodeableConcept": coded("https://www.cms.gov/Medicare/Coding/place-of-service-codes", "11"),
            "quantity": {"value": 1},
            "unitPrice": {"value": price, "currency": "USD"},
            "net": {"value": price, "currency": "USD"},
        }


def total(items: Iterable[Json]) -> Json:
    return {"value": sum((each["net"]["value"] for each in items), Decimal(0)), "currency": "USD"}


ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
CATEGORIES = ("submitted", "eligible", "deductible", "copay", "benefit")


def explanation(number: int, of: int, lines: int, today: date) -> Json:
    """What a payer says of such a claim, category by category."""
    asked = claim(number, of, lines, today)
    said = ("type", "use", "patient", "created", "insurer", "provider", "diagnosis")
    return {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "outcome": "complete",
        **{name: asked[name] for name in said},
        "insurance": [{"focal": each["focal"], "coverage": each["coverage"]} for each in asked["insurance"]],
        "item": [{**each, "adjudication": list(_adjudication(each["net"]))} for each in asked["item"]],
        "total": [{"category": coded(ADJUDICATION, "submitted"), "amount": asked["total"]}],
    }


def _adjudication(net: Json) -> Iterator[Json]:
    for category in CATEGORIES:
        yield {"category": coded(ADJUDICATION, category), "amount": net}
