"""A40: one patient goes up in another, whatever the order and however often."""

import pytest

MRG = "MRG|{}^^^RIVER^MR"


@pytest.fixture
def two(hospital, message):
    """Ann, registered twice: M1 with visit V1, M2 with visit V2."""
    hospital.accepted(message("A04", "1"), message("A04", "2", mrn="M2", visit="V2", account="A2", name="Able^Ann"))
    return hospital


def merging(message, control_id, survivor, prior):
    return message("A40", control_id, MRG.format(prior), mrn=survivor, pv1=False, at="202603020800+0000", account="")


def by_number(hospital):
    current = {}
    for patient in hospital.all("Patient"):
        for each in patient["identifier"]:
            if each.get("use") != "old":
                current[each["value"]] = patient
    return current


def test_the_prior_is_inactive_and_everything_refers_to_the_survivor(two, message):
    two.accepted(merging(message, "3", "M1", "M2"))
    patients = by_number(two)
    survivor, prior = f"Patient/{patients['M1']['id']}", f"Patient/{patients['M2']['id']}"
    assert patients["M2"]["active"] is False
    assert patients["M2"]["link"] == [{"other": {"reference": survivor}, "type": "replaced-by"}]
    assert patients["M1"]["link"] == [{"other": {"reference": prior}, "type": "replaces"}]
    assert {each["value"]: each.get("use", "") for each in patients["M1"]["identifier"]} == {"M1": "", "M2": "old"}
    assert {each["subject"]["reference"] for each in two.all("Encounter")} == {survivor}
    assert {each["subject"][0]["reference"] for each in two.all("Account")} == {survivor}


def test_a_late_message_for_the_prior_lands_on_the_survivor(two, message):
    two.accepted(
        merging(message, "3", "M1", "M2"),
        message("A08", "4", mrn="M2", visit="V2", account="A2", at="202603030800+0000", phone="^PRN^PH^^1^555^5550199"),
    )
    patients = by_number(two)
    assert patients["M1"]["telecom"][0]["value"].endswith("5550199")
    assert {each["subject"]["reference"] for each in two.all("Encounter")} == {f"Patient/{patients['M1']['id']}"}
    assert patients["M2"]["active"] is False


def test_done_twice_or_the_other_way_round_it_changes_nothing_more(two, message):
    two.accepted(merging(message, "3", "M1", "M2"))
    before = two.all("Patient")
    again, reverse = two.accepted(merging(message, "4", "M1", "M2"), merging(message, "5", "M2", "M1"))
    assert [write.key for write in again.writes + reverse.writes if write.key.type == "Encounter"] == []
    assert [each["link"] for each in two.all("Patient")] == [each["link"] for each in before]


def test_a_chain_ends_at_its_last(two, message):
    two.accepted(
        message("A04", "6", mrn="M3", visit="V3", account="A3"),
        merging(message, "3", "M1", "M2"),
        merging(message, "4", "M3", "M1"),
        message("A08", "7", mrn="M2", visit="V2", account="A2", at="202603030800+0000", sex="M"),
    )
    last = by_number(two)["M3"]
    assert last["gender"] == "male"
    assert {each["subject"]["reference"] for each in two.all("Encounter")} == {f"Patient/{last['id']}"}


def test_a_prior_nobody_knew_leaves_a_trace_for_its_late_messages(hospital, message):
    hospital.accepted(
        message("A04", "1"),
        merging(message, "2", "M1", "M9"),
        message("A08", "3", mrn="M9", visit="V9", account="A9", at="202603030800+0000"),
    )
    patients = by_number(hospital)
    assert patients["M9"]["active"] is False
    assert {each["subject"]["reference"] for each in hospital.all("Encounter")} == {f"Patient/{patients['M1']['id']}"}


def test_a_merge_with_itself_is_refused(two, message):
    (entry,) = two.receive(merging(message, "3", "M1", "M1"))
    assert (entry.about["ack"], entry.about["issues"].split(" ")[:2]) == ("AE", ["MRG^1^1", "205"])


def test_numbers_of_two_patients_in_one_message_are_for_a_person_to_decide(two, message):
    both = message("A08", "3", mrn="M1^^^RIVER^MR~M2")
    (entry,) = two.receive(both)
    assert (entry.about["ack"], entry.about["issues"].split(" ")[:2]) == ("AE", ["PID^1^3", "205"])


POLICY = "IN1|1|PPO|60054^^^NAIC^NII|Lakeshore|||||||||||||SEL|||||||||||||||||||W77"
MOTHER = "NK1|1|Abel^Mo|MTH||^PRN^PH^^1^555^5550300"


def test_what_is_told_again_under_the_survivors_number_goes_on(two, message):
    """The same policy, the same mother, also of a third number, and in no second copy."""
    third = {"mrn": "M3", "visit": "V3", "account": "A3"}
    two.accepted(message("A08", "6", MOTHER, POLICY, mrn="M2", visit="V2", account="A2"), message("A04", "7", **third))
    policy, mother = two.one("Coverage"), two.one("RelatedPerson")
    two.accepted(
        merging(message, "3", "M1", "M2"),
        merging(message, "4", "M3", "M1"),
        message("A08", "5", MOTHER, POLICY, **third, at="202603030800+0000"),
    )
    assert (two.one("Coverage")["id"], two.one("Coverage")["status"]) == (policy["id"], "active")
    assert two.one("RelatedPerson")["id"] == mother["id"]
    assert two.one("Coverage")["beneficiary"]["reference"] == f"Patient/{by_number(two)['M3']['id']}"


def test_policies_of_two_who_are_one_stay_two(two, message):
    """Told under both numbers before the merge, they are two: which is right, a person has to say."""
    two.accepted(
        message("A08", "6", POLICY), message("A08", "7", POLICY, mrn="M2", visit="V2", account="A2"),
        merging(message, "3", "M1", "M2"),
    )  # fmt: skip
    assert len(two.all("Coverage")) == 2
