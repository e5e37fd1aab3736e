"""Money: Decimal, in cents, rounded half up once for each amount that is derived."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
LIMIT = Decimal("100000000.00")
"""No amount reaches this: X12 gives money ten digits."""


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def decimal(value: Any) -> Decimal | None:
    """A JSON number as it stands, None for anything else (``true`` is an int in Python)."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < LIMIT else None


def money(amount: Decimal, currency: str | None) -> dict[str, Any]:
    """https://hl7.org/fhir/R4/datatypes.html#Money"""
    return {"value": amount, **({"currency": currency} if currency else {})}
