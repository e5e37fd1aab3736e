"""A FHIR Claim as a canonical claim, or as a rejection that says why not.

https://hl7.org/fhir/R4/claim.html"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from mappings.claim.claim import Claim, Line, Rejection
from mappings.claim.element import all_codes, codes, first, party, reference, service_day
from mappings.claim.front_end import charge, currencies, focal_insurance, problems
from mappings.claim.money import ZERO, cents, decimal


def claim(body: Mapping[str, Any]) -> Claim | Rejection:
    found = problems(body)
    return Rejection(found) if found else _claim(body)


def _claim(body: Mapping[str, Any]) -> Claim:
    start = service_day(body.get("billablePeriod", {}).get("start"))
    return Claim(
        patient=reference(body["patient"]) or "",
        provider=party(body["provider"]) or "",
        insurer=reference(body.get("insurer")),
        coverage=reference(focal_insurance(body)[0]["coverage"]) or "",
        currency=first(currencies(body)),
        lines=tuple(line(item, start) for item in body["item"]),
    )


def line(item: Mapping[str, Any], start: date | None = None) -> Line:
    """``start`` of the billable period stands in for a date that the item leaves out: a facility's lines often do."""
    return Line(
        sequence=item["sequence"],
        codes=codes(item.get("productOrService")),
        modifiers=all_codes(item.get("modifier", ())),
        category=first(codes(item.get("category"))) or first(codes(item.get("revenue"))),
        served=service_day(item.get("servicedDate") or item.get("servicedPeriod", {}).get("start")) or start,
        quantity=decimal(item.get("quantity", {}).get("value", 1)) or Decimal(0),
        charge=cents(charge(item) or ZERO),
    )
