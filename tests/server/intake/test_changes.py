"""What becomes of whole patients, accounts and visits, and of their numbers, in what is stored (A24 to A50)."""

import pytest

VISIT = "PV1|1|I|||||||||||||||||{}^^^RIVER^VN"
LATER = {"at": "202603020800+0000"}


@pytest.fixture
def two(hospital, message):
    """Ann (M1, visit V1 of account A1) and Ben (M2, V2 of A2), each with a diagnosis."""
    dg1 = "DG1|1||I10^^I10|||A"
    hospital.accepted(
        message("A04", "1", dg1), message("A04", "2", dg1, mrn="M2", visit="V2", account="A2", name="Brown^Ben")
    )
    return hospital


def changing(message, trigger, *segments, mrn="M1", account=""):
    return message(trigger, f"{trigger}-{mrn}", *segments, mrn=mrn, account=account, pv1=False, **LATER)


def current(hospital, type):
    """By its current number."""
    found = {}
    for body in hospital.all(type):
        found |= {each["value"]: body for each in body["identifier"] if each.get("use") != "old"}
    return found


def reference(body):
    return {"reference": f"{body['resourceType']}/{body['id']}"}


def test_accounts_are_merged(two, message):
    two.accepted(changing(message, "A41", "MRG|M1^^^RIVER^MR||A2^^^RIVER^AN", account="A1"))
    accounts = current(two, "Account")
    assert (accounts["A2"]["status"], accounts["A2"]["partOf"]) == ("entered-in-error", reference(accounts["A1"]))
    assert [each["account"] for each in two.all("Encounter")] == [[reference(accounts["A1"])]] * 2


def test_what_comes_late_for_a_merged_account_is_the_others(two, message):
    two.accepted(changing(message, "A41", "MRG|M1^^^RIVER^MR||A2^^^RIVER^AN", account="A1"))
    two.accepted(message("A08", "9", mrn="M2", visit="V2", account="A2", at="202603030800+0000"))
    assert current(two, "Encounter")["V2"]["account"] == [reference(current(two, "Account")["A1"])]


def test_visits_are_merged(two, message):
    two.accepted(changing(message, "A42", "MRG|M1^^^RIVER^MR||||V2^^^RIVER^VN", VISIT.format("V1")))
    visits = current(two, "Encounter")
    assert (visits["V2"]["status"], visits["V2"]["partOf"]) == ("entered-in-error", reference(visits["V1"]))
    assert [each["encounter"] for each in two.all("Condition")] == [reference(visits["V1"])] * 2
    assert {each["value"]: each.get("use") for each in visits["V1"]["identifier"]} == {"V1": None, "V2": "old"}


def test_an_account_is_moved_with_all_that_is_of_it(two, message):
    two.accepted(changing(message, "A44", "MRG|M2^^^RIVER^MR||A2^^^RIVER^AN", account="A2"))
    ann = reference(current(two, "Patient")["M1"])
    assert [each["subject"] for each in two.all("Account")] == [[ann]] * 2
    assert [each["subject"] for type in ("Encounter", "Condition") for each in two.all(type)] == [ann] * 4


def test_a_visit_is_moved_with_all_that_is_of_it(two, message):
    two.accepted(changing(message, "A45", "MRG|M2^^^RIVER^MR||||V2^^^RIVER^VN", VISIT.format("V2")))
    patients = current(two, "Patient")
    assert [each["subject"] for each in two.all("Encounter")] == [reference(patients["M1"])] * 2
    assert [each["subject"] for each in two.all("Condition")] == [reference(patients["M1"])] * 2
    assert current(two, "Account")["A2"]["subject"] == [reference(patients["M2"])]


def test_a_patient_under_another_number_stays_who_they_are(two, message):
    before = current(two, "Patient")["M2"]
    two.accepted(changing(message, "A47", "MRG|M2^^^RIVER^MR", mrn="M7"))
    late = message("A08", "9", mrn="M2", visit="V2", account="A2", at="202603030800+0000", sex="M")
    two.accepted(late)
    patients = current(two, "Patient")
    assert (patients["M7"]["id"], patients["M7"]["gender"]) == (before["id"], "male")
    assert {each["value"]: each.get("use") for each in patients["M7"]["identifier"]} == {"M7": None, "M2": "old"}
    assert patients["M2"]["link"] == [{"other": reference(before), "type": "replaced-by"}]
    assert current(two, "Encounter")["V2"]["subject"] == reference(before)


def test_done_twice_it_changes_nothing_more(two, message):
    two.accepted(changing(message, "A47", "MRG|M2^^^RIVER^MR", mrn="M7"))
    before = two.all("Patient")
    two.accepted(message("A47", "again", "MRG|M2^^^RIVER^MR", mrn="M7", pv1=False, account="", **LATER))
    assert two.all("Patient") == before


def test_a_number_that_somebody_has_is_a_merge(two, message):
    two.accepted(changing(message, "A47", "MRG|M2^^^RIVER^MR", mrn="M1"))
    patients = current(two, "Patient")
    assert patients["M2"]["link"] == [{"other": reference(patients["M1"]), "type": "replaced-by"}]


def test_a_visit_under_another_number_stays_what_it_is(two, message):
    before = current(two, "Encounter")["V1"]
    two.accepted(changing(message, "A50", "MRG|M1^^^RIVER^MR||||V1^^^RIVER^VN", VISIT.format("V7")))
    two.accepted(message("A03", "9", visit="V1", at="202603030800+0000", left="202603030800+0000"))
    after = current(two, "Encounter")["V7"]
    assert (after["id"], after["status"]) == (before["id"], "finished")


def test_patients_are_linked_and_no_longer(two, message):
    ben = "PID|2||M2^^^RIVER^MR"
    two.accepted(changing(message, "A24", ben))
    patients = current(two, "Patient")
    assert patients["M1"]["link"] == [{"other": reference(patients["M2"]), "type": "seealso"}]
    assert patients["M2"]["link"] == [{"other": reference(patients["M1"]), "type": "seealso"}]
    two.accepted(changing(message, "A37", ben))
    assert [body for body in two.all("Patient") if "link" in body] == []


def test_a_deleted_person_is_kept_and_may_come_back(two, message):
    two.accepted(changing(message, "A29"))
    assert current(two, "Patient")["M1"]["active"] is False
    two.accepted(message("A28", "9", pv1=False, at="202603030800+0000"))
    assert current(two, "Patient")["M1"]["active"] is True
