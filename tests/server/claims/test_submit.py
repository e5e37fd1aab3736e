"""https://hl7.org/fhir/R4/claim-operation-submit.html on a real store."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mappings.fhir.checker import check
from server.fhir.outcome import Conflict, Forbidden, Invalid

CPT = "http://www.ama-assn.org/go/cpt"
IDENTIFIER = {"system": "urn:example:claims", "value": "2024-0017"}


def usd(amount: str) -> dict[str, Any]:
    return {"value": Decimal(amount), "currency": "USD"}


def item(sequence: int, code: str, charge: str) -> dict[str, Any]:
    return {
        "sequence": sequence,
        "productOrService": {"coding": [{"system": CPT, "code": code}]},
        "servicedDate": "2024-08-05",
        "net": usd(charge),
    }


def claim(*items: tuple[str, str], number: str = "2024-0017", **changes: Any) -> dict[str, Any]:
    lines = items or (("99213", "140.00"), ("A0429", "700.00"))
    return {
        "resourceType": "Claim",
        "identifier": [{**IDENTIFIER, "value": number}],
        "status": "active",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": "professional"}]},
        "use": "claim",
        "patient": {"reference": "Patient/p1"},
        "created": "2024-08-09",
        "provider": {"reference": "Organization/clinic"},
        "priority": {"coding": [{"code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/v1"}}],
        "item": [item(number, *line) for number, line in enumerate(lines, 1)],
        **changes,
    }


def totals(body: dict[str, Any]) -> dict[str, str]:
    return {each["category"]["coding"][0]["code"]: str(each["amount"]["value"]) for each in body["total"]}


def test_a_claim_is_judged_and_all_three_are_written_in_one_entry(payer):
    before = payer.store.last("hospital")
    response = payer.submit(claim())
    assert payer.store.last("hospital") == before + 1
    (entry,) = payer.store.tail("hospital", before, 10)
    assert [write.key.type for write in entry.writes] == ["Claim", "ClaimResponse", "ExplanationOfBenefit"]
    assert (entry.actor, entry.about["operation"]) == ("ehr", "Claim/$submit")
    assert response == payer.read(f"ClaimResponse/{response['id']}")
    assert response["outcome"] == "complete"
    assert totals(response) == {
        "submitted": "840.00",
        "eligible": "786.10",
        "copay": "25.00",
        "deductible": "500.00",
        "coinsurance": "40.00",
        "benefit": "221.10",
        "noncovered": "0.00",
        "memberliability": "565.00",
    }


def test_what_is_written_refers_to_each_other(payer):
    response = payer.submit(claim())
    (explanation,) = payer.all("ExplanationOfBenefit")
    assert explanation["claim"] == response["request"]
    assert explanation["claimResponse"] == {"reference": f"ClaimResponse/{response['id']}"}
    assert explanation["insurer"] == response["insurer"] == {"reference": "Organization/harbor-health"}
    assert payer.read(response["request"]["reference"])["status"] == "active"
    assert totals(explanation) == totals(response)
    assert all(check(each) == [] for each in (response, explanation))


AGAIN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "byte for byte": lambda body: body,
    "written down later": lambda body: {**body, "created": "2024-08-10"},
    "as a draft": lambda body: {**body, "status": "draft"},
    "as it is stored": lambda body: {**body, "id": "x", "meta": {"versionId": "7"}},
    "with another zero": lambda body: {**body, "total": usd("840.000")},
}


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_the_same_claim_gets_the_same_answer_once(again, payer):
    first = payer.submit(claim(total=usd("840.00")))
    before = payer.store.last("hospital")
    assert payer.submit(again(claim(total=usd("840.00")))) == first
    assert payer.store.last("hospital") == before
    assert len(payer.all("ExplanationOfBenefit")) == 1


def test_without_an_identifier_the_content_is_the_claim(payer):
    body = claim()
    del body["identifier"]
    assert payer.submit(body) == payer.submit(deepcopy(body))
    assert len(payer.all("Claim")) == 1


def test_another_content_under_the_same_identifier_is_a_conflict(payer):
    payer.submit(claim())
    with pytest.raises(Conflict) as refused:
        payer.submit(claim(("99213", "150.00")))
    assert refused.value.issues[0].expression == "Claim.identifier"
    assert len(payer.all("ExplanationOfBenefit")) == 1


def test_e1_a_race_of_32_makes_one_answer(payer):
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: payer.submit(claim()), range(32)))
    assert all(each == answers[0] for each in answers)
    assert [len(payer.all(kind)) for kind in ("Claim", "ClaimResponse", "ExplanationOfBenefit")] == [1, 1, 1]


def test_e1_a_race_of_32_contents_under_one_identifier_makes_one_claim(payer):
    def submit(number: int) -> str:
        try:
            return payer.submit(claim(("A0429", f"{700 + number}.00")))["id"]
        except Conflict:
            return "conflict"

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(submit, range(32)))
    assert answers.count("conflict") == 31
    assert len(payer.all("ExplanationOfBenefit")) == 1


def test_22_claims_in_parallel_use_the_deductible_as_if_one_after_the_other(payer):
    bodies = [claim(("A0429", f"{100 + number}.00"), number=f"n{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(payer.submit, bodies))
    assert sum(Decimal(totals(each)["deductible"]) for each in answers) == 500
    used = max(
        each["benefitBalance"][0]["financial"][0]["usedMoney"]["value"] for each in payer.all("ExplanationOfBenefit")
    )
    assert used == 500


def test_17_the_next_claim_goes_on_where_the_last_one_left_the_year(payer):
    first = payer.submit(claim(("A0429", "320.00"), number="one"))
    second = payer.submit(claim(("A0429", "400.00"), number="two"))
    assert (totals(first)["deductible"], totals(second)["deductible"]) == ("320.00", "180.00")
    assert totals(second)["coinsurance"] == "44.00"


def test_another_plan_year_begins_anew(payer):
    payer.submit(claim(("A0429", "700.00")))
    payer.clock.at += timedelta(days=365)
    later = claim(("A0429", "700.00"), number="next year")
    later["item"][0]["servicedDate"] = "2025-02-01"
    assert totals(payer.submit(later))["deductible"] == "500.00"


def test_18_the_same_service_under_another_identifier_is_a_duplicate(payer):
    payer.submit(claim())
    again = payer.submit(claim(("99213", "140.00"), ("71046", "80.00"), number="2024-0018"))
    reasons = [each["reason"]["coding"][0]["code"] for each in again["item"][0]["adjudication"] if "reason" in each]
    assert reasons == ["18"]
    assert again["payment"]["type"]["coding"][0]["code"] == "partiallypaid"


def test_a_denied_service_may_be_billed_again(payer):
    payer.put({**payer.read("Coverage/v1"), "period": {"start": "2024-08-06"}})
    denied = payer.submit(claim(("99213", "140.00")))
    assert totals(denied)["benefit"] == "0.00"
    payer.put({**payer.read("Coverage/v1"), "period": {"start": "2024-01-01"}})
    assert totals(payer.submit(claim(("99213", "140.00"), number="again")))["benefit"] == "61.10"


def test_a_familys_limit_counts_all_its_members(payer, example_plan):
    cover = payer.read("Coverage/v1")
    for number in (2, 3):
        patient = {"resourceType": "Patient", "id": f"p{number}"}
        payer.put(patient, {**cover, "id": f"v{number}", "beneficiary": {"reference": f"Patient/p{number}"}})
    answers = [
        payer.submit(
            claim(
                ("A0429", charge),
                number=id,
                patient={"reference": f"Patient/p{id}"},
                insurance=[{"sequence": 1, "focal": True, "coverage": {"reference": f"Coverage/v{id}"}}],
            )
        )
        for id, charge in (("1", "700.00"), ("2", "400.00"), ("3", "300.00"))
    ]
    assert [totals(each)["deductible"] for each in answers] == ["500.00", "400.00", "100.00"]


REJECTED = {
    "no such coverage": (
        {"insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/v9"}}]},
        "coverage-unknown",
    ),
    "a total that is not the sum": ({"total": usd("1.00")}, "total"),
    "a currency that is not the plan's": (
        {"item": [{**item(1, "99213", "1.00"), "net": {"value": Decimal(1), "currency": "CAD"}}]},
        "currency",
    ),
    "a cancelled claim": ({"status": "cancelled"}, "status"),
}


@pytest.mark.parametrize(("change", "code"), REJECTED.values(), ids=REJECTED)
def test_a_claim_that_cannot_be_judged_is_sent_back_and_not_stored(change, code, payer):
    before = payer.store.last("hospital")
    response = payer.submit({**claim(), **change})
    assert response["outcome"] == "error"
    assert [each["code"]["coding"][0]["code"] for each in response["error"]] == [code]
    assert check(response) == []
    assert payer.store.last("hospital") == before


def test_a_plan_that_comes_later_lets_the_same_claim_be_judged(payer, example_plan):
    cover = payer.read("Coverage/v1")
    payer.put({**cover, "class": [{**cover["class"][0], "value": "GOLD"}]})
    assert payer.submit(claim())["error"][0]["code"]["coding"][0]["code"] == "plan-unknown"
    payer.put({**example_plan, "id": "gold", "identifier": [{"system": "urn:example:plans", "value": "GOLD"}]})
    assert payer.submit(claim())["outcome"] == "complete"


def test_another_insurers_plan_of_the_same_name_is_not_the_coverages(payer):
    payer.put({**payer.read("Coverage/v1"), "payor": [{"reference": "Organization/other"}]})
    assert payer.submit(claim())["error"][0]["code"]["coding"][0]["code"] == "plan-unknown"


def test_a_draft_with_the_same_identifier_becomes_the_claim(payer):
    payer.put({**claim(), "id": "draft-1", "status": "draft"})
    response = payer.submit({**claim(), "status": "draft"})
    assert response["request"] == {"reference": "Claim/draft-1"}
    stored = payer.read("Claim/draft-1")
    assert (stored["status"], stored["meta"]["versionId"]) == ("active", "2")


def test_two_senders_may_use_the_same_id(payer):
    one = payer.submit({**claim(), "id": "1"})
    other = payer.submit({**claim(("71046", "80.00"), number="B-1"), "id": "1"})
    assert one["request"] != other["request"]


def test_e3_a_coverage_of_somebody_else_pays_nothing(payer):
    payer.put({"resourceType": "Patient", "id": "p2"})
    response = payer.submit(claim(patient={"reference": "Patient/p2"}))
    assert {
        each["reason"]["coding"][0]["code"]
        for line in response["item"]
        for each in line["adjudication"]
        if "reason" in each
    } == {"31"}
    assert totals(response)["benefit"] == "0.00"


def test_a_claim_for_a_merged_patient_is_the_survivors(payer):
    payer.put(
        {
            "resourceType": "Patient",
            "id": "p0",
            "active": False,
            "link": [{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}],
        }
    )
    response = payer.submit(claim(patient={"reference": "Patient/p0"}))
    assert response["patient"] == {"reference": "Patient/p1"}
    assert totals(response)["benefit"] == "221.10"


@pytest.mark.parametrize("patient", ["p1", "p9"])
def test_a_claim_that_was_answered_before_its_patient_was_merged_gets_that_answer(patient, payer):
    first = payer.submit(claim())
    payer.put(
        {**payer.read("Patient/p1"), "active": False, "link": [link("p9", "replaced-by")]},
        {"resourceType": "Patient", "id": "p9", "link": [link("p1", "replaces")]},
    )
    assert payer.submit(claim(patient={"reference": f"Patient/{patient}"})) == first
    with pytest.raises(Conflict):
        payer.submit(claim(("99213", "140.00"), patient={"reference": f"Patient/{patient}"}))


def link(id: str, type: str) -> dict[str, Any]:
    return {"other": {"reference": f"Patient/{id}"}, "type": type}


def test_what_is_not_fhir_is_refused_with_its_place(payer):
    body = claim()
    body["item"][0]["net"] = {"amount": 5}
    with pytest.raises(Invalid) as refused:
        payer.submit(body)
    assert any((each.expression or "").startswith("Claim.item[0].net") for each in refused.value.issues)


def test_a_token_without_claims_is_refused(payer):
    with pytest.raises(Forbidden):
        payer.submit(claim(), scopes="system/Patient.rs")


def test_a_payer_needs_no_scope_of_the_client_for_its_own_records(payer):
    assert payer.submit(claim(), scopes="system/Claim.cu")["outcome"] == "complete"


def test_a_patients_token_files_no_claim_for_another(payer):
    payer.put({"resourceType": "Patient", "id": "p2"})
    with pytest.raises(Forbidden):
        payer.submit(claim(), scopes="patient/*.cruds", patient="p2")


def test_another_client_does_not_learn_what_a_claim_was_answered(payer):
    payer.submit(claim())
    with pytest.raises(Conflict):
        payer.submit(claim(), scopes="patient/*.cruds", patient="p2", client="other")


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"fullUrl": f"urn:uuid:{number}", "resource": each} for number, each in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


CARRIED_PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:example:mrn", "value": "MRN-7"}]}
CARRIED_COVERAGE = {
    "resourceType": "Coverage",
    "status": "active",
    "beneficiary": {"reference": "urn:uuid:1"},
    "payor": [{"reference": "Organization/harbor-health"}],
    "class": [{"type": {"coding": [{"code": "plan"}]}, "value": "SILVER-500"}],
}


def carried(patient: dict[str, Any] = CARRIED_PATIENT) -> dict[str, Any]:
    asked = claim(
        patient={"reference": "urn:uuid:1"},
        insurance=[{"sequence": 1, "focal": True, "coverage": {"reference": "urn:uuid:2"}}],
    )
    return deepcopy(bundle(asked, patient, CARRIED_COVERAGE))


def test_a_bundle_brings_what_is_not_on_record_yet(payer):
    response = payer.submit(carried())
    assert totals(response)["benefit"] == "221.10"
    stored = payer.read(response["patient"]["reference"])
    assert stored["identifier"] == CARRIED_PATIENT["identifier"]
    assert payer.submit(carried()) == response
    assert len(payer.all("Patient")) == 2


def test_what_is_on_record_stays_as_it_is_whatever_a_bundle_says(payer):
    body = carried(
        {**CARRIED_PATIENT, "identifier": [{"system": "urn:example:mrn", "value": "MRN-1"}], "gender": "male"}
    )
    assert payer.submit(body)["patient"] == {"reference": "Patient/p1"}
    assert "gender" not in payer.read("Patient/p1")


def test_what_a_bundle_brings_twice_is_stored_once(payer):
    body = carried()
    body["entry"] += [
        {"resource": CARRIED_PATIENT},
        {"resource": {"resourceType": "Organization", "name": "Clinic"}},
    ] * 2
    payer.submit(body)
    assert [len(payer.all(kind)) for kind in ("Patient", "Organization")] == [2, 1]


def test_what_was_renumbered_is_not_taken_for_whom_a_bundle_brings(payer):
    first = payer.submit(carried())
    renumbered = {
        **payer.read(first["patient"]["reference"]),
        "identifier": [{"system": "urn:example:mrn", "value": "MRN-8"}],
    }
    payer.put(renumbered)
    body = carried()
    body["entry"][0]["resource"]["identifier"][0]["value"] = "another"
    assert payer.submit(body)["patient"] != first["patient"]


def test_a_claim_that_was_renumbered_leaves_its_number_free(payer):
    first = payer.submit(claim())
    stored = payer.read(first["request"]["reference"])
    payer.put({**stored, "identifier": [{"system": "urn:example:claims", "value": "renumbered"}]})
    assert payer.submit(claim(("71046", "80.00")))["request"] != first["request"]


def test_who_brings_a_coverage_needs_the_right_to(payer):
    with pytest.raises(Forbidden):
        payer.submit(carried(), scopes="system/Claim.cruds system/Patient.cruds")


BAD_BUNDLES = {
    "without a claim": (bundle(CARRIED_PATIENT), "Bundle.entry"),
    "with two": (bundle(claim(), claim()), "Bundle.entry"),
    "without entries": ({"resourceType": "Bundle", "type": "collection"}, "Bundle.entry"),
    "with an entry of nothing": ({"resourceType": "Bundle", "entry": [{}]}, "Bundle.entry[0].resource"),
    "with a plan of the sender's own": (bundle(claim(), {"resourceType": "InsurancePlan"}), "Bundle.entry[1]"),
    "with what is not FHIR": (bundle(claim(), {"resourceType": "Patient", "gender": 7}), "Patient.gender"),
    "another resource": ({"resourceType": "Patient"}, "resourceType"),
    "parameters without one": ({"resourceType": "Parameters", "parameter": 5}, "Parameters.parameter"),
}


@pytest.mark.parametrize(("body", "expression"), BAD_BUNDLES.values(), ids=BAD_BUNDLES)
def test_a_bad_submission_is_refused_with_its_place(body, expression, payer):
    with pytest.raises(Invalid) as refused:
        payer.submit(body)
    assert refused.value.issues[0].expression == expression


def test_parameters_may_hold_the_claim(payer):
    body = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": claim()}]}
    assert payer.submit(body)["outcome"] == "complete"
