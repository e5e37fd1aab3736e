"""Who pays: Account, Coverage, guarantors (HL7 v2.8 chapter 6.5)."""

import pytest

PID = "PID|||1^^^H^MR|||||||||||||||ACC-1^^^H"
PV1 = "PV1|1|I|||||||||||||||||V-1"


def segment(name, **fields):
    last = max(int(field[1:]) for field in fields)
    return f"{name}|" + "|".join(fields.get(f"f{number}", "") for number in range(1, last + 1))


def in1(**fields):
    return segment("IN1", **{"f1": "1", "f3": "P1^^^PAY", "f4": "Tidewater", "f36": "M-1", **fields})


def coverages(mapped):
    return [draft for draft in mapped.drafts if draft.type == "Coverage"]


RELATIONSHIPS = {
    "the insured is the patient": ({"f17": "SEL"}, "", "self"),
    "the insured is the spouse": ({"f17": "SPO"}, "", "spouse"),
    "the insured is the mother": ({"f17": "MTH^Mother^HL70063"}, "", "child"),
    "the insured is the child": ({"f17": "CHD"}, "", "parent"),
    "the patient is a child": ({"f17": "Z"}, "03", "child"),
    "the patient is the insured": ({}, "1", "self"),
    "IN1-17 goes first": ({"f17": "SPO"}, "01", "spouse"),
}


@pytest.mark.parametrize(("fields", "in2_72", "expected"), RELATIONSHIPS.values(), ids=RELATIONSHIPS)
def test_relationship_is_the_patients_to_the_insured(fields, in2_72, expected, told):
    (coverage,) = coverages(told("ADT^A31", PID, in1(**fields), segment("IN2", f72=in2_72)))
    assert coverage.body["relationship"]["coding"][0]["code"] == expected
    itself = coverage.body.get("subscriber") == coverage.body["beneficiary"]
    assert itself is (expected == "self")


def test_a_relationship_of_the_senders_own_stays_what_it_is(told):
    (coverage,) = coverages(told("ADT^A31", PID, in1(f17="4^Friend^L")))
    assert coverage.body["relationship"]["coding"] == [
        {"system": "urn:causeway:codesystem:NORTHBAY:L", "code": "4", "display": "Friend"}
    ]


def test_the_insured_is_somebody(told):
    mapped = told("ADT^A31", PID, in1(f16="Holm^Berta", f17="MTH", f18="19600101", f43="F"))
    (person,) = (draft for draft in mapped.drafts if draft.type == "RelatedPerson")
    (coverage,) = coverages(mapped)
    assert coverage.body["subscriber"] == person.identity.reference
    assert person.body["birthDate"] == "1960-01-01"
    assert person.body["relationship"][0]["coding"][0]["code"] == "MTH"


MEMBERS = {
    "IN1-49": ({"f36": "P-1", "f49": "M-1"}, "X-1", "M-1"),
    "IN2-61": ({"f36": "P-1"}, "X-1", "X-1"),
    "IN1-36": ({"f36": "P-1"}, "", "P-1"),
    "IN1-10 of type SN": ({"f36": "", "f10": "S-1^^^^SN"}, "", "S-1"),
    "IN1-10 of an employer": ({"f36": "", "f10": "E-1"}, "", None),
}


@pytest.mark.parametrize(("fields", "in2_61", "expected"), MEMBERS.values(), ids=MEMBERS)
def test_member(fields, in2_61, expected, told):
    (coverage,) = coverages(told("ADT^A31", PID, in1(**fields), segment("IN2", f61=in2_61)))
    assert coverage.body.get("subscriberId") == expected


SAME = {
    "sent again": (in1(), in1(), True),
    "another plan": (in1(f2="GOLD"), in1(f2="SILVER"), False),
    "another member": (in1(), in1(f36="M-2"), False),
    "another payer": (in1(), in1(f3="P2^^^PAY"), False),
    "a new address of the payer": (in1(), in1(f5="1 Quay"), True),
    "another place in the order": (in1(), in1(f1="2"), True),
    "a name spelt anew": (in1(f3="", f4="Tide Water"), in1(f3="", f4="TIDE  WATER"), True),
}


