"""A Coverage as far as a claim or an eligibility question needs it.

https://hl7.org/fhir/R4/coverage.html"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mappings.claim.element import codes, day, first, reference


@dataclass(frozen=True, slots=True)
class Coverage:
    """``plans``: the values of its class ``plan``, by which the InsurancePlan is found. One ``subscriber`` makes the
    coverages of a family."""

    reference: str
    status: str
    beneficiary: str | None
    subscriber: str | None
    start: date | None
    end: date | None
    payors: tuple[str, ...]
    plans: tuple[str, ...]


def coverage(body: Mapping[str, Any]) -> Coverage:
    period = body.get("period", {})
    return Coverage(
        reference=f"Coverage/{body['id']}",
        status=body.get("status", ""),
        beneficiary=reference(body.get("beneficiary")),
        subscriber=reference(body.get("subscriber")),
        start=day(period.get("start")),
        end=day(period.get("end"), last=True),
        payors=tuple(filter(None, map(reference, body.get("payor", ())))),
        plans=tuple(each["value"] for each in body.get("class", ()) if "plan" in codes(each.get("type"))),
    )


def payor(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first payor that is an organization: an insurer has to be one."""
    return first(each for each in body.get("payor", ()) if (reference(each) or "").startswith("Organization/"))
