"""https://hl7.org/fhir/R4/coverageeligibilityrequest-operation-submit.html on a real store."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from fhir.resources.R4B.coverageeligibilityresponse import CoverageEligibilityResponse

from mappings.fhir.checker import check
from server.fhir.outcome import Conflict, Forbidden, Invalid

NUMBERED = {"identifier": [{"system": "urn:example:questions", "value": "Q-1"}]}


def question(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation", "benefits"],
        "patient": {"reference": "Patient/p1"},
        "servicedDate": "2024-08-05",
        "created": "2024-08-01",
        "provider": {"reference": "Organization/clinic"},
        "insurer": {"reference": "Organization/harbor-health"},
        "insurance": [{"focal": True, "coverage": {"reference": "Coverage/v1"}}],
        **changes,
    }


def asked(code: str, **more: Any) -> dict[str, Any]:
    return {"item": [{"productOrService": {"coding": [{"code": code}]}, **more}]}


def claim(charge: str) -> dict[str, Any]:
    """An ambulance trip, which the example's plan pays after the deductible, less 20 %."""
    return {
        "resourceType": "Claim",
        "status": "active",
        "type": {"coding": [{"code": "professional"}]},
        "use": "claim",
        "patient": {"reference": "Patient/p1"},
        "created": "2024-08-09",
        "provider": {"reference": "Organization/clinic"},
        "priority": {"coding": [{"code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/v1"}}],
        "item": [
            {
                "sequence": 1,
                "productOrService": {"coding": [{"code": "A0429"}]},
                "servicedDate": "2024-08-05",
                "net": {"value": Decimal(charge), "currency": "USD"},
            }
        ],
    }


def limits(response: dict[str, Any]) -> list[tuple[str, ...]]:
    items = [each for each in response["insurance"][0]["item"] if "name" in each]
    return [(each["name"], each["unit"]["coding"][0]["code"], each["description"]) for each in items]


def service(response: dict[str, Any]) -> dict[str, Any]:
    (item,) = [each for each in response["insurance"][0]["item"] if "name" not in each]
    return item


def shares(item: dict[str, Any]) -> dict[str, Any]:
    return {
        each["type"]["coding"][0]["code"]: next(value for name, value in each.items() if name.startswith("allowed"))
        for each in item.get("benefit", ())
    }


def test_a_question_is_kept_with_its_answer(payer):
    before = payer.store.last("hospital")
    response = payer.ask(question())
    (entry,) = payer.store.tail("hospital", before, 10)
    assert [write.key.type for write in entry.writes] == ["CoverageEligibilityRequest", "CoverageEligibilityResponse"]
    assert response == payer.read(f"CoverageEligibilityResponse/{response['id']}")
    assert payer.read(response["request"]["reference"])["purpose"] == ["validation", "benefits"]


def test_the_answer_is_fhir(payer):
    response = payer.ask(question(**asked("99213")))
    assert check(response) == []
    CoverageEligibilityResponse.model_validate(response)


def test_in_force_with_all_of_the_year_left(payer):
    response = payer.ask(question())
    (insurance,) = response["insurance"]
    assert (response["outcome"], insurance["inforce"]) == ("complete", True)
    assert insurance["benefitPeriod"] == {"start": "2024-01-01", "end": "2024-12-31"}
    assert limits(response) == [
        ("Deductible", "individual", "500.00 of 500.00 USD left"),
        ("Out-of-pocket maximum", "individual", "3000.00 of 3000.00 USD left"),
        ("Deductible", "family", "1000.00 of 1000.00 USD left"),
        ("Out-of-pocket maximum", "family", "6000.00 of 6000.00 USD left"),
    ]


def test_what_claims_used_is_no_longer_left(payer):
    payer.submit(claim("700.00"))
    response = payer.ask(question())
    assert limits(response)[:2] == [
        ("Deductible", "individual", "0.00 of 500.00 USD left"),
        ("Out-of-pocket maximum", "individual", "2460.00 of 3000.00 USD left"),
    ]
    first = response["insurance"][0]["item"][0]["benefit"][0]
    assert first["allowedMoney"] == {"value": 500, "currency": "USD"}
    assert first["usedMoney"] == {"value": 500, "currency": "USD"}


