"""https://hl7.org/fhir/R4/claim.html, read."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.claim.claim import Claim, Rejection
from mappings.claim.from_fhir import claim as read
from mappings.fhir.json import loads


def test_what_is_judged(claim):
    found = read(claim)
    assert isinstance(found, Claim)
    assert (found.patient, found.provider, found.insurer) == (
        "Patient/p1",
        "Organization/clinic",
        "Organization/harbor",
    )
    assert (found.coverage, found.currency, found.charge) == ("Coverage/v1", "USD", Decimal("180.01"))
    first, second = found.lines
    assert (first.codes, first.modifiers, first.category) == (("99213", "V3"), ("25", "59"), "office-visit")
    assert (first.served, second.served) == (date(2024, 3, 5), date(2024, 3, 6))
    assert (second.quantity, second.charge, second.category) == (3, Decimal("40.01"), None)


def test_a_price_without_a_net_is_the_charge(claim):
    del claim["item"][1]["net"]
    assert read(claim).charge == Decimal("180.01")


def test_a_factor_counts(claim):
    claim["item"][0] |= {"factor": Decimal("0.5"), "net": {"value": Decimal(70), "currency": "USD"}}
    del claim["total"]
    assert read(claim).lines[0].charge == Decimal("70.00")


def test_an_item_without_a_date_is_of_the_billable_periods_first(claim):
    del claim["item"][1]["servicedPeriod"]
    assert read(claim).lines[1].served == date(2024, 3, 5)


def test_a_code_that_is_only_text_is_none(claim):
    claim["item"][0]["productOrService"] = {"text": "Visit"}
    assert read(claim).lines[0].codes == ()


def test_a_revenue_code_is_a_category(claim):
    claim["item"][1]["revenue"] = {"coding": [{"code": "0301"}]}
    assert read(claim).lines[1].category == "0301"


def test_an_only_insurance_is_the_focal_one(claim):
    claim["insurance"][0]["focal"] = False
    assert read(claim).coverage == "Coverage/v1"


def test_of_two_the_focal_one_counts(claim):
    claim["insurance"].insert(0, {"sequence": 2, "focal": False, "coverage": {"reference": "Coverage/v2"}})
    assert read(claim).coverage == "Coverage/v1"


def test_a_reference_to_a_version_is_one_to_the_resource(claim):
    claim["patient"]["reference"] = "Patient/p1/_history/3"
    assert read(claim).patient == "Patient/p1"


def at(path: str, value: object):
    """``item.0.net.value`` set, or taken away with None."""

    def change(body):
        *way, last = path.split(".")
        for step in way:
            body = body[int(step)] if step.isdigit() else body[step]
        if value is None:
            del body[last]
        else:
            body[int(last) if last.isdigit() else last] = value

    return change


USD = "USD"
REJECTED = {
    "a preauthorization": (at("use", "preauthorization"), "use", "Claim.use"),
    "a cancelled claim": (at("status", "cancelled"), "status", "Claim.status"),
    "no patient's reference": (at("patient", {"display": "x"}), "reference", "Claim.patient.reference"),
    "a provider by name": (at("provider", {"display": "x"}), "reference", "Claim.provider"),
    "a coverage by name": (
        at("insurance.0.coverage", {"display": "x"}),
        "reference",
        "Claim.insurance.coverage.reference",
    ),
    "no insurance": (at("insurance", []), "focal", "Claim.insurance.focal"),
    "two focal ones": (
        at("insurance", [{"focal": True, "coverage": {}}, {"focal": True, "coverage": {}}]),
        "focal",
        "Claim.insurance.focal",
    ),
    "no item": (at("item", []), "item", "Claim.item"),
    "a thousand items": (
        lambda body: at("item", [{**body["item"][0], "sequence": each} for each in range(1, 1001)])(body),
        "item",
        "Claim.item",
    ),
    "a sequence twice": (at("item.1.sequence", 1), "sequence", "Claim.item.sequence"),
    "no amount": (
        lambda body: (at("item.1.net", None)(body), at("item.1.unitPrice", None)(body)),
        "amount",
        "Claim.item[1].net",
    ),
    "a negative net": (at("item.1.net.value", Decimal(-1)), "amount", "Claim.item[1].net.value"),
    "a negative price": (at("item.1.unitPrice.value", Decimal(-1)), "amount", "Claim.item[1].unitPrice.value"),
    "a negative quantity": (at("item.1.quantity.value", Decimal(-3)), "amount", "Claim.item[1].quantity.value"),
    "a number without end": (at("item.0.net.value", Decimal("1e30")), "amount", "Claim.item[0].net.value"),
    "a quantity without a value": (at("item.1.quantity.value", None), "amount", "Claim.item[1].quantity.value"),
    "five decimals": (at("item.0.net.value", Decimal("140.00001")), "cents", "Claim.item[0].net.value"),
    "units times price is not net": (at("item.1.quantity.value", Decimal(2)), "net", "Claim.item[1].net"),
    "the total is not the sum": (at("total.value", Decimal("180.02")), "total", "Claim.total"),
    "two currencies": (at("item.0.net.currency", "CAD"), "currency", "Claim.item.net.currency"),
    "a total in another currency": (at("total.currency", "CAD"), "currency", "Claim.item.net.currency"),
    "a month for a date": (at("item.0.servicedDate", "2024-03"), "date", "Claim.item[0].serviced"),
    "a day that is none": (at("item.0.servicedDate", "2024-02-30"), "date", "Claim.item[0].serviced"),
    "year one": (at("item.0.servicedDate", "0001-01-01"), "date", "Claim.item[0].serviced"),
    "an end before the start": (
        at("item.1.servicedPeriod.end", "2024-03-05"),
        "date",
        "Claim.item[1].servicedPeriod",
    ),
    "a diagnosis that is not there": (
        at("item.0.diagnosisSequence", [1, 2]),
        "pointer",
        "Claim.item[0].diagnosisSequence",
    ),
    "somebody who is not there": (at("item.0.careTeamSequence", [7]), "pointer", "Claim.item[0].careTeamSequence"),
}


@pytest.mark.parametrize(("change", "code", "expression"), REJECTED.values(), ids=REJECTED)
def test_rejected(change, code, expression, claim):
    change(claim)
    found = read(claim)
    assert isinstance(found, Rejection)
    assert (code, expression) in {(each.code, each.expression) for each in found.problems}


def test_a_rejection_names_the_difference(claim):
    claim["total"]["value"] = Decimal("704.20")
    (problem,) = read(claim).problems
    assert problem.text == "total is 704.20, the items' nets add up to 180.01"


def test_a_rejection_names_all_that_is_wrong(claim):
    claim["status"] = "cancelled"
    claim["item"][1]["sequence"] = 1
    assert [each.code for each in read(claim).problems] == ["status", "sequence"]


def test_the_sum_of_decimals_is_exact(claim):
    item = claim["item"][0]
    for name in ("quantity", "unitPrice"):
        del item[name]
    claim["item"] = [
        {**item, "sequence": number, "net": {"value": Decimal(net), "currency": USD}}
        for number, net in enumerate(("0.1", "0.2"), 1)
    ]
    claim["total"]["value"] = Decimal("0.3")
    assert read(claim).charge == Decimal("0.30")


numbers = st.one_of(st.integers(), st.decimals(allow_nan=False), st.text(max_size=3), st.booleans())


@settings(deadline=None)
@given(numbers, numbers, numbers, numbers)
def test_whatever_stands_for_a_number_it_is_a_claim_or_a_rejection(net, price, quantity, factor):
    body = {
        "use": "claim",
        "status": "active",
        "patient": {"reference": "Patient/1"},
        "provider": {"reference": "Organization/1"},
        "insurance": [{"coverage": {"reference": "Coverage/1"}}],
        "item": [
            {"sequence": 1, "unitPrice": {"value": price}, "quantity": {"value": quantity}, "factor": factor},
            {"sequence": 2, "net": {"value": net}},
        ],
    }
    found = read(body)
    assert isinstance(found, Rejection) or found.charge >= 0


def test_hl7s_own_examples_are_read(shared):
    folder = shared / "billing" / "reference-eob" / "hl7-r4"
    found = {path.stem: read(loads(path.read_bytes())) for path in sorted(folder.glob("Claim-*.json"))}
    refused = {
        name: [each.expression for each in one.problems] for name, one in found.items() if isinstance(one, Rejection)
    }
    assert refused == {
        "Claim-100153": ["Claim.use"],
        "Claim-100154": ["Claim.patient.reference", "Claim.insurance.coverage.reference"],
    }


def test_a_provider_may_be_an_identifier(claim):
    claim["provider"] = {"identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1122334455"}}
    assert read(claim).provider == "http://hl7.org/fhir/sid/us-npi|1122334455"
