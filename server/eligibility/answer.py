"""A CoverageEligibilityRequest's answer, from what is known of each coverage.

https://hl7.org/fhir/R4/coverageeligibilityresponse.html"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from mappings.claim.claim import Line, Problem
from mappings.claim.codes import BENEFIT_CATEGORY, COST_TYPE, concept
from mappings.claim.element import all_codes, codes, first
from mappings.claim.money import ZERO, cents, money
from mappings.claim.to_eob import balances
from mappings.claim.to_response import error
from server.claims.adjudication.adjudicate import balances as of_year
from server.claims.adjudication.plan import EVERY_SERVICE, Plan, Terms
from server.eligibility.insured import Insured

Body: TypeAlias = dict[str, Any]

COPIED = ("purpose", "patient", "servicedDate", "servicedPeriod")
ITEM_COPIED = ("modifier", "provider")
WHOLE_PLAN = concept(BENEFIT_CATEGORY, "30", "Health Benefit Plan Coverage")
NAMES = {"deductible": "Deductible", "maxoutofpocket": "Out-of-pocket maximum"}


def answer(
    request: Mapping[str, Any],
    insured: Sequence[Insured],
    problems: Sequence[Problem],
    *,
    reference: Body,
    created: str,
) -> Body:
    """``reference`` is to the stored request; ``created`` an instant."""
    requestor = {"requestor": request["provider"]} if "provider" in request else {}
    return {
        "resourceType": "CoverageEligibilityResponse",
        "status": "active",
        **_copied(request, COPIED),
        "created": created,
        **requestor,
        "request": reference,
        "outcome": _outcome(insured, problems),
        "disposition": _disposition(insured),
        "insurer": request["insurer"],
        **_listed("insurance", [_insurance(request, each) for each in insured]),
        **_listed("error", [error(each) for each in problems]),
    }


def _outcome(insured: Sequence[Insured], problems: Sequence[Problem]) -> str:
    """https://hl7.org/fhir/R4/valueset-remittance-outcome.html"""
    return ("partial" if insured else "error") if problems else "complete"


def _disposition(insured: Sequence[Insured]) -> str:
    count = sum(each.in_force for each in insured)
    return f"{count} of {len(insured)} coverages in force" if insured else "No coverage to tell of"


def _insurance(request: Mapping[str, Any], insured: Insured) -> Body:
    head = {"coverage": {"reference": insured.coverage.reference}, "inforce": insured.in_force}
    if insured.plan is None or not insured.in_force:
        return head
    start, end = insured.plan.year(insured.served)
    period = {"start": start.isoformat(), "end": end.isoformat()}
    told = _benefits(request, insured.plan, insured) if "benefits" in request["purpose"] else []
    return {**head, "benefitPeriod": period, **_listed("item", told)}


def _benefits(request: Mapping[str, Any], plan: Plan, insured: Insured) -> list[Body]:
    """The year's limits, then the asked services; of all that the plan tells apart if none is asked about."""
    asked = request.get("item") or [{"category": {"text": each}} for each in _categories(plan)]
    return [*_limits(plan, insured), *(_service(each, plan, insured) for each in asked)]


def _limits(plan: Plan, insured: Insured) -> Iterator[Body]:
    found = list(of_year(plan, insured.history))
    for balance, (whose, amounts) in zip(found, balances(found, plan.currency), strict=True):
        left = f"{cents(balance.limit - balance.used)} of {cents(balance.limit)} {plan.currency or ''} left"
        named = {"category": WHOLE_PLAN, "name": NAMES[balance.kind], "description": left}
        yield {**named, **whose, "benefit": [amounts]}


def _categories(plan: Plan) -> list[str]:
    named = dict.fromkeys([*plan.categories.values(), EVERY_SERVICE])
    return [each for each in named if any(service == each for _, service in plan.costs)]


def _service(item: Mapping[str, Any], plan: Plan, insured: Insured) -> Body:
    terms = plan.terms(_line(item, insured))
    copied = {**_subject(item), **_copied(item, ITEM_COPIED)}
    if terms.excluded or not terms.covered:
        return {**copied, "excluded": True, "description": "Not a benefit of this plan"}
    described = _described(terms, plan)
    return {**copied, "excluded": False, "description": described, **_listed("benefit", list(_shares(terms, plan)))}


def _subject(item: Mapping[str, Any]) -> Body:
    """R4 wants a category or a service, and not both (ces-1)."""
    if "productOrService" in item:
        return {"productOrService": item["productOrService"]}
    return {"category": item.get("category", WHOLE_PLAN)}


def _line(item: Mapping[str, Any], insured: Insured) -> Line:
    category = item.get("category", {})
    return Line(
        sequence=1,
        codes=codes(item.get("productOrService")),
        modifiers=all_codes(item.get("modifier", ())),
        category=first(codes(category)) or category.get("text"),
        served=insured.served,
        quantity=Decimal(1),
        charge=ZERO,
    )


def _shares(terms: Terms, plan: Plan) -> Iterator[Body]:
    if terms.copay:
        yield {
            "type": concept(COST_TYPE, "copay"),
            "allowedMoney": money(cents(terms.copay.amount), plan.currency or ""),
        }
    if terms.coinsurance:
        rate = terms.coinsurance.amount
        whole = rate == rate.to_integral_value()
        allowed = {"allowedUnsignedInt": int(rate)} if whole else {"allowedString": f"{rate}%"}
        yield {"type": concept(COST_TYPE, "copaypct"), **allowed}


def _described(terms: Terms, plan: Plan) -> str:
    copay = f"copay {cents(terms.copay.amount)} {plan.currency}" if terms.copay else "no copay"
    visit = " a visit" if terms.copay_per_visit else ""
    coinsurance = f"{terms.coinsurance.amount if terms.coinsurance else 0} % coinsurance"
    deductible = "no deductible" if terms.deductible_waived else "after the deductible"
    return f"{copay}{visit}, {coinsurance}, {deductible}"


def _copied(body: Mapping[str, Any], names: Sequence[str]) -> Body:
    return {name: body[name] for name in names if name in body}


def _listed(name: str, values: list[Body]) -> Body:
    """FHIR has no empty lists."""
    return {name: values} if values else {}