SERVICES = {
    "an office visit": (
        asked("99213"),
        {"copay": {"value": 25, "currency": "USD"}, "copaypct": 0},
        "copay 25.00 USD a visit, 0 % coinsurance, no deductible",
    ),
    "an x-ray": (asked("71046"), {"copaypct": 20}, "no copay, 20 % coinsurance, after the deductible"),
    "a category": (
        {"item": [{"category": {"coding": [{"code": "office-visit"}]}}]},
        {"copay": {"value": 25, "currency": "USD"}, "copaypct": 0},
        "copay 25.00 USD a visit, 0 % coinsurance, no deductible",
    ),
    "a code in another category": (
        asked("71046", category={"coding": [{"code": "office-visit"}]}),
        {"copay": {"value": 25, "currency": "USD"}, "copaypct": 0},
        "copay 25.00 USD a visit, 0 % coinsurance, no deductible",
    ),
    "nothing in particular": (
        {"item": [{"provider": {"reference": "Practitioner/d1"}}]},
        {"copaypct": 20},
        "no copay, 20 % coinsurance, after the deductible",
    ),
    "what is excluded": (asked("15824"), {}, "Not a benefit of this plan"),
}


@pytest.mark.parametrize(("item", "expected", "words"), SERVICES.values(), ids=SERVICES)
def test_copay_and_coinsurance_of_the_asked_service(item, expected, words, payer):
    found = service(payer.ask(question(**item)))
    assert (shares(found), found["description"]) == (expected, words)
    assert found["excluded"] is (not expected)


def test_without_a_service_it_tells_of_all_that_the_plan_tells_apart(payer):
    response = payer.ask(question())
    named = [each["category"]["text"] for each in response["insurance"][0]["item"] if "name" not in each]
    assert named == ["office-visit", "all"]


def test_a_share_of_a_half_percent_is_told_in_words(payer, example_plan):
    rate = {"value": Decimal("12.5"), "system": "http://unitsofmeasure.org", "code": "%"}
    cost = {"type": {"coding": [{"code": "copaypct"}]}, "value": rate}
    every = {"category": {"text": "All"}, "benefit": [{"type": {"coding": [{"code": "all"}]}, "cost": [cost]}]}
    payer.put({**example_plan, "id": "silver", "plan": [{"specificCost": [every]}]})
    assert shares(service(payer.ask(question(**asked("99213"))))) == {"copaypct": "12.5%"}


def test_validation_alone_tells_no_benefits(payer):
    (insurance,) = payer.ask(question(purpose=["validation"]))["insurance"]
    assert insurance["inforce"] is True
    assert "item" not in insurance


FORCE = {
    "the day before": ({}, "2023-12-31", False),
    "the first day": ({}, "2024-01-01", True),
    "the last day": ({"period": {"end": "2024-08-05"}}, "2024-08-05", True),
    "the day after": ({"period": {"end": "2024-08-05"}}, "2024-08-06", False),
    "a month's end": ({"period": {"end": "2024-08"}}, "2024-08-31", True),
    "cancelled": ({"status": "cancelled"}, "2024-08-05", False),
    "entered in error": ({"status": "entered-in-error"}, "2024-08-05", False),
    "after the plan": ({}, "2028-01-01", False),
}


@pytest.mark.parametrize(("change", "served", "expected"), FORCE.values(), ids=FORCE)
def test_in_force_on_the_day_of_service(change, served, expected, payer):
    payer.put({**payer.read("Coverage/v1"), **change})
    (insurance,) = payer.ask(question(servicedDate=served))["insurance"]
    assert insurance["inforce"] is expected
    assert ("item" in insurance) is expected


def test_without_a_date_it_is_asked_about_today(payer):
    body = question()
    del body["servicedDate"]
    payer.put({**payer.read("Coverage/v1"), "period": {"end": "2024-08-31"}})
    assert payer.ask(body)["insurance"][0]["inforce"] is False


