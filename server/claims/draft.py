"""Charges, with all that belongs to them, as one draft Claim.

https://hl7.org/fhir/R4/claim.html"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from mappings.claim.codes import CARE_TEAM_ROLE, CLAIM_TYPE, PRIORITY, concept
from mappings.claim.coverage import payor
from mappings.claim.element import codes, reference
from mappings.claim.money import ZERO, money
from server.claims.charges import Charge

Body: TypeAlias = dict[str, Any]

CLAIM_IDENTIFIER = "urn:causeway:claim"
ITEM_CHARGE = "urn:causeway:extension:item-charge"
"""On Claim.item, valueReference: the ChargeItem that the line bills."""
NOT_STATED = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
}

INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})
"""Encounter classes whose charges a facility bills. http://terminology.hl7.org/CodeSystem/v3-ActCode"""
PERFORMER = "PPRF"


@dataclass(frozen=True, slots=True)
class Bill:
    """What one claim is made of. ``coverages`` are in the order in which they pay, the focal one first; ``conditions``
    are the visit's diagnoses in their order; ``number`` is the claim's business identifier."""

    number: str
    kind: str
    subject: Mapping[str, Any]
    charges: Sequence[Charge]
    coverages: Sequence[Mapping[str, Any]]
    encounter: Mapping[str, Any] | None
    conditions: Sequence[Mapping[str, Any]]


def kind(charges: Iterable[Charge], encounter: Mapping[str, Any] | None) -> str:
    """A facility bills a stay, and whatever has a revenue code."""
    stays = (encounter or {}).get("class", {}).get("code") in INPATIENT
    return "institutional" if stays or any(each.revenue for each in charges) else "professional"


def draft(bill: Bill, created: datetime) -> Body:
    """A Claim that anyone may still amend: ``Claim/$submit`` makes it count."""
    diagnoses, team = _diagnoses(bill), _care_team(bill)
    focal = payor(bill.coverages[0])
    return {
        "resourceType": "Claim",
        "identifier": [{"system": CLAIM_IDENTIFIER, "value": bill.number}],
        "status": "draft",
        "type": concept(CLAIM_TYPE, bill.kind),
        "use": "claim",
        "patient": bill.subject,
        **_period(bill),
        "created": created.date().isoformat(),
        **({"insurer": focal} if focal else {}),
        "provider": _provider(bill),
        "priority": concept(PRIORITY, "normal"),
        **_listed("careTeam", [{"sequence": number, **each} for each, number in team.values()]),
        **_listed("diagnosis", [_diagnosis(code, number) for code, number in diagnoses.values()]),
        "insurance": [
            {"sequence": number, "focal": number == 1, "coverage": {"reference": f"Coverage/{each['id']}"}}
            for number, each in enumerate(bill.coverages, 1)
        ],
        "item": [_item(each, number, diagnoses, team) for number, each in enumerate(bill.charges, 1)],
        **_total(bill.charges),
    }


Numbered: TypeAlias = dict[Any, tuple[Body, int]]
"""What is listed once and pointed at by its sequence."""


def _item(charge: Charge, number: int, diagnoses: Numbered, team: Numbered) -> Body:
    pointers = [diagnoses[key][1] for key in dict.fromkeys(map(_code, charge.body.get("reason", ()))) if key]
    members = [team[key][1] for key in dict.fromkeys(map(_member, charge.body.get("performer", ())))]
    encounter = charge.body.get("context")
    return {
        "extension": [{"url": ITEM_CHARGE, "valueReference": {"reference": charge.reference}}],
        "sequence": number,
        **_listed("careTeamSequence", members),
        **_listed("diagnosisSequence", pointers),
        **({"revenue": charge.revenue} if charge.revenue else {}),
        "productOrService": charge.code,
        **_listed("modifier", list(charge.modifiers)),
        **_served(charge),
        **({"locationReference": charge.place} if charge.place else {}),
        "quantity": {"value": charge.quantity},
        **_price(charge),
        **_listed("encounter", [encounter] if (reference(encounter) or "").startswith("Encounter/") else []),
    }


def _price(charge: Charge) -> Body:
    unit = {} if charge.unit_price is None else {"unitPrice": money(charge.unit_price, charge.currency)}
    return {} if charge.amount is None else {**unit, "net": money(charge.amount, charge.currency)}


def _total(charges: Sequence[Charge]) -> Body:
    amounts = [each for each in charges if each.amount is not None]
    sum_of = sum((each.amount or ZERO for each in amounts), ZERO)
    return {"total": money(sum_of, amounts[0].currency)} if amounts else {}


def _served(charge: Charge) -> Body:
    days = charge.served
    if "end" in days and days["end"] != days.get("start"):
        return {"servicedPeriod": dict(days)}
    return {"servicedDate": days["start"]} if "start" in days else {}


def _period(bill: Bill) -> Body:
    days = sorted(day for each in bill.charges for day in each.served.values())
    return {"billablePeriod": {"start": days[0], "end": days[-1]}} if days else {}


def _provider(bill: Bill) -> Mapping[str, Any]:
    """Who bills: the visit's organization, else the charges', else who did the work."""
    organizations = [each.body.get("performingOrganization") for each in bill.charges]
    people = [each["actor"] for charge in bill.charges for each in charge.body.get("performer", ())]
    found = [(bill.encounter or {}).get("serviceProvider"), *organizations, *people]
    return next((each for each in found if each), NOT_STATED)


def _diagnoses(bill: Bill) -> Numbered:
    """What the charges were for, in their order, then what else the visit says."""
    reasons = [reason for each in bill.charges for reason in each.body.get("reason", ())]
    return _numbered([*reasons, *(each["code"] for each in bill.conditions if "code" in each)], _code)


def _diagnosis(code: Body, number: int) -> Body:
    return {"sequence": number, "diagnosisCodeableConcept": code}


def _care_team(bill: Bill) -> Numbered:
    performers = [each for charge in bill.charges for each in charge.body.get("performer", ())]
    found = _numbered(performers, _member)
    return {key: (_teammate(each), number) for key, (each, number) in found.items()}


def _teammate(performer: Mapping[str, Any]) -> Body:
    role = "primary" if PERFORMER in codes(performer.get("function")) else "other"
    return {"provider": performer["actor"], "role": concept(CARE_TEAM_ROLE, role)}


def _numbered(found: Iterable[Any], key: Any) -> Numbered:
    """Each once, in order, from one; what has no key is not listed."""
    distinct: dict[Any, Body] = {}
    for each in found:
        distinct.setdefault(key(each), each)
    distinct.pop(None, None)
    return {name: (each, number) for number, (name, each) in enumerate(distinct.items(), 1)}


def _code(reason: Mapping[str, Any]) -> str | None:
    """A diagnosis is the same whatever else is said of it. Codes are compared without their dot, as v2 senders vary."""
    code = next(iter(codes(reason)), reason.get("text"))
    return code.replace(".", "").upper() if code else None


def _member(performer: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    return reference(performer["actor"]), codes(performer.get("function"))


def _listed(name: str, values: list[Any]) -> Body:
    """FHIR has no empty lists."""
    return {name: values} if values else {}
