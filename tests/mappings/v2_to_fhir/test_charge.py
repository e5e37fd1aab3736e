"""Charges, credits, and what is neither (HL7 v2.8 chapter 6.5.1)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.v2.message import parse
from mappings.v2_to_fhir.extensions import MODIFIER, UNIT_PRICE
from mappings.v2_to_fhir.messages import convert
from mappings.v2_to_fhir.site import Site

PID = "PID|||1^^^H^MR|||||||||||||||ACC-1^^^H"
PV1 = "PV1|1|I|||||||||||||||||V-1"


def ft1(**fields):
    said = {"f1": "1", "f2": "T-1", "f4": "20260302", "f6": "CG", "f7": "99213^Visit^C4", **fields}
    last = max(int(field[1:]) for field in said)
    return "FT1|" + "|".join(said.get(f"f{number}", "") for number in range(1, last + 1))


def charges(mapped):
    return [draft for draft in mapped.drafts if draft.type == "ChargeItem"]


AMOUNTS = {
    "extended": ({"f11": "90.00"}, "1", "90.00"),
    "extended of several": ({"f10": "3", "f11": "90.00"}, "3", "90.00"),
    "extended and unit": ({"f10": "3", "f11": "90.00", "f12": "30.00"}, "3", "90.00"),
    "unit alone": ({"f10": "3", "f12": "30.10"}, "3", "90.30"),
    "unit rounded half up": ({"f10": "3", "f12": "0.335"}, "3", "1.01"),
    "unit, no quantity": ({"f12": "30"}, "1", "30.00"),
    "part of a unit": ({"f10": "0.5", "f12": "30"}, "0.5", "15.00"),
    "credit": ({"f6": "CR", "f10": "2", "f11": "60"}, "-2", "-60"),
    "credit, minus already": ({"f6": "CR", "f10": "-2", "f11": "-60"}, "-2", "-60"),
    "credit as HL7 spells it": ({"f6": "CD", "f11": "60"}, "-1", "-60"),
    "charge of a negative quantity": ({"f10": "-1", "f11": "60"}, "-1", "-60"),
    "charge of a negative amount": ({"f11": "-60"}, "-1", "-60"),
    "nothing said": ({}, "1", None),
}


@pytest.mark.parametrize(("fields", "quantity", "total"), AMOUNTS.values(), ids=AMOUNTS)
def test_amount(fields, quantity, total, told):
    mapped = told("DFT^P03", PID, PV1, ft1(**fields))
    (charge,) = charges(mapped)
    assert mapped.issues == ()
    assert str(charge.body["quantity"]["value"]) == quantity
    assert charge.body.get("priceOverride") == (total and {"value": Decimal(total), "currency": "USD"})


def test_what_does_not_add_up_is_said(told):
    mapped = told("DFT^P03", PID, PV1, ft1(f10="3", f11="90.01", f12="30.00"))
    assert [(issue.location, issue.code, issue.fatal) for issue in mapped.issues] == [("FT1^1^11", "207", False)]
    assert charges(mapped)[0].body["priceOverride"]["value"] == Decimal("90.01")


def test_modifiers_in_order_and_unit_price(told):
    (charge,) = charges(told("DFT^P03", PID, PV1, ft1(f12="30&EUR", f26="25~59~LT^Left^HCPCS~76")))
    said = charge.body["extension"]
    modifiers = [each["valueCodeableConcept"]["coding"][0]["code"] for each in said if each["url"] == MODIFIER]
    assert modifiers == ["25", "59", "LT", "76"]
    (price,) = (each["valueMoney"] for each in said if each["url"] == UNIT_PRICE)
    assert price == {"value": Decimal(30), "currency": "EUR"}


CODES = {
    "FT1-7": ({}, ["99213"]),
    "FT1-25 before FT1-7": ({"f7": "EV3^^L", "f25": "99213^^C4"}, ["99213", "EV3"]),
    "FT1-25 alone": ({"f7": "", "f25": "99213^^C4"}, ["99213"]),
    "the same twice": ({"f25": "99213^Visit^C4"}, ["99213"]),
}


@pytest.mark.parametrize(("fields", "expected"), CODES.values(), ids=CODES)
def test_code(fields, expected, told):
    (charge,) = charges(told("DFT^P03", PID, PV1, ft1(**fields)))
    assert [coding["code"] for coding in charge.body["code"]["coding"]] == expected


STOPPED = {
    "no type": ({"f6": ""}, "FT1^1^6", "101"),
    "a type of no table": ({"f6": "99213"}, "FT1^1^6", "103"),
    "an amount for a code": ({"f7": "150.00"}, "FT1^1^7", "103"),
    "no code": ({"f7": ""}, "FT1^1^7", "101"),
    "quantity in words": ({"f10": "one"}, "FT1^1^10", "102"),
    "amount in words": ({"f11": "ninety"}, "FT1^1^11", "102"),
    "unit price in words": ({"f12": "1e3"}, "FT1^1^12", "102"),
}


@pytest.mark.parametrize(("fields", "place", "code"), STOPPED.values(), ids=STOPPED)
def test_a_charge_that_cannot_be_read_stops_the_message(fields, place, code, told):
    mapped = told("DFT^P03", PID, PV1, ft1(**fields))
    assert [(issue.location, issue.code) for issue in mapped.fatal] == [(place, code)]


def test_the_third_of_five_is_named(told):
    lines = [ft1(f1=str(number), f2=f"T-{number}", f11="x" if number == 3 else "1") for number in range(1, 6)]
    assert [issue.location for issue in told("DFT^P03", PID, PV1, *lines).fatal] == ["FT1^3^11"]


@pytest.mark.parametrize("kind", ["PY", "AJ", "CO"])
def test_a_payment_is_no_charge(kind, told):
    mapped = told("DFT^P03", PID, PV1, ft1(f6=kind, f11="20"))
    assert charges(mapped) == []
    assert [(issue.location, issue.fatal) for issue in mapped.issues] == [("FT1^1^6", False)]


SAME = {
    "sent again": ({}, {}, True),
    "corrected": ({}, {"f7": "99214", "f11": "9"}, True),
    "another number": ({}, {"f2": "T-2"}, False),
    "its credit": ({}, {"f6": "CR"}, False),
    "without a number, sent again": ({"f2": ""}, {"f2": ""}, True),
    "without a number, another code": ({"f2": ""}, {"f2": "", "f7": "99214"}, False),
    "without a number, another day": ({"f2": ""}, {"f2": "", "f4": "20260303"}, False),
    "without a number, another place in the batch": ({"f2": ""}, {"f2": "", "f1": "2"}, False),
    "without a number, another batch": ({"f2": ""}, {"f2": "", "f3": "B2"}, False),
}


@pytest.mark.parametrize(("before", "after", "same"), SAME.values(), ids=SAME)
def test_which_charge(before, after, same, told):
    first, second = (charges(told("DFT^P03", PID, PV1, ft1(**each)))[0] for each in (before, after))
    assert (first.identity == second.identity) is same


def test_one_number_twice_in_a_message_stops_it(told):
    mapped = told("DFT^P03", PID, PV1, ft1(), ft1(f7="99214"))
    assert [(issue.location, issue.code) for issue in mapped.fatal] == [("FT1^2^2", "205")]


WHEN = {
    "a day": ("20260302", {"occurrenceDateTime": "2026-03-02"}),
    "days": ("20260302^20260306", {"occurrencePeriod": {"start": "2026-03-02", "end": "2026-03-06"}}),
    "a time": ("202603020830-0500", {"occurrenceDateTime": "2026-03-02T08:30:00-05:00"}),
}


@pytest.mark.parametrize(("ft1_4", "expected"), WHEN.values(), ids=WHEN)
def test_when(ft1_4, expected, told):
    (charge,) = charges(told("DFT^P03", PID, PV1, ft1(f4=ft1_4)))
    assert {name: value for name, value in charge.body.items() if name.startswith("occurrence")} == expected


def test_charges_change_neither_patient_nor_visit(told):
    mapped = told("DFT^P03", PID, PV1, ft1())
    stubs = {draft.type for draft in mapped.drafts if draft.stub}
    assert {"Patient", "Encounter"} <= stubs
    assert "ChargeItem" not in stubs
    assert charges(mapped)[0].defaults == {"status": "billable"}


def test_charges_before_their_visit(told):
    mapped = told("DFT^P03", PID, ft1())
    assert mapped.issues == ()
    assert "context" not in charges(mapped)[0].body


@given(st.lists(st.tuples(st.sampled_from(["CG", "CR"]), st.decimals(0, 10**6, places=2)), min_size=1, max_size=8))
def test_debits_minus_credits_is_the_sum(lines):
    said = [ft1(f1=str(n), f2=f"T-{n}", f6=kind, f11=str(amount)) for n, (kind, amount) in enumerate(lines)]
    text = "\r".join(("MSH|^~\\&|A|B|||20260302||DFT^P03|1|P|2.5", PID, PV1, *said))
    found = charges(convert(parse(text.encode()), Site()))
    expected = sum(amount if kind == "CG" else -amount for kind, amount in lines)
    assert sum(each.body["priceOverride"]["value"] for each in found) == expected