def test_without_a_coverage_all_of_the_patients_are_told_of(payer):
    payer.put({**payer.read("Coverage/v1"), "id": "v2", "status": "cancelled"})
    body = question()
    del body["insurance"]
    found = {each["coverage"]["reference"]: each["inforce"] for each in payer.ask(body)["insurance"]}
    assert found == {"Coverage/v1": True, "Coverage/v2": False}


def test_a_merged_patients_question_is_the_survivors(payer):
    link = [{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]
    payer.put({"resourceType": "Patient", "id": "p0", "link": link})
    assert payer.ask(question(patient={"reference": "Patient/p0"}))["insurance"][0]["inforce"] is True


ERRORS = {
    "no such coverage": (
        {"insurance": [{"coverage": {"reference": "Coverage/v9"}}]},
        "error",
        ("coverage-unknown", "CoverageEligibilityRequest.insurance[0].coverage"),
    ),
    "somebody else's coverage": (
        {"patient": {"reference": "Patient/p2"}},
        "error",
        ("patient", "CoverageEligibilityRequest.insurance[0].coverage"),
    ),
    "one of two": (
        {"insurance": [{"coverage": {"reference": each}} for each in ("Coverage/v9", "Coverage/v1")]},
        "partial",
        ("coverage-unknown", "CoverageEligibilityRequest.insurance[0].coverage"),
    ),
    "a month": ({"servicedDate": "2024-08"}, "error", ("date", "CoverageEligibilityRequest.serviced")),
}


@pytest.mark.parametrize(("change", "outcome", "error"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_answered_is_said(change, outcome, error, payer):
    payer.put({"resourceType": "Patient", "id": "p2"})
    response = payer.ask(question(**change))
    assert response["outcome"] == outcome
    (found,) = response["error"]
    assert (found["code"]["coding"][0]["code"], found["extension"][0]["valueString"]) == error


def test_without_a_plan_only_the_coverage_is_told_of(payer):
    cover = payer.read("Coverage/v1")
    payer.put({**cover, "class": [{**cover["class"][0], "value": "GOLD"}]})
    response = payer.ask(question())
    assert response["insurance"] == [{"coverage": {"reference": "Coverage/v1"}, "inforce": True}]
    assert response["error"][0]["code"]["coding"][0]["code"] == "plan-unknown"


def test_a_patient_without_a_coverage(payer):
    payer.put({"resourceType": "Patient", "id": "p2"})
    body = question(patient={"reference": "Patient/p2"})
    del body["insurance"]
    response = payer.ask(body)
    assert (response["outcome"], response["error"][0]["code"]["coding"][0]["code"]) == ("error", "coverage-unknown")


def test_the_same_numbered_question_gets_the_same_answer_once(payer):
    first = payer.ask(question(**NUMBERED))
    payer.submit(claim("700.00"))
    assert payer.ask(question(**NUMBERED)) == first
    with ThreadPoolExecutor(16) as pool:
        assert all(each == first for each in pool.map(payer.ask, [question(**NUMBERED)] * 16))
    assert len(payer.all("CoverageEligibilityRequest")) == 1


def test_another_question_under_the_same_number_is_a_conflict(payer):
    payer.ask(question(**NUMBERED))
    with pytest.raises(Conflict):
        payer.ask(question(**NUMBERED, purpose=["validation"]))


def test_without_a_number_every_question_is_new(payer):
    assert payer.ask(question())["id"] != payer.ask(question())["id"]


def test_what_is_not_fhir_is_refused_with_its_place(payer):
    with pytest.raises(Invalid) as refused:
        payer.ask(question(purpose=["gossip"]))
    assert refused.value.issues[0].expression == "CoverageEligibilityRequest.purpose[0]"


def test_a_token_without_eligibility_is_refused(payer):
    with pytest.raises(Forbidden):
        payer.ask(question(), scopes="system/Claim.cruds")


def test_a_payer_needs_no_scope_of_the_client_for_its_own_records(payer):
    assert payer.ask(question(), scopes="system/CoverageEligibilityRequest.c")["insurance"][0]["inforce"] is True
