"""A field speaks of its own items of a list, and of no other's."""

import pytest

from mappings.v2_to_fhir.slices import spliced, without


def telecom(*items):
    return [{"use": use, "value": value} for use, value in items]


def took_part(code, who):
    return {"type": [{"coding": [{"code": code}]}], "individual": {"reference": who}}


def was(status, place):
    return {"status": status, "location": {"reference": place}}


CASES = {
    "work only": (
        ("Patient", "telecom"),
        telecom(("home", "1"), ("work", "2"), ("mobile", "3")),
        telecom(("work", "9")),
        telecom(("home", "1"), ("work", "9"), ("mobile", "3")),
    ),
    "home is all that is not work": (
        ("Patient", "telecom"),
        telecom(("home", "1"), ("work", "2"), ("mobile", "3")),
        telecom(("home", "9")),
        telecom(("home", "9"), ("work", "2")),
    ),
    "a new attender": (
        ("Encounter", "participant"),
        [took_part("ATND", "a"), took_part("REF", "b")],
        [took_part("ATND", "c")],
        [took_part("ATND", "c"), took_part("REF", "b")],
    ),
    "a new bed, the old one kept": (
        ("Encounter", "location"),
        [was("active", "A"), was("completed", "Z")],
        [was("active", "B"), was("completed", "A")],
        [was("active", "B"), was("completed", "A"), was("completed", "Z")],
    ),
    "one extension": (
        ("Patient", "extension"),
        [{"url": "a", "valueString": "1"}, {"url": "b", "valueString": "2"}],
        [{"url": "b", "valueString": "3"}],
        [{"url": "a", "valueString": "1"}, {"url": "b", "valueString": "3"}],
    ),
    "a list of one field": (("Patient", "address"), [{"city": "A"}], [{"city": "B"}], [{"city": "B"}]),
    "nothing stored": (("Patient", "telecom"), [], telecom(("home", "1")), telecom(("home", "1"))),
}


@pytest.mark.parametrize(("where", "stored", "told", "expected"), CASES.values(), ids=CASES)
def test_spliced(where, stored, told, expected):
    assert spliced(*where, stored, told) == expected
    assert spliced(*where, expected, told) == expected


def test_without():
    stored = telecom(("home", "1"), ("work", "2"))
    assert without("Patient", "telecom", stored, "work") == telecom(("home", "1"))
    assert without("Patient", "address", [{"city": "A"}], "x") == [{"city": "A"}]
