"""The visit: which it is, what an event makes of it (HL7 v2.8 chapter 3.3)."""

from datetime import datetime

import pytest

PID = "PID|||1^^^H^MR|||||||||||||||ACC-1"
PID_WITHOUT_ACCOUNT = "PID|||1^^^H^MR"


def pv1(**fields):
    """``pv1(f2="I", f19="V-1")``"""
    return "PV1|" + "|".join(fields.get(f"f{number}", "") for number in range(1, 53)).rstrip("|")


WHICH = {
    "PV1-19": (PID, pv1(f19="V-1^^^H"), "identifier=urn:causeway:authority:H|V-1"),
    "PV1-19 of the sender": (PID, pv1(f19="V-1"), "identifier=urn:causeway:authority:NORTHBAY|V-1"),
    "PV1-19 before PV1-50": (PID, pv1(f19="V-1^^^H", f50="X-1^^^H"), "identifier=urn:causeway:authority:H|V-1"),
    "PV1-50": (PID, pv1(f50="X-1^^^H"), "identifier=urn:causeway:authority:H|X-1"),
}


@pytest.mark.parametrize(("pid", "segment", "key"), WHICH.values(), ids=WHICH)
def test_which_visit(pid, segment, key, one):
    draft = one("Encounter", "ADT^A01", pid, segment)
    assert draft.identity.key == key
    number = draft.body["identifier"][0]
    assert key == f"identifier={number['system']}|{number['value']}"
    assert number["type"]["coding"][0]["code"] == "VN"


def test_account_and_admission_make_a_visit(one):
    first, again, next_day = (
        one("Encounter", "ADT^A01", PID, pv1(f2="I", f44=at)) for at in ("20260302", "20260302", "20260303")
    )
    assert first.identity == again.identity != next_day.identity
    assert first.identity.key.startswith("key=")
    assert "identifier" not in first.body


def test_a_visit_without_a_number_is_said_and_not_made(told):
    mapped = told("ADT^A01", PID_WITHOUT_ACCOUNT, pv1(f2="I", f44="20260302"))
    assert [(issue.location, issue.code, issue.fatal) for issue in mapped.issues] == [("PV1^1^19", "101", False)]
    assert {draft.type for draft in mapped.drafts} == {"Patient"}


STATUS = {
    "admitted": ("A01", "I", "in-progress"),
    "transferred": ("A02", "I", "in-progress"),
    "discharged": ("A03", "I", "finished"),
    "registered": ("A04", "O", "in-progress"),
    "registered, not there yet": ("A04", "P", "planned"),
    "pre-admitted": ("A05", "I", "planned"),
    "updated": ("A08", "I", None),
    "cancelled": ("A11", "I", "cancelled"),
    "discharge cancelled": ("A13", "I", "in-progress"),
    "on leave": ("A21", "I", "onleave"),
}


@pytest.mark.parametrize(("trigger", "patient_class", "expected"), STATUS.values(), ids=STATUS)
def test_status_follows_the_event(trigger, patient_class, expected, one):
    draft = one("Encounter", f"ADT^{trigger}", PID, pv1(f2=patient_class, f19="V-1"))
    assert draft.body.get("status") == expected
    assert draft.resource["status"]


PRESUMED = {
    "inpatient": ({"f2": "I"}, "in-progress"),
    "pre-admitted": ({"f2": "P"}, "planned"),
    "not known": ({"f2": "U"}, "unknown"),
    "discharged meanwhile": ({"f2": "I", "f45": "20260306"}, "finished"),
    "nothing said": ({}, "in-progress"),
}


@pytest.mark.parametrize(("fields", "expected"), PRESUMED.values(), ids=PRESUMED)
def test_an_update_of_a_visit_nobody_told_of(fields, expected, one):
    draft = one("Encounter", "ADT^A08", PID, pv1(f19="V-1", **fields))
    assert "status" not in draft.body
    assert draft.defaults["status"] == expected
    assert draft.defaults["class"]["code"] == "UNK"


ENDS = {
    "PV1-45": (
        ("EVN|A03|202603061500Z|||||", pv1(f2="I", f19="V-1", f45="202603061330Z")),
        "2026-03-06T13:30:00+00:00",
    ),
    "EVN-6": (("EVN|A03|202603061500Z||||202603061330Z", pv1(f19="V-1")), "2026-03-06T13:30:00+00:00"),
    "EVN-2": (("EVN|A03|202603061500Z", pv1(f19="V-1")), "2026-03-06T15:00:00+00:00"),
    "none": ((pv1(f19="V-1"),), None),
}


@pytest.mark.parametrize(("segments", "expected"), ENDS.values(), ids=ENDS)
def test_a_discharge_has_a_time(segments, expected, one):
    *evn, visit = segments
    assert one("Encounter", "ADT^A03", *evn, PID, visit).body.get("period", {}).get("end") == expected


