"""What was decided on a claim as an ExplanationOfBenefit: the claim again, and what became of each line.

https://hl7.org/fhir/R4/explanationofbenefit.html"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from mappings.claim.adjudicated import (
    Body,
    adjudication,
    disposition,
    note_numbers,
    notes,
    payment,
    process_notes,
    totals,
)
from mappings.claim.codes import (
    BENEFIT_CATEGORY,
    BENEFIT_TERM,
    BENEFIT_UNIT,
    C4BB_IDENTIFIER,
    C4BB_SUPPORTING_INFO,
    COST_TYPE,
    concept,
)
from mappings.claim.decision import Balance, Decision
from mappings.claim.money import money

EOB_IDENTIFIER = "urn:causeway:eob"

COPIED = (
    "type",
    "subType",
    "use",
    "patient",
    "billablePeriod",
    "enterer",
    "provider",
    "priority",
    "related",
    "prescription",
    "payee",
    "referral",
    "facility",
    "careTeam",
    "diagnosis",
    "procedure",
    "accident",
)
ITEM_COPIED = (
    "sequence",
    "careTeamSequence",
    "diagnosisSequence",
    "procedureSequence",
    "informationSequence",
    "revenue",
    "category",
    "productOrService",
    "modifier",
    "programCode",
    "servicedDate",
    "servicedPeriod",
    "locationCodeableConcept",
    "locationAddress",
    "locationReference",
    "quantity",
    "unitPrice",
    "factor",
    "net",
    "udi",
    "bodySite",
    "subSite",
    "encounter",
    "detail",
)


def explanation(
    claim: Mapping[str, Any], decision: Decision, *, request: Body, response: Body, insurer: Body, created: str
) -> Body:
    """``request``, ``response`` and ``insurer`` are References; ``created`` is an instant."""
    numbered, day = notes(decision), created[: len("2024-01-31")]
    body = {
        "resourceType": "ExplanationOfBenefit",
        "identifier": [_identifier(request)],
        "status": "active",
        **_copied(claim, COPIED),
        "created": created,
        "insurer": insurer,
        "claim": request,
        "claimResponse": response,
        "outcome": "complete",
        "disposition": disposition(decision),
        "supportingInfo": _supporting_info(claim, day),
        "insurance": [_insurance(each) for each in claim["insurance"]],
        "item": _items(claim, decision, numbered),
        "total": totals(decision),
        "payment": payment(decision, day),
        **process_notes(numbered),
        "benefitPeriod": {"start": decision.start.isoformat(), "end": decision.end.isoformat()},
        **_balances(decision),
    }
    contained = [each for each in claim.get("contained", ()) if _mentions(body, f"#{each.get('id')}")]
    return {**body, **({"contained": contained} if contained else {})}


def balances(found: Iterable[Balance], currency: str | None) -> list[tuple[Body, Body]]:
    """Of each balance, whose it is (unit and term) and the amounts: EOB and eligibility show the same."""
    return [
        (
            {
                "unit": concept(BENEFIT_UNIT, "family" if each.family else "individual"),
                "term": concept(BENEFIT_TERM, "annual"),
            },
            {
                "type": concept(COST_TYPE, each.kind),
                "allowedMoney": money(each.limit, currency),
                "usedMoney": money(each.used, currency),
            },
        )
        for each in found
    ]


def _balances(decision: Decision) -> Body:
    grouped = groupby(balances(decision.balances, decision.currency), key=lambda pair: pair[0])
    category = concept(BENEFIT_CATEGORY, "30", "Health Benefit Plan Coverage")
    found = [
        {"category": category, **whose, "financial": [amounts for _, amounts in pairs]} for whose, pairs in grouped
    ]
    return {"benefitBalance": found} if found else {}


def _items(claim: Mapping[str, Any], decision: Decision, numbered: dict[str, int]) -> list[Body]:
    return [
        {
            **_copied(item, ITEM_COPIED),
            **note_numbers(line, numbered),
            "adjudication": adjudication(line, decision.currency),
        }
        for item, line in zip(claim["item"], decision.lines, strict=True)
    ]


def _identifier(request: Body) -> Body:
    """CARIN's unique claim identifier: one explanation for each claim."""
    return {"type": concept(C4BB_IDENTIFIER, "uc"), "system": EOB_IDENTIFIER, "value": request["reference"]}


def _supporting_info(claim: Mapping[str, Any], day: str) -> list[Body]:
    """What the claim brought, and the day on which it came."""
    brought = [_reasoned(each) for each in claim.get("supportingInfo", ())]
    sequence = max((each["sequence"] for each in brought), default=0) + 1
    received = concept(C4BB_SUPPORTING_INFO, "clmrecvddate")
    return [*brought, {"sequence": sequence, "category": received, "timingDate": day}]


def _reasoned(info: Mapping[str, Any]) -> Body:
    """``reason`` is a CodeableConcept in a Claim and a Coding in an ExplanationOfBenefit."""
    codings = info.get("reason", {}).get("coding", ())
    rest = {name: value for name, value in info.items() if name != "reason"}
    return {**rest, **({"reason": codings[0]} if codings else {})}


def _insurance(insurance: Mapping[str, Any]) -> Body:
    return {"focal": insurance.get("focal", True), **_copied(insurance, ("coverage", "preAuthRef"))}


def _copied(body: Mapping[str, Any], names: Iterable[str]) -> Body:
    return {name: body[name] for name in names if name in body}


def _mentions(value: Any, reference: str) -> bool:
    if isinstance(value, Mapping):
        return value.get("reference") == reference or any(_mentions(each, reference) for each in value.values())
    return isinstance(value, list) and any(_mentions(each, reference) for each in value)
