"""What an ExplanationOfBenefit of ours leaves for later claims: what it used of the plan year, and what it judged."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from mappings.claim.claim import Service
from mappings.claim.element import codes, day, party, service_day
from mappings.claim.from_fhir import line
from mappings.claim.money import ZERO, decimal


def counts(eob: Mapping[str, Any]) -> bool:
    """Cancelled and predetermined ones used nothing."""
    return (eob.get("status"), eob.get("use"), eob.get("outcome")) == ("active", "claim", "complete")


def year_start(eob: Mapping[str, Any]) -> date | None:
    return day(eob.get("benefitPeriod", {}).get("start"))


def sum_of(eob: Mapping[str, Any], category: str) -> Decimal:
    """The claim's total of a category; zero if it does not state one."""
    return _of(eob.get("total", ()), category)


def services(eob: Mapping[str, Any]) -> Iterator[Service]:
    """The lines of which the plan recognised something: a denied one may be billed again."""
    provider = party(eob.get("provider")) or ""
    start = service_day(eob.get("billablePeriod", {}).get("start"))
    for item in eob.get("item", ()):
        if _of(item.get("adjudication", ()), "eligible") > 0:
            yield line(item, start).service(provider)


def _of(entries: Any, category: str) -> Decimal:
    found = (each.get("amount", {}).get("value") for each in entries if category in codes(each.get("category")))
    return next((amount for value in found if (amount := decimal(value)) is not None), ZERO)