def test_a_cancelled_discharge_takes_back_what_the_discharge_said(one):
    draft = one("Encounter", "ADT^A13", PID, pv1(f2="I", f19="V-1", f14="7", f36="01", f44="20260302", f45="20260306"))
    assert draft.cleared == {"period.end", "hospitalization.dischargeDisposition", "hospitalization.destination"}
    assert draft.body["period"] == {"start": "2026-03-02"}
    assert "dischargeDisposition" not in draft.body["hospitalization"]
    assert "admitSource" in draft.body["hospitalization"]


def test_a_person_has_no_visit(told):
    mapped = told("ADT^A28", PID, pv1(f2="I", f19="V-1"))
    assert {draft.type for draft in mapped.drafts} == {"Patient", "Account"}
    assert mapped.unread == ("PV1-2", "PV1-19")


def test_the_same_doctor_and_place_are_made_once(told):
    mapped = told(
        "ADT^A01", PID, pv1(f3="4W^1^A", f6="4W^1^B", f7="77^Voss", f8="77^Voss^Emil", f17="77^Voss", f19="V-1")
    )
    names = [str(draft.identity) for draft in mapped.drafts]
    assert len(names) == len(set(names))
    assert sum(name.startswith("Practitioner") for name in names) == 1
    assert sorted(name.rsplit("|")[1] for name in names if name.startswith("Location")) == [
        "4W",
        "4W/1",
        "4W/1/A",
        "4W/1/B",
    ]


EVENTS = {
    "when it happened": ("EVN|A08|202603021000Z||||202603020900Z", "2026-03-02T09:00:00+00:00", ()),
    "when it was recorded": ("EVN|A08|202603021000Z", "2026-03-02T10:00:00+00:00", ()),
    "when it was sent": ("EVN|A08|", "2026-03-02T08:15:00-05:00", ()),
    "when it was sent, for want of better": ("EVN|A08|today", "2026-03-02T08:15:00-05:00", (("EVN^1^2", "102"),)),
    "another event": ("EVN|A01|202603021000Z", "2026-03-02T10:00:00+00:00", (("EVN^1^1", "207"),)),
    "the end of time": ("EVN|A08|99991231235959-0500", "2026-03-02T08:15:00-05:00", (("EVN^1^2", "102"),)),
}


@pytest.mark.parametrize(("evn", "at", "issues"), EVENTS.values(), ids=EVENTS)
def test_when_it_happened(evn, at, issues, told):
    mapped = told("ADT^A08", evn, PID, pv1(f19="V-1"))
    assert mapped.event.at == datetime.fromisoformat(at)
    assert tuple((issue.location, issue.code) for issue in mapped.issues) == issues


def conditions(mapped):
    return [draft for draft in mapped.drafts if draft.type == "Condition"]


def test_a_diagnosis_made_twice_is_the_same(told):
    mapped = told("ADT^A08", PID, pv1(f19="V-1"), "DG1|1||I10^^I10|||A", "DG1|2||I10^Hypertension^I10|||F")
    (condition,) = conditions(mapped)
    assert condition.body["verificationStatus"]["coding"][0]["code"] == "confirmed"
    (encounter,) = (draft for draft in mapped.drafts if draft.type == "Encounter")
    assert [each["condition"] for each in encounter.body["diagnosis"]] == [condition.identity.reference] * 2


def test_a_diagnosis_keeps_its_number_when_its_code_changes(told):
    before, after = (
        conditions(told("ADT^A08", PID, pv1(f19="V-1"), f"DG1|1||{code}^^I10{'|' * 17}DX-9"))[0].identity
        for code in ("R07.9", "I21.4")
    )
    assert before == after


def test_a_deleted_diagnosis_is_in_error_and_no_diagnosis_of_the_visit(told):
    mapped = told("ADT^A08", PID, pv1(f19="V-1"), f"DG1|1||I10^^I10|||F{'|' * 15}D")
    (condition,) = conditions(mapped)
    assert condition.body["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert all("diagnosis" not in draft.body for draft in mapped.drafts)


CODED = {
    "DG1-3 names the system": ("DG1|1|I9|I10^Hypertension^I10", "http://hl7.org/fhir/sid/icd-10-cm"),
    "DG1-2 does": ("DG1|1|I9|401.9^Hypertension", "http://hl7.org/fhir/sid/icd-9-cm"),
    "nobody does": ("DG1|1||401.9", None),
}


@pytest.mark.parametrize(("dg1", "system"), CODED.values(), ids=CODED)
def test_coding_system_of_a_diagnosis(dg1, system, told):
    (condition,) = conditions(told("ADT^A08", PID, pv1(f19="V-1"), dg1))
    assert condition.body["code"]["coding"][0].get("system") == system


def test_a_diagnosis_in_words(told):
    (condition,) = conditions(told("ADT^A08", PID, pv1(f19="V-1"), "DG1|1|||Chest pain"))
    assert condition.resource["code"] == {"text": "Chest pain"}
