"""From a body to a write: what is stamped, and what a resource holds from then on."""

from datetime import UTC, datetime

import pytest

from mappings.fhir.json import loads
from server.fhir.outcome import Invalid, Issue
from server.fhir.resource import deletion, prepare
from server.store.entry import Key, Version, Write
from server.store.query import equals, matches, term

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MR = "Patient?identifier=urn:test:mrn|4711"


class Snapshot:
    """What ``prepare`` asks of one."""

    at = AT

    def __init__(self, **held):
        self._held = held

    def holders(self, values):
        return {value: Key("Patient", self._held[value]) for value in values if value in self._held}

    def new_id(self, identity=None):
        return "new"


@pytest.fixture
def base():
    return Version(Key("Patient", "a"), 4, 9, AT, b"{}", reserves=("Patient?key=old", "Patient?identifier=urn:x|1"))


def test_first_version(patient):
    write = prepare(Snapshot(), patient, base=None)

    assert (write.key, write.base, write.reserves) == (Key("Patient", "new"), 0, (MR,))
    assert list(loads(write.body)) == ["resourceType", "id", "meta", "identifier", "name", "gender", "birthDate"]
    assert list(write.terms) == sorted(write.terms)
    assert matches(equals(term("_id", "new")), write.terms)


IDS = {"given": ({"id": "given"}, "body", "given"), "body": ({}, "body", "body"), "new": ({}, None, "new")}


@pytest.mark.parametrize(("named", "in_body", "expected"), IDS.values(), ids=IDS)
def test_id(patient, named, in_body, expected):
    body = {**patient, "id": in_body} if in_body else patient

    assert prepare(Snapshot(), body, base=None, **named).key.id == expected


def test_next_version_keeps_what_is_held_by_other_names(patient, base):
    write = prepare(Snapshot(), patient, base=base, marks={"name": "2026"}, reserves_extra=("Patient?key=new",))

    assert (write.key, write.base, write.marks) == (base.key, 4, {"name": "2026"})
    assert write.reserves == ("Patient?key=new", "Patient?key=old", MR)
    assert loads(write.body)["meta"] == {"versionId": "5", "lastUpdated": "2026-03-01T08:00:00.000Z"}


HOLDERS = {"nobody": ({}, (MR,)), "itself": ({MR: "a"}, (MR,)), "another": ({MR: "b"}, ())}


@pytest.mark.parametrize(("held", "expected"), HOLDERS.values(), ids=HOLDERS)
def test_an_identifier_is_held_by_one(patient, base, held, expected):
    write = prepare(Snapshot(**held), patient, base=Version(base.key, 1, 1, AT, b"{}"))

    assert write.reserves == expected


def test_what_does_not_conform_is_refused():
    with pytest.raises(Invalid) as error:
        prepare(Snapshot(), {"resourceType": "Patient", "gender": "banana"}, base=None)

    assert error.value.issues == (Issue("must be a code of administrative-gender", "Patient.gender", "code-invalid"),)


def test_the_body_is_left_as_it_was(patient):
    before = {**patient, "meta": {"versionId": "7"}}
    after = {**before, "meta": dict(before["meta"])}

    prepare(Snapshot(), after, base=None)

    assert after == before


def test_deletion(base):
    assert deletion(base) == Write(Key("Patient", "a"), 4, None)
