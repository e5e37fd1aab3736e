"""A field speaks of its own items of a list, and of no other's."""

import pytest

from mappings.v2_to_fhir.slices import slicing


def telecom(*items):
    return [{"use": use, "value": value} for use, value in items]


def took_part(code, who):
    return {"type": [{"coding": [{"code": code}]}], "individual": {"reference": who}}


def was(status, place):
    return {"status": status, "location": {"reference": place}}


CASES = {
    "home is all that is not work, and comes first": (
        ("Patient", "telecom"),
        telecom(("work", "2"), ("home", "1"), ("mobile", "3")),
        telecom(("home", "1"), ("mobile", "3"), ("work", "2")),
    ),
    "attender, referrer, others by their codes": (
        ("Encounter", "participant"),
        [took_part("PART", "d"), took_part("REF", "b"), took_part("ATND", "a"), took_part("ABC", "c")],
        [took_part("ATND", "a"), took_part("REF", "b"), took_part("ABC", "c"), took_part("PART", "d")],
    ),
    "where one is, then where one was": (
        ("Encounter", "location"),
        [was("completed", "Z"), was("completed", "A"), was("active", "B")],
        [was("active", "B"), was("completed", "A"), was("completed", "Z")],
    ),
    "extensions by their names": (
        ("Patient", "extension"), [{"url": "b"}, {"url": "a"}], [{"url": "a"}, {"url": "b"}],
    ),
    "what is told twice, in the order in which it was told": (
        ("Patient", "telecom"), telecom(("home", "2"), ("home", "1")), telecom(("home", "2"), ("home", "1")),
    ),
    "a number, others, old ones": (
        ("Patient", "identifier"),
        [{"value": "0", "use": "old"}, {"value": "1", "type": {"coding": [{"code": "SS"}]}}, {"value": "2"}],
        [{"value": "2"}, {"value": "1", "type": {"coding": [{"code": "SS"}]}}, {"value": "0", "use": "old"}],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("where", "items", "expected"), CASES.values(), ids=CASES)
def test_arranged(where, items, expected):
    slices = slicing(*where)
    assert slices.arranged(items) == expected
    assert slices.arranged(expected) == expected


def test_a_list_of_one_field_has_no_slices():
    assert slicing("Patient", "address") is None
