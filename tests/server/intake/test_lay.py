"""Absent leaves, a value replaces, null deletes; what a later event said stays (HL7 v2.5.1 chapter 2.5.3.4)."""

import pytest

from mappings.v2_to_fhir.draft import Draft, Identity
from server.intake.lay import lay

NOON, ONE = "2026-03-01T12:00:00.000+00:00", "2026-03-01T13:00:00.000+00:00"
PATIENT = Identity("Patient", "identifier=urn:x|1")
VISIT = Identity("Encounter", "identifier=urn:x|9")
WAS_IN_A = {"status": "completed", "location": {"reference": "A"}}


def draft(identity=PATIENT, body=(), cleared=(), stub=False, defaults=()):
    return Draft(identity, dict(body), frozenset(cleared), stub=stub, defaults=dict(defaults))


CASES = {
    "a value replaces": (
        {"gender": "male", "birthDate": "1970"}, draft(body={"gender": "female"}),
        {"gender": "female", "birthDate": "1970"},
    ),
    "what is omitted stays": ({"gender": "male"}, draft(), {"gender": "male"}),
    "null deletes": ({"gender": "male", "telecom": [{}]}, draft(cleared={"telecom"}), {"gender": "male"}),
    "null of what is not there": ({"gender": "male"}, draft(cleared={"telecom"}), {"gender": "male"}),
    "a new value drops the sibling that said why it was missing": (
        {"_birthDate": {"extension": []}}, draft(body={"birthDate": "1970"}), {"birthDate": "1970"},
    ),
    "another form of a choice replaces the first": (
        {"deceasedBoolean": True}, draft(body={"deceasedDateTime": "2026-03-01"}), {"deceasedDateTime": "2026-03-01"},
    ),
    "a bare yes leaves the day that is known": (
        {"deceasedDateTime": "2026-03-01"}, draft(body={"deceasedBoolean": True}), {"deceasedDateTime": "2026-03-01"},
    ),
    "no takes the day away": (
        {"deceasedDateTime": "2026-03-01"}, draft(body={"deceasedBoolean": False}), {"deceasedBoolean": False},
    ),
    "a default fills only what nothing filled": (
        {"active": False}, draft(defaults={"active": True, "gender": "unknown"}),
        {"active": False, "gender": "unknown"},
    ),
    "a stub fills in and overwrites nothing": (
        {"gender": "male"}, draft(body={"gender": "other", "birthDate": "1970"}, stub=True),
        {"gender": "male", "birthDate": "1970"},
    ),
    "the end of a visit leaves its start": (
        {"period": {"start": "2026-03-01"}}, draft(VISIT, body={"period": {"end": "2026-03-02"}}),
        {"period": {"start": "2026-03-01", "end": "2026-03-02"}},
    ),
    "an end with a time on the day of a start without one": (
        {"period": {"start": "2026-03-01"}}, draft(VISIT, body={"period": {"end": "2026-03-01T17:00:00Z"}}),
        {"period": {"start": "2026-03-01", "end": "2026-03-01"}},
    ),
    "a part is deleted alone": (
        {"period": {"start": "2026-03-01", "end": "2026-03-02"}}, draft(VISIT, cleared={"period.end"}),
        {"period": {"start": "2026-03-01"}},
    ),
    "a work number leaves the one at home": (
        {"telecom": [{"use": "home", "value": "1"}, {"use": "work", "value": "2"}]},
        draft(body={"telecom": [{"use": "work", "value": "3"}]}),
        {"telecom": [{"use": "home", "value": "1"}, {"use": "work", "value": "3"}]},
    ),
    "a mobile number is one of those at home": (
        {"telecom": [{"use": "home", "value": "1"}, {"use": "work", "value": "2"}, {"use": "mobile", "value": "3"}]},
        draft(body={"telecom": [{"use": "home", "value": "9"}]}),
        {"telecom": [{"use": "home", "value": "9"}, {"use": "work", "value": "2"}]},
    ),
    "a new bed, the old one kept": (
        {"location": [{"status": "active", "location": {"reference": "A"}}]},
        draft(VISIT, body={"location": [{"status": "active", "location": {"reference": "B"}}, WAS_IN_A]}),
        {"location": [{"status": "active", "location": {"reference": "B"}}, WAS_IN_A]},
    ),
    "a null work number as well": (
        {"telecom": [{"use": "home", "value": "1"}, {"use": "work", "value": "2"}]},
        draft(cleared={"telecom:work"}), {"telecom": [{"use": "home", "value": "1"}]},
    ),
    "the last part takes its element with it": ({"period": {"end": "x"}}, draft(VISIT, cleared={"period.end"}), {}),
}  # fmt: skip


@pytest.mark.parametrize(("stored", "said", "expected"), CASES.values(), ids=CASES)
def test_laying_over(stored, said, expected):
    before = {"resourceType": said.type, **stored}
    body, _ = lay(before, said, {}, NOON)
    assert body == {"resourceType": said.type, **expected}
    assert before == {"resourceType": said.type, **stored}


def test_an_earlier_event_that_comes_late_fills_gaps_only():
    newer, marks = lay(None, draft(body={"gender": "female"}), {}, ONE)
    late, marks = lay(newer, draft(body={"gender": "male", "birthDate": "1970"}), marks, NOON)
    assert late == {"resourceType": "Patient", "gender": "female", "birthDate": "1970"}
    assert marks == {"gender": ONE, "birthDate": NOON}


def test_a_deletion_is_remembered_against_late_values():
    emptied, marks = lay({"resourceType": "Patient", "gender": "male"}, draft(cleared={"gender"}), {}, ONE)
    late, _ = lay(emptied, draft(body={"gender": "male"}), marks, NOON)
    assert "gender" not in late


IDENTIFIERS = {
    "another number of the same system replaces": (["a|1"], ["a|2"], ["a|2"]),
    "other systems stay": (["a|1", "b|7"], ["a|1"], ["a|1", "b|7"]),
    "an old one stays": (["a|1", "a|0 old"], ["a|1"], ["a|1", "a|0 old"]),
    "an old one stays old when it is told again": (["a|1", "a|0 old"], ["a|0"], ["a|1", "a|0 old"]),
}


def _identifiers(texts):
    for text in texts:
        name, _, use = text.partition(" ")
        system, _, value = name.partition("|")
        yield {"system": system, "value": value, **({"use": use} if use else {})}


@pytest.mark.parametrize(("stored", "told", "expected"), IDENTIFIERS.values(), ids=IDENTIFIERS)
def test_a_message_speaks_for_the_systems_it_names(stored, told, expected):
    before = {"resourceType": "Patient", "identifier": list(_identifiers(stored))}
    body, _ = lay(before, draft(body={"identifier": list(_identifiers(told))}), {}, NOON)
    assert body["identifier"] == list(_identifiers(expected))
