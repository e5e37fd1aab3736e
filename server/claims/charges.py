"""ChargeItems as what they are for a claim: services in the order in which they were given, credits taken off.

https://hl7.org/fhir/R4/chargeitem.html"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from mappings.claim.element import codes
from mappings.claim.money import ZERO, cents, decimal
from mappings.v2_to_fhir.extensions import MODIFIER, PLACE, REVENUE_CODE, UNIT_PRICE

BILLABLE = "billable"


@dataclass(frozen=True, slots=True)
class Charge:
    """One ChargeItem. ``amount`` is of the whole quantity, None where no price is stated. A credit is below zero."""

    body: Mapping[str, Any]
    quantity: Decimal
    amount: Decimal | None

    @property
    def reference(self) -> str:
        return f"ChargeItem/{self.body['id']}"

    @property
    def is_credit(self) -> bool:
        return self.quantity < 0 or (self.amount or ZERO) < 0

    @property
    def code(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body["code"]
        return found

    @property
    def modifiers(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(_extended(self.body, MODIFIER, "valueCodeableConcept"))

    @property
    def revenue(self) -> Mapping[str, Any] | None:
        return next(_extended(self.body, REVENUE_CODE, "valueCodeableConcept"), None)

    @property
    def place(self) -> Mapping[str, Any] | None:
        return next(_extended(self.body, PLACE, "valueReference"), None)

    @property
    def unit_price(self) -> Decimal | None:
        """The stated price of one unit, else what the amount is in equal parts; None where that would not add up."""
        if self.amount is None or not self.quantity:
            return None
        stated = next(_extended(self.body, UNIT_PRICE, "valueMoney"), None)
        price = decimal(stated.get("value")) if stated else cents(self.amount / self.quantity)
        return price if price is not None and cents(price * self.quantity) == self.amount else None

    @property
    def currency(self) -> str | None:
        found: str | None = self.body.get("priceOverride", {}).get("currency")
        return found

    @property
    def served(self) -> Mapping[str, str]:
        """``start`` and, of a period, ``end``: days."""
        period = self.body.get("occurrencePeriod", {})
        start = self.body.get("occurrenceDateTime") or period.get("start")
        named = (("start", start), ("end", period.get("end")))
        return {name: value[: len("2024-01-31")] for name, value in named if value}

    @property
    def service(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What was done: a credit takes back a charge of the same."""
        return codes(self.code), tuple(code for each in self.modifiers for code in codes(each)[:1])

    @property
    def place_in_time(self) -> tuple[str, str, str, str]:
        """Of charges of one moment, the sender's own numbers keep its order."""
        started = self.body.get("occurrenceDateTime") or self.body.get("occurrencePeriod", {}).get("start")
        number = next((each.get("value", "") for each in self.body.get("identifier", ())), "")
        return started or "", self.body.get("enteredDate", ""), number, self.body["id"]


def charge(body: Mapping[str, Any]) -> Charge:
    quantity = decimal(body.get("quantity", {}).get("value", 1))
    price = decimal(body.get("priceOverride", {}).get("value"))
    return Charge(body, Decimal(1) if quantity is None else quantity, None if price is None else cents(price))


def billable(bodies: Iterable[Mapping[str, Any]]) -> tuple[Charge, ...]:
    """What is to be billed, in the order of service, with every credit taken off the charge that it takes back.

    A credit without such a charge waits for it: a claim has no line below zero."""
    found = sorted((charge(body) for body in bodies if body["status"] == BILLABLE), key=lambda each: each.place_in_time)
    left = tuple(each for each in found if not each.is_credit)
    for credit in (each for each in found if each.is_credit):
        left = _less(left, credit)
    return left


def _less(charges: tuple[Charge, ...], credit: Charge) -> tuple[Charge, ...]:
    """A credit is taken off charges of the same service: of the same day first, the latest first."""
    quantity, amount = abs(credit.quantity), abs(credit.amount or ZERO)
    same = [each for each in charges if each.service == credit.service and each.amount is not None]
    for each in sorted(same, key=lambda each: (each.served == credit.served, each.place_in_time), reverse=True):
        units, worth = min(quantity, each.quantity), min(amount, each.amount or ZERO)
        if (units == each.quantity) == (worth == each.amount):
            charges = _taken_off(charges, each, units, worth)
            quantity, amount = quantity - units, amount - worth
        if not quantity:
            break
    return charges


def _taken_off(charges: tuple[Charge, ...], charge: Charge, units: Decimal, worth: Decimal) -> tuple[Charge, ...]:
    if units == charge.quantity:
        return tuple(each for each in charges if each is not charge)
    less = replace(charge, quantity=charge.quantity - units, amount=(charge.amount or ZERO) - worth)
    return tuple(less if each is charge else each for each in charges)


def _extended(body: Mapping[str, Any], url: str, value: str) -> Any:
    return (each[value] for each in body.get("extension", ()) if each.get("url") == url and value in each)