@pytest.mark.parametrize(("before", "after", "same"), SAME.values(), ids=SAME)
def test_which_coverage(before, after, same, told):
    first, second = (coverages(told("ADT^A31", PID, each))[0].identity for each in (before, after))
    assert (first == second) is same


def test_a_message_with_only_the_policys_number_finds_the_member(told):
    (whole,), (thin,) = (coverages(told("ADT^A31", PID, each)) for each in (in1(f49="M-7", f36="P-1"), in1(f36="P-1")))
    assert thin.identity in whole.also


def test_an_insurance_of_nobody_is_said_and_not_made(told):
    mapped = told("ADT^A31", PID, in1(f3="", f4=""))
    assert [(issue.location, issue.code, issue.fatal) for issue in mapped.issues] == [("IN1^1^3", "101", False)]
    assert coverages(mapped) == []


def test_each_in1_has_its_own_in2(told):
    mapped = told(
        "ADT^A31", PID, in1(f1="1"), segment("IN2", f61="A"), in1(f1="2", f3="P2"), "IN3|1", segment("IN2", f61="B")
    )
    assert [(each.body["order"], each.body["subscriberId"]) for each in coverages(mapped)] == [(1, "A"), (2, "B")]


def test_the_account_holds_what_pays_it_in_order(one):
    account = one("Account", "ADT^A01", PID, PV1, in1(f22="2"), in1(f3="P2", f22="1"))
    assert [each["priority"] for each in account.body["coverage"]] == [2, 1]
    assert account.identity.key == "identifier=urn:causeway:authority:H|ACC-1"
    assert account.defaults == {"status": "active"}


ACCOUNTS = {
    "numbered": (("ADT^A01", PID, PV1), "identifier="),
    "of the visit, with something to hold": (("ADT^A01", "PID|||1", PV1, in1()), "key="),
    "of the visit, with nothing to hold": (("ADT^A01", "PID|||1", PV1), None),
    "of a person": (("ADT^A31", "PID|||1", in1()), None),
    "of charges": (("DFT^P03", "PID|||1"), "key="),
}


@pytest.mark.parametrize(("message", "expected"), ACCOUNTS.values(), ids=ACCOUNTS)
def test_there_is_an_account_where_there_is_something_for_it(message, expected, told):
    found = [draft.identity.key for draft in told(*message).drafts if draft.type == "Account"]
    assert [key.split("=")[0] + "=" for key in found] == ([expected] if expected else [])


def test_admission_and_charges_without_an_account_number_meet(told):
    accounts = [
        draft.identity
        for message in (("ADT^A01", "PID|||1", PV1, in1()), ("DFT^P03", "PID|||1", PV1, "FT1|1|T|||||"))
        for draft in told(*message).drafts
        if draft.type == "Account"
    ]
    assert accounts[0] == accounts[1]


GUARANTORS = {
    "the patient": ("GT1|1||Lind^Mara||||||||SEL", "Patient"),
    "a person": ("GT1|1|G-1|Lind^Jon", "RelatedPerson"),
    "an organization": ("GT1|1" + "|" * 20 + "Ellery Shipyard", "Organization"),
}


@pytest.mark.parametrize(("gt1", "type"), GUARANTORS.values(), ids=GUARANTORS)
def test_guarantor(gt1, type, told):
    mapped = told("ADT^A01", PID, PV1, gt1)
    types = {draft.identity.urn: draft.type for draft in mapped.drafts}
    (account,) = (draft for draft in mapped.drafts if draft.type == "Account")
    (guarantor,) = account.body["guarantor"]
    assert types[guarantor["party"]["reference"]] == type


def test_a_guarantor_of_nobody_is_none(one):
    assert "guarantor" not in one("Account", "ADT^A01", PID, PV1, "GT1|1").body
