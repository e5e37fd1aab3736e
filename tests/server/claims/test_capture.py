"""What charges are billed as, on a real store: one draft for each account, made anew as its charges change."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from fhir.resources.R4B.claim import Claim

from mappings.fhir.checker import check
from mappings.v2_to_fhir.extensions import MODIFIER, PLACE, REVENUE_CODE, UNIT_PRICE
from server.claims.capture import recapture
from server.claims.draft import ITEM_CHARGE
from server.store.entry import Entry
from server.store.snapshot import Snapshot

CPT = "http://www.ama-assn.org/go/cpt"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
PERFORMER = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "PPRF"}]}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


ACCOUNT: dict[str, Any] = {
    "resourceType": "Account",
    "id": "a1",
    "identifier": [{"system": "urn:example:accounts", "value": "ACC-17"}],
    "status": "active",
    "subject": [{"reference": "Patient/p1"}],
    "coverage": [
        {"coverage": {"reference": "Coverage/v2"}, "priority": 2},
        {"coverage": {"reference": "Coverage/v1"}, "priority": 1},
    ],
}
ENCOUNTER: dict[str, Any] = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"code": "AMB"},
    "subject": {"reference": "Patient/p1"},
    "serviceProvider": {"reference": "Organization/clinic"},
    "diagnosis": [
        {"condition": {"reference": "Condition/d2"}, "rank": 2},
        {"condition": {"reference": "Condition/d1"}, "rank": 1},
        {"condition": {"reference": "Condition/d3"}, "rank": 3},
    ],
}


def condition(id: str, code: str, **changes: Any) -> dict[str, Any]:
    subject = {"reference": "Patient/p1"}
    return {"resourceType": "Condition", "id": id, "code": coded(ICD, code), "subject": subject, **changes}


WITHDRAWN = {
    "verificationStatus": coded("http://terminology.hl7.org/CodeSystem/condition-ver-status", "entered-in-error")
}


def charge(id: str, code: str = "99213", price: str = "140.00", quantity: str = "1", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "ChargeItem",
        "id": id,
        "status": "billable",
        "code": coded(CPT, code),
        "subject": {"reference": "Patient/p1"},
        "context": {"reference": "Encounter/e1"},
        "account": [{"reference": "Account/a1"}],
        "occurrenceDateTime": "2024-03-05T09:30:00-06:00",
        "quantity": {"value": Decimal(quantity)},
        "priceOverride": {"value": Decimal(price), "currency": "USD"},
        **changes,
    }


@pytest.fixture
def hospital(payer):
    cover = payer.read("Coverage/v1")
    payer.put(
        ACCOUNT,
        ENCOUNTER,
        condition("d1", "J20.9"),
        condition("d2", "I10"),
        condition("d3", "E11.9", **WITHDRAWN),
        {**cover, "id": "v2", "order": 2, "payor": [{"reference": "Organization/second"}]},
    )
    return payer


@pytest.fixture
def capture(hospital) -> Callable[..., list[dict[str, Any]]]:
    """Stores charges, captures, and gives the claims by number."""

    def capture(*charges: dict[str, Any], account: str = "Account/a1") -> list[dict[str, Any]]:
        hospital.put(*charges)

        def fold(snapshot: Snapshot) -> Entry:
            return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "t", "t", recapture(snapshot, account))

        hospital.store.submit("hospital", fold).result(10)
        return sorted(hospital.all("Claim"), key=number)

    return capture


def number(claim: dict[str, Any]) -> str:
    return claim["identifier"][0]["value"]


def codes(claim: dict[str, Any]) -> list[str]:
    return [item["productOrService"]["coding"][0]["code"] for item in claim["item"]]


RICH = charge(
    "c1",
    quantity="2",
    price="280.00",
    extension=[
        {"url": UNIT_PRICE, "valueMoney": {"value": Decimal("140.00"), "currency": "USD"}},
        {"url": MODIFIER, "valueCodeableConcept": coded(CPT, "25")},
        {"url": MODIFIER, "valueCodeableConcept": coded(CPT, "59")},
        {"url": PLACE, "valueReference": {"reference": "Location/l1"}},
    ],
    reason=[coded(ICD, "J20.9"), coded(ICD, "R05")],
    performer=[
        {"function": PERFORMER, "actor": {"reference": "Practitioner/dr1"}},
        {"function": {"text": "ordered"}, "actor": {"reference": "Practitioner/dr2"}},
    ],
)
LAB = charge(
    "c2",
    "80053",
    "13.35",
    occurrenceDateTime="2024-03-06",
    reason=[coded(ICD, "R05")],
    performer=[{"function": PERFORMER, "actor": {"reference": "Practitioner/dr1"}}],
)


def test_one_draft_claim_of_an_account(capture):
    (claim,) = capture(LAB, RICH)
    assert check(claim) == []
    Claim.model_validate(claim)
    assert claim["identifier"] == [{"system": "urn:causeway:claim", "value": "hospital/ACC-17/1/professional"}]
    assert (claim["status"], claim["use"], claim["created"]) == ("draft", "claim", "2024-09-01")
    assert claim["type"]["coding"][0]["code"] == "professional"
    assert claim["patient"] == {"reference": "Patient/p1"}
    assert claim["provider"] == {"reference": "Organization/clinic"}
    assert claim["insurer"] == {"reference": "Organization/harbor-health"}
    assert claim["billablePeriod"] == {"start": "2024-03-05", "end": "2024-03-06"}
    assert claim["total"] == {"value": Decimal("293.35"), "currency": "USD"}


def test_its_lines(capture):
    (claim,) = capture(LAB, RICH)
    first, second = claim["item"]
    assert (first["sequence"], second["sequence"]) == (1, 2)
    assert codes(claim) == ["99213", "80053"]
    assert [each["coding"][0]["code"] for each in first["modifier"]] == ["25", "59"]
    assert (first["servicedDate"], first["quantity"]["value"]) == ("2024-03-05", 2)
    assert (first["unitPrice"]["value"], first["net"]["value"]) == (140, 280)
    assert first["locationReference"] == {"reference": "Location/l1"}
    assert first["encounter"] == [{"reference": "Encounter/e1"}]
    assert first["extension"] == [{"url": ITEM_CHARGE, "valueReference": {"reference": "ChargeItem/c1"}}]
    assert "modifier" not in second


def test_its_diagnoses_are_listed_once_and_pointed_at(capture):
    (claim,) = capture(LAB, RICH)
    found = [each["diagnosisCodeableConcept"]["coding"][0]["code"] for each in claim["diagnosis"]]
    assert found == ["J20.9", "R05", "I10"]
    assert [item["diagnosisSequence"] for item in claim["item"]] == [[1, 2], [2]]


def test_its_care_team_is_listed_once_and_pointed_at(capture):
    (claim,) = capture(LAB, RICH)
    team = [
        (each["sequence"], each["provider"]["reference"], each["role"]["coding"][0]["code"])
        for each in claim["careTeam"]
    ]
    assert team == [(1, "Practitioner/dr1", "primary"), (2, "Practitioner/dr2", "other")]
    assert [item["careTeamSequence"] for item in claim["item"]] == [[1, 2], [1]]


def test_its_insurances_are_in_the_order_in_which_they_pay(capture):
    (claim,) = capture(RICH)
    assert claim["insurance"] == [
        {"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/v1"}},
        {"sequence": 2, "focal": False, "coverage": {"reference": "Coverage/v2"}},
    ]


def test_a_diagnosis_is_the_same_with_and_without_its_dot(capture):
    (claim,) = capture(charge("c1", reason=[coded(ICD, "J209"), coded(ICD, "J20.9")]))
    assert claim["item"][0]["diagnosisSequence"] == [1]
    assert len(claim["diagnosis"]) == 2


KINDS = {
    "a visit": ({}, {}, "professional"),
    "a stay": ({"class": {"code": "IMP"}}, {}, "institutional"),
    "a revenue code": (
        {},
        {"extension": [{"url": REVENUE_CODE, "valueCodeableConcept": coded("urn:x:revenue", "0300")}]},
        "institutional",
    ),
}


@pytest.mark.parametrize(("visit", "change", "kind"), KINDS.values(), ids=KINDS)
def test_who_bills(visit, change, kind, capture, hospital):
    hospital.put({**ENCOUNTER, **visit})
    (claim,) = capture(charge("c1", **change))
    assert number(claim) == f"hospital/ACC-17/1/{kind}"
    assert claim["type"]["coding"][0]["code"] == kind


def test_a_draft_is_made_anew_when_charges_come(capture):
    (before,) = capture(RICH)
    (after,) = capture(LAB)
    assert after["id"] == before["id"]
    assert (after["meta"]["versionId"], codes(after)) == ("2", ["99213", "80053"])


def test_nothing_is_written_when_nothing_changed(capture):
    capture(RICH)
    (claim,) = capture()
    assert claim["meta"]["versionId"] == "1"


def test_a_credit_takes_its_charge_off_the_draft(capture):
    capture(RICH, LAB)
    (claim,) = capture(charge("c3", "80053", "-13.35", "-1", occurrenceDateTime="2024-03-06"))
    assert codes(claim) == ["99213"]
    assert claim["total"]["value"] == 280


def test_a_draft_whose_charges_are_all_taken_back_is_cancelled_until_others_come(capture):
    capture(LAB)
    (claim,) = capture({**LAB, "status": "entered-in-error"})
    assert claim["status"] == "cancelled"
    (claim,) = capture()
    assert claim["meta"]["versionId"] == "2"
    (claim,) = capture(charge("c9", "71046", "80.00"))
    assert (claim["status"], codes(claim)) == ("draft", ["71046"])


def test_what_was_submitted_stays_and_later_charges_go_on_a_further_draft(capture, hospital):
    (first,) = capture(RICH)
    hospital.submit(first)
    first, second = capture(LAB)
    assert (first["status"], first["meta"]["versionId"], codes(first)) == ("active", "2", ["99213"])
    assert (second["status"], number(second), codes(second)) == ("draft", "hospital/ACC-17/1/professional/2", ["80053"])
    hospital.submit(second)
    *_, third = capture(charge("c9", "71046", "80.00"))
    assert (number(third), codes(third)) == ("hospital/ACC-17/1/professional/3", ["71046"])


def test_a_captured_claim_can_be_judged_as_it_is(capture, hospital):
    (claim,) = capture(RICH, LAB)
    response = hospital.submit(claim)
    assert response["outcome"] == "complete"
    assert response["request"] == {"reference": f"Claim/{claim['id']}"}
    assert hospital.submit(claim) == response


def test_a_claim_has_so_many_lines_and_the_rest_go_on_the_next(capture):
    first, second = capture(*(charge(f"c{each:04}", price="1.00") for each in range(1001)))
    assert (len(first["item"]), len(second["item"])) == (999, 2)
    assert first["total"]["value"] + second["total"]["value"] == 1001
    first, second = capture(
        {**charge("c0000", price="1.00"), "status": "aborted"}, charge("c0001", price="1.00", status="aborted")
    )
    assert (len(first["item"]), second["status"]) == (999, "cancelled")


def test_a_change_of_the_kind_of_claim_leaves_one_open(capture, hospital):
    capture(RICH)
    hospital.put({**ENCOUNTER, "class": {"code": "IMP"}})
    found = {number(each).rpartition("/")[2]: each["status"] for each in capture()}
    assert found == {"institutional": "draft", "professional": "cancelled"}


def test_a_draft_that_was_deleted_or_renumbered_is_made_anew(capture, hospital):
    (claim,) = capture(RICH)
    hospital.put({**claim, "identifier": [{"system": "urn:example:mine", "value": "7"}]})
    assert [number(each) for each in capture(LAB)] == ["7", "hospital/ACC-17/1/professional"]


def test_without_a_coverage_nothing_is_claimed(capture, hospital):
    hospital.put(*({**hospital.read(f"Coverage/{each}"), "status": "cancelled"} for each in ("v1", "v2")))
    assert capture(RICH) == []


def test_an_account_that_names_no_coverage_has_its_patients(capture, hospital):
    hospital.put({name: value for name, value in ACCOUNT.items() if name != "coverage"})
    (claim,) = capture(RICH)
    assert [each["coverage"]["reference"] for each in claim["insurance"]] == ["Coverage/v1", "Coverage/v2"]


def test_another_authoritys_account_of_the_same_number_has_claims_of_its_own(capture, hospital):
    capture(RICH)
    other = {**ACCOUNT, "id": "a2", "identifier": [{"system": "urn:other", "value": "ACC-17"}]}
    hospital.put(other)
    found = capture(charge("c9", account=[{"reference": "Account/a2"}]), account="Account/a2")
    assert [number(each) for each in found] == ["hospital/ACC-17/1/professional", "hospital/a2/1/professional"]
    assert [codes(each) for each in found] == [["99213"], ["99213"]]


NAMES = {
    "its number": ({}, {}, "ACC-17"),
    "its only visit's": ({"identifier": None}, {"identifier": [{"system": "urn:x", "value": "V-7"}]}, "V-7"),
    "its id": ({"identifier": None}, {}, "a1"),
}


@pytest.mark.parametrize(("home", "visit", "name"), NAMES.values(), ids=NAMES)
def test_a_claim_is_named_after_the_account_or_the_visit(home, visit, name, capture, hospital):
    account = {**ACCOUNT, **home}
    hospital.put({key: value for key, value in account.items() if value}, {**ENCOUNTER, **visit})
    (claim,) = capture(RICH)
    assert number(claim) == f"hospital/{name}/1/professional"


def test_a_second_visit_of_an_account_without_a_number_doubles_nothing(capture, hospital):
    account = {key: value for key, value in ACCOUNT.items() if key != "identifier"}
    visits = [{**ENCOUNTER, "id": f"e{n}", "identifier": [{"system": "urn:x", "value": f"V-{n}"}]} for n in (1, 2)]
    hospital.put(account, *visits)
    capture(RICH)
    found = capture({**LAB, "context": {"reference": "Encounter/e2"}})
    assert {number(each).split("/")[1]: (each["status"], codes(each)) for each in found} == {
        "V-1": ("cancelled", ["99213"]),
        "a1": ("draft", ["99213", "80053"]),
    }


ODD = {
    "no visit": ({"context": None}, "provider", {"reference": "Organization/lab"}),
    "a stay of days": (
        {"occurrenceDateTime": None, "occurrencePeriod": {"start": "2024-03-05", "end": "2024-03-07"}},
        "billablePeriod",
        {"start": "2024-03-05", "end": "2024-03-07"},
    ),
    "no price": ({"priceOverride": None}, "total", None),
    "no date": ({"occurrenceDateTime": None}, "billablePeriod", None),
}


@pytest.mark.parametrize(("change", "name", "expected"), ODD.values(), ids=ODD)
def test_what_a_charge_does_not_say_the_claim_does_not(change, name, expected, capture):
    body = {**charge("c1", performingOrganization={"reference": "Organization/lab"}), **change}
    (claim,) = capture({key: value for key, value in body.items() if value is not None})
    assert claim.get(name) == expected
    assert check(claim) == []


def test_a_claim_of_nobody_in_particular_is_fhir(capture):
    body = {name: value for name, value in charge("c1").items() if name != "context"}
    (claim,) = capture(body)
    assert claim["provider"]["extension"][0]["valueCode"] == "unknown"
    assert check(claim) == []
