"""NM, SI, CQ, CP, MO: numbers and money, in Decimal as they were written."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mappings.v2.message import Field, Node, Repetition
from mappings.v2_to_fhir.datatypes.st import text
from mappings.v2_to_fhir.notation import Unreadable
from mappings.v2_to_fhir.sender import Sender

_NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{0,6})?|\.\d{1,6})", re.ASCII)
"""As many digits as a product of two can have, rounded to cents, without losing one."""
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_LARGEST = 2**31 - 1
CENT = Decimal("0.01")
DAYS = {"unit": "days", "system": "http://unitsofmeasure.org", "code": "d"}


def number(node: Node) -> Decimal | Unreadable | None:
    if not (value := node.text):
        return None
    return Decimal(value) if _NUMBER.fullmatch(value) else Unreadable("not a number")


def positive(node: Node, _: Sender) -> int | Unreadable | None:
    """A FHIR positiveInt."""
    value = number(node)
    if not isinstance(value, Decimal):
        return value
    whole = value == value.to_integral_value() and 0 < value <= _LARGEST
    return int(value) if whole else Unreadable("not a positive whole number")


def days(node: Node, _: Sender) -> dict[str, Any] | Unreadable | None:
    value = number(node)
    return {"value": value, **DAYS} if isinstance(value, Decimal) else value


def money(node: Field | Repetition, sender: Sender) -> dict[str, Any]:
    """CP (``100.00&USD``), MO (``100.00^USD``), or a bare amount in the sender's currency."""
    first = node[1]
    stated = (text(first[2]) or text(node[2])).upper()
    currency = stated if _CURRENCY.fullmatch(stated) else sender.site.currency
    amount = number(first[1])
    return {"value": amount, "currency": currency} if amount is not None else {}


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
