"""Charges put in order, and credits taken off them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.v2_to_fhir.extensions import MODIFIER, UNIT_PRICE
from server.claims.charges import billable, charge


def item(id: str, price: str | None = "40.00", quantity: str = "1", **changes: Any) -> dict[str, Any]:
    priced = {"priceOverride": {"value": Decimal(price), "currency": "USD"}} if price else {}
    return {
        "resourceType": "ChargeItem",
        "id": id,
        "status": "billable",
        "code": {"coding": [{"code": "99213"}]},
        "subject": {"reference": "Patient/p1"},
        "occurrenceDateTime": "2024-03-05",
        "quantity": {"value": Decimal(quantity)},
        **priced,
        **changes,
    }


def modified(*codes: str) -> dict[str, Any]:
    concepts = ({"coding": [{"code": code}]} for code in codes)
    return {"extension": [{"url": MODIFIER, "valueCodeableConcept": each} for each in concepts]}


CASES = {
    "in order of service": (
        [item("b", occurrenceDateTime="2024-03-06"), item("c"), item("a", occurrenceDateTime="2024-03-05T09:00:00Z")],
        ["c 1 40.00", "a 1 40.00", "b 1 40.00"],
    ),
    "a day entered later comes later": (
        [item("a", enteredDate="2024-03-08"), item("b", enteredDate="2024-03-07")],
        ["b 1 40.00", "a 1 40.00"],
    ),
    "only what is billable": (
        [item("a", status="aborted"), item("b", status="entered-in-error"), item("c")],
        ["c 1 40.00"],
    ),
    "a credit takes back its charge": ([item("a"), item("b", "-40.00", "-1")], []),
    "whichever comes first": ([item("a", "-40.00", "-1"), item("b")], []),
    "a part of it": ([item("a", "120.00", "3"), item("b", "-40.00", "-1")], ["a 2 80.00"]),
    "two charges": ([item("a"), item("b"), item("c", "-80.00", "-2")], []),
    "the charge of its day": (
        [item("a"), item("b", occurrenceDateTime="2024-03-06"), item("c", "-40.00", "-1")],
        ["b 1 40.00"],
    ),
    "without a charge of its day, the latest": (
        [
            item("a"),
            item("b", occurrenceDateTime="2024-03-06"),
            item("c", "-40.00", "-1", occurrenceDateTime="2024-04-01"),
        ],
        ["a 1 40.00"],
    ),
    "not another service's": (
        [item("a"), item("b", "-40.00", "-1", code={"coding": [{"code": "71046"}]})],
        ["a 1 40.00"],
    ),
    "not another modifier's": ([item("a", **modified("25")), item("b", "-40.00", "-1")], ["a 1 40.00"]),
    "not another price's": ([item("a"), item("b", "-50.00", "-1")], []),
    "not a lower price's": ([item("a"), item("b", "-30.00", "-1")], ["a 1 40.00"]),
    "without a charge it waits": ([item("b", "-40.00", "-1")], []),
    "without a price": ([item("a", None)], ["a 1 None"]),
}


@pytest.mark.parametrize(("items", "expected"), CASES.values(), ids=CASES)
def test_billable(items, expected):
    assert [f"{each.body['id']} {each.quantity} {each.amount}" for each in billable(items)] == expected


@settings(deadline=None)
@given(
    st.permutations(
        [item("a"), item("b"), item("c", "-40.00", "-1"), item("d", "80.00", "2"), item("e", "-40.00", "-1")]
    )
)
def test_the_order_in_which_charges_come_does_not_matter(items):
    assert billable(items) == billable(sorted(items, key=lambda each: each["id"]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 1, 2, 3, -1, -2]), st.sampled_from(["99213", "71046"])), max_size=12))
def test_debits_less_credits_are_the_sum_as_long_as_there_is_something_to_take_back(found):
    items = [
        item(str(number), f"{40 * units}.00", str(units), code={"coding": [{"code": code}]})
        for number, (units, code) in enumerate(found)
    ]
    expected = sum(max(sum(40 * units for units, each in found if each == code), 0) for code in ("99213", "71046"))
    assert sum((each.amount for each in billable(items)), Decimal(0)) == expected


PRICES = {
    "stated": (item("a", "40.00", "4", extension=[{"url": UNIT_PRICE, "valueMoney": {"value": Decimal("10.00")}}]), 10),
    "in equal parts": (item("a", "40.00", "4"), 10),
    "not in equal cents": (item("a", "40.00", "3"), None),
    "stated, and not what was charged": (
        item("a", "35.00", "4", extension=[{"url": UNIT_PRICE, "valueMoney": {"value": Decimal("10.00")}}]),
        None,
    ),
    "no amount": (item("a", None), None),
}


@pytest.mark.parametrize(("body", "expected"), PRICES.values(), ids=PRICES)
def test_unit_price(body, expected):
    assert charge(body).unit_price == expected
