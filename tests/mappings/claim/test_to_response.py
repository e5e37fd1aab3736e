"""https://hl7.org/fhir/R4/claimresponse.html, written."""

from decimal import Decimal

import pytest
from fhir.resources.R4B.claimresponse import ClaimResponse

from mappings.claim.claim import Problem, Rejection
from mappings.claim.to_response import response
from mappings.fhir.checker import check

INSURER = {"reference": "Organization/harbor"}
CREATED = "2024-04-01T10:00:00.000Z"
CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
GROUP = "https://x12.org/codes/claim-adjustment-group-codes"
RARC = "https://x12.org/codes/remittance-advice-remark-codes"


@pytest.fixture
def decided(claim, decision):
    return response(claim, decision, request={"reference": "Claim/c1"}, insurer=INSURER, created=CREATED)


@pytest.fixture
def rejected(claim):
    rejection = Rejection(
        (
            Problem("total", "total is 2, the items' nets add up to 3", "Claim.total"),
            Problem("date", "A date of service is a day", "Claim.item[1].serviced", 2),
        )
    )
    return response(claim, rejection, request=None, insurer=INSURER, created=CREATED)


def test_both_conform(decided, rejected):
    for body in (decided, rejected):
        assert check(body) == []
        ClaimResponse.model_validate(body)


def amounts(item):
    return {
        each["category"]["coding"][0]["code"]: each["amount"]["value"]
        for each in item["adjudication"]
        if "reason" not in each
    }


def test_a_paid_line(decided):
    assert amounts(decided["item"][0]) == {
        "submitted": Decimal("140.00"),
        "eligible": Decimal("83.66"),
        "copay": Decimal("25.00"),
        "deductible": Decimal("10.00"),
        "coinsurance": Decimal("9.73"),
        "benefit": Decimal("38.93"),
        "noncovered": Decimal("0.00"),
        "memberliability": Decimal("44.73"),
    }


def test_a_denied_line(decided):
    found = amounts(decided["item"][1])
    assert (found["submitted"], found["eligible"], found["benefit"]) == (Decimal("40.01"), 0, 0)
    assert found["noncovered"] == found["memberliability"] == Decimal("40.01")


def test_every_reduction_has_its_codes(decided):
    reasons = [each for item in decided["item"] for each in item["adjudication"] if "reason" in each]
    assert [(*coded(each), str(each["amount"]["value"])) for each in reasons] == [
        ((CARC, "45"), (GROUP, "CO"), "56.34"),
        ((CARC, "3"), (GROUP, "PR"), "25.00"),
        ((CARC, "1"), (GROUP, "PR"), "10.00"),
        ((CARC, "2"), (GROUP, "PR"), "9.73"),
        ((CARC, "96"), (GROUP, "PR"), (RARC, "N130"), "40.01"),
    ]
    assert {each["category"]["coding"][0]["code"] for each in reasons} == {"adjustmentreason"}


def coded(each):
    return [(coding["system"], coding["code"]) for coding in each["reason"]["coding"]]


def test_totals_and_payment(decided):
    totals = {each["category"]["coding"][0]["code"]: str(each["amount"]["value"]) for each in decided["total"]}
    assert totals == {
        "submitted": "180.01",
        "eligible": "83.66",
        "copay": "25.00",
        "deductible": "10.00",
        "coinsurance": "9.73",
        "benefit": "38.93",
        "noncovered": "40.01",
        "memberliability": "84.74",
    }
    assert decided["payment"]["type"]["coding"][0]["code"] == "partiallypaid"
    assert decided["payment"]["amount"] == {"value": Decimal("38.93"), "currency": "USD"}
    assert decided["payment"]["date"] == "2024-04-01"
    assert decided["disposition"] == "Charged 180.01, paid 38.93, patient owes 84.74 USD"


def test_notes_say_why_in_words(decided):
    assert [each["text"] for each in decided["processNote"]] == [
        "CO 45: What is charged above the agreed fee is written off.",
        "PR 3: The patient pays a fixed amount.",
        "PR 1: The patient pays until the deductible is met.",
        "PR 2: The patient pays a share.",
        "PR 96: The plan excludes this service. N130: See the plan's list of benefits and exclusions.",
    ]
    assert [item["noteNumber"] for item in decided["item"]] == [[1, 2, 3, 4], [5]]


def test_a_rejection_says_what_and_where(rejected):
    assert (rejected["outcome"], "item" in rejected, "request" in rejected) == ("error", False, False)
    total, date = rejected["error"]
    assert total["code"] == {
        "coding": [{"system": "urn:causeway:claim-error", "code": "total"}],
        "text": "total is 2, the items' nets add up to 3",
    }
    assert total["extension"][0]["valueString"] == "Claim.total"
    assert date["itemSequence"] == 2


def test_a_provider_that_the_claim_contains_is_not_pointed_at(claim, decision):
    claim["provider"] = {"reference": "#clinic"}
    body = response(claim, decision, request=None, insurer=INSURER, created=CREATED)
    assert "requestor" not in body
