"""FT1: a financial transaction; charges and credits are ChargeItems. HL7 v2.8 chapter 6.5.1; HL7 maps none of it.

A credit takes back a charge by being one of the same kind with a negative quantity and amount: debits minus credits is
always the sum, whether or not the sender says which charge it takes back, and one sent again is the same credit."""

import re
from decimal import Decimal
from typing import Any

from mappings.v2.message import Field, Repetition, Segment
from mappings.v2_to_fhir import extensions as ext
from mappings.v2_to_fhir.datatypes.cwe import codeable, concept
from mappings.v2_to_fhir.datatypes.cx import kind_of
from mappings.v2_to_fhir.datatypes.dtm import moment, period
from mappings.v2_to_fhir.datatypes.extension import extension
from mappings.v2_to_fhir.datatypes.nm import cents, money, number
from mappings.v2_to_fhir.datatypes.pl import location
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.datatypes.xcn import practitioner
from mappings.v2_to_fhir.datatypes.xon import numbered, organization
from mappings.v2_to_fhir.draft import Draft
from mappings.v2_to_fhir.notation import Converter, Row, SegmentMap, Unreadable
from mappings.v2_to_fhir.sender import Sender
from mappings.v2_to_fhir.tables import CHARGES, PARTICIPATION, PAYMENTS, PROVIDER_ROLE, Code

PERFORMER = Code("PPRF", PARTICIPATION, "primary performer")
"""ChargeItem.performer.function of FT1-20, who rendered the service."""
ORDERER = Code("OP", PROVIDER_ROLE, "Ordering Provider")
"""ChargeItem.performer.function of FT1-21."""

ONE, ZERO = Decimal(1), Decimal(0)
_AMOUNT = re.compile(r"\d+\.\d\d", re.ASCII)


def kind(ft1: Segment) -> str:
    """FT1-6, table 0017."""
    return token(ft1[6][1]).upper()


def is_charge(ft1: Segment) -> bool:
    return kind(ft1) in CHARGES


def is_payment(ft1: Segment) -> bool:
    return kind(ft1) in PAYMENTS


def is_shifted(ft1: Segment) -> bool:
    """An amount stands where the code should be: the sender counted its columns wrongly."""
    return bool(_AMOUNT.fullmatch(token(ft1[7]))) and not ft1[7][2] and not ft1[7][3] and not ft1[25]


def one_moment(ft1: Segment) -> bool:
    return not ft1[4][2]


def a_range(ft1: Segment) -> bool:
    return bool(ft1[4][2])


def without_procedure(ft1: Segment) -> bool:
    return not ft1[25]


def service(ft1: Segment, sender: Sender) -> dict[str, Any] | None:
    """FT1-25, the procedure, and then FT1-7, which is often the sender's own number for it."""
    procedure, charged = codeable(ft1[25], sender), codeable(ft1[7], sender)
    if not (procedure and charged):
        return procedure or charged
    more = [coding for coding in charged["coding"] if coding not in procedure["coding"]]
    return {"coding": [*procedure["coding"], *more], "text": procedure["text"] or charged["text"]}


def unreadable(ft1: Segment, field: int) -> bool:
    return isinstance(number(ft1[field][1][1]), Unreadable)


def sign(ft1: Segment) -> int:
    """Minus one for what is taken back, however the sender says so."""
    negative = any(_said(ft1, field) < 0 for field in (10, 11, 12))
    return -1 if negative or CHARGES[kind(ft1)] < 0 else 1


def units(ft1: Segment) -> dict[str, Any]:
    """FT1-10, one if empty."""
    return {"value": (abs(_said(ft1, 10)) if ft1[10] else ONE) * sign(ft1), "unit": text(ft1[10][2][1])}


def total(ft1: Segment, sender: Sender) -> dict[str, Any] | None:
    """FT1-11, which is extended, else FT1-12, which is of one unit, times the quantity."""
    if ft1[11]:
        return {**money(ft1[11], sender), "value": abs(_said(ft1, 11)) * sign(ft1)}
    if ft1[12]:
        return {**money(ft1[12], sender), "value": cents(abs(_said(ft1, 12)) * units(ft1)["value"])}
    return None


def unit_price(node: Field, sender: Sender) -> dict[str, Any]:
    said = money(node, sender)
    return {**said, "value": abs(said["value"])} if isinstance(said.get("value"), Decimal) else said


def adds_up(ft1: Segment) -> bool:
    """Whether quantity times unit price is the extended amount, as far as both amounts are said."""
    if not (ft1[11] and ft1[12]):
        return True
    return cents(units(ft1)["value"] * _said(ft1, 12)).copy_abs() == cents(_said(ft1, 11)).copy_abs()


def _said(ft1: Segment, field: int) -> Decimal:
    said = number(ft1[field][1][1])
    return said if isinstance(said, Decimal) else ZERO


def department(node: Field, sender: Sender) -> Draft | None:
    """A cost centre is numbered by the sender."""
    if not (value := token(node[1])):
        return None
    identifier = {"type": kind_of("CC"), "system": sender.authority, "value": value}
    return numbered(identifier, {"name": text(node[2]) or value})


def performing(role: Code) -> Converter:
    def convert(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
        person = practitioner(node, sender)
        function = {"coding": [{"system": role.system, "code": role.code, "display": role.display}]}
        return {"function": function, "actor": person} if person else None

    return convert


# fmt: off
FT1_CHARGE_ITEM = SegmentMap(
    segment="FT1",
    resource="ChargeItem",
    spec="https://hl7.org/fhir/R4/chargeitem.html",
    rows=(
        Row(4,  "occurrenceDateTime", moment, when=one_moment),
        Row(4,  "occurrencePeriod", period, when=a_range),
        Row(5,  "enteredDate", moment),
        Row(7,  "code", service, whole=True, when=without_procedure),
        extension(12, ext.UNIT_PRICE, "Money", unit_price),
        Row(13, "costCenter", department),
        extension(16, ext.PLACE, "Reference", location),
        Row(19, "reason", concept(), many=True, note="in order: the diagnosis pointers of the claim's item"),
        Row(20, "performer", performing(PERFORMER), many=True, part=PERFORMER.code),
        Row(21, "performer", performing(ORDERER), many=True, part=ORDERER.code),
        Row(24, "enterer", practitioner),
        Row(25, "code", service, whole=True, note="then FT1-7"),
        extension(26, ext.MODIFIER, "CodeableConcept", concept()),
        Row(29, "productCodeableConcept", concept()),
        Row(32, "performingOrganization", organization),
        Row(33, "requestingOrganization", organization),
        extension(41, ext.REVENUE_CODE, "CodeableConcept", concept()),
    ),
    also_read={
        1: "set id", 2: "identifier", 3: "batch: part of the key where FT1-2 is empty", 6: "charge, credit or payment",
        10: "quantity", 11: "priceOverride",
    },
)
# fmt: on
