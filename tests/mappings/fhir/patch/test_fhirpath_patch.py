"""https://hl7.org/fhir/R4/fhirpatch.html"""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.fhir.checker import check
from mappings.fhir.patch.faults import BadPatch, Unfit
from mappings.fhir.patch.fhirpath_patch import fhirpath_patch

BESIDE = {"extension": [{"url": "urn:b", "valueCode": "b"}]}
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "birthDate": "1950-01-02",
    "_birthDate": {"extension": [{"url": "urn:x", "valueString": "about"}]},
    "name": [
        {
            "use": "official",
            "family": "Ek",
            "given": ["Ada", "Bo"],
            "_given": [None, BESIDE],
        },
        {"use": "old", "family": "Om"},
    ],
    "deceasedBoolean": False,
    "contact": [{"name": {"text": "A"}, "gender": "male"}],
    "extension": [{"url": "urn:one", "valueInteger": 1}, {"url": "urn:two", "valueInteger": 2}],
    "maritalStatus": {"coding": [{"system": "urn:s", "code": "M"}]},
}


def patch(type, path, value=None, **more):
    kinds = {"name": "valueString", "index": "valueInteger", "source": "valueInteger", "destination": "valueInteger"}
    parts = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}]
    parts += [{"name": name, kinds[name]: each} for name, each in more.items()]
    return {"name": "operation", "part": [*parts, *([{"name": "value", **value}] if value else [])]}


def applied(*operations):
    return fhirpath_patch(copy.deepcopy(PATIENT), {"resourceType": "Parameters", "parameter": list(operations)})


CHANGES = {
    "add an element": (patch("add", "Patient", {"valueCode": "female"}, name="gender"), {"gender": "female"}),
    "add to a list": (
        patch("add", "Patient", {"valueHumanName": {"text": "N"}}, name="name"),
        {"name": [*PATIENT["name"], {"text": "N"}]},
    ),
    "add a list": (
        patch("add", "Patient", {"valueContactPoint": {"rank": 1}}, name="telecom"),
        {"telecom": [{"rank": 1}]},
    ),
    "add to what is chosen": (
        patch("add", "Patient.name.where(use = 'old')", {"valueString": "Cy"}, name="given"),
        {"name": [PATIENT["name"][0], {**PATIENT["name"][1], "given": ["Cy"]}]},
    ),
    "add a choice by its short name": (
        patch("add", "Patient", {"valueInteger": 2}, name="multipleBirth"),
        {"multipleBirthInteger": 2},
    ),
    "add a choice by its name in JSON": (
        patch("add", "Patient", {"valueInteger": 2}, name="multipleBirthInteger"),
        {"multipleBirthInteger": 2},
    ),
    "add what is put together": (
        patch(
            "add",
            "Patient",
            {
                "part": [
                    {"name": "relationship", "valueCodeableConcept": {"text": "aunt"}},
                    {"name": "name", "valueHumanName": {"text": "B"}},
                    {"name": "telecom", "valueContactPoint": {"rank": 1}},
                    {"name": "telecom", "valueContactPoint": {"rank": 2}},
                ]
            },
            name="contact",
        ),
        {
            "contact": [
                *PATIENT["contact"],
                {
                    "relationship": [{"text": "aunt"}],
                    "name": {"text": "B"},
                    "telecom": [{"rank": 1}, {"rank": 2}],
                },
            ]
        },
    ),
    "add to what a primitive has beside it": (
        patch(
            "add",
            "Patient.birthDate",
            {"part": [{"name": "url", "valueUri": "urn:y"}, {"name": "value", "valueString": "z"}]},
            name="extension",
        ),
        {
            "_birthDate": {
                "extension": [{"url": "urn:x", "valueString": "about"}, {"url": "urn:y", "valueString": "z"}]
            }
        },
    ),
    "insert": (
        patch("insert", "Patient.name[0].given", {"valueString": "Zo"}, index=1),
        {"name": [{**PATIENT["name"][0], "given": ["Ada", "Zo", "Bo"], "_given": [None, None, BESIDE]},
                  PATIENT["name"][1]]},
    ),
    "insert as the first": (
        patch("insert", "Patient.telecom", {"valueContactPoint": {"rank": 1}}, index=0),
        {"telecom": [{"rank": 1}]},
    ),
    "delete": (patch("delete", "Patient.maritalStatus"), {"maritalStatus": None}),
    "delete with what is beside": (patch("delete", "Patient.birthDate"), {"birthDate": None, "_birthDate": None}),
    "delete one of a list": (patch("delete", "Patient.name.where(use = 'old')"), {"name": PATIENT["name"][:1]}),
    "delete the only one": (patch("delete", "Patient.contact[0]"), {"contact": None}),
    "delete what is not there": (patch("delete", "Patient.photo"), {"photo": None}),
    "delete an extension": (patch("delete", "Patient.extension('urn:one')"), {"extension": PATIENT["extension"][1:]}),
    "delete an item and what is beside it": (
        patch("delete", "Patient.name.first().given.last()"),
        {"name": [{"use": "official", "family": "Ek", "given": ["Ada"]}, PATIENT["name"][1]]},
    ),
    "replace": (patch("replace", "Patient.birthDate", {"valueDate": "1951-01-01"}),
                {"birthDate": "1951-01-01", "_birthDate": None}),
    "replace deep inside": (
        patch("replace", "Patient.contact[0].name.text", {"valueString": "C"}),
        {"contact": [{"name": {"text": "C"}, "gender": "male"}]},
    ),
    "replace one type of a choice by another": (
        patch("replace", "Patient.deceased", {"valueDateTime": "2026-01-01"}),
        {"deceasedBoolean": None, "deceasedDateTime": "2026-01-01"},
    ),
    "replace by type": (patch("replace", "Patient.deceased.ofType(boolean)", {"valueBoolean": True}),
                        {"deceasedBoolean": True}),
    "move": (
        patch("move", "Patient.name[0].given", source=1, destination=0),
        {"name": [{**PATIENT["name"][0], "given": ["Bo", "Ada"], "_given": [BESIDE, None]}, PATIENT["name"][1]]},
    ),
    "a path without the type": (patch("replace", "name[1].family", {"valueString": "Um"}),
                                {"name": [PATIENT["name"][0], {"use": "old", "family": "Um"}]}),
}  # fmt: skip


@pytest.mark.parametrize(("operation", "expected"), CHANGES.values(), ids=CHANGES)
def test_changes(operation, expected):
    changed = applied(operation)

    assert {name: changed.get(name) for name in expected} == expected
    untouched = PATIENT.keys() - expected.keys()
    assert {name: changed[name] for name in untouched} == {name: PATIENT[name] for name in untouched}
    assert check(changed) == []


def test_one_after_the_other():
    changed = applied(
        patch("delete", "Patient.name[0]"), patch("add", "Patient.name[0]", {"valueString": "Di"}, name="given")
    )

    assert changed["name"] == [{"use": "old", "family": "Om", "given": ["Di"]}]


UNFIT = {
    "adding what can be once": patch("add", "Patient", {"valueDate": "2000-01-01"}, name="birthDate"),
    "adding a second choice": patch("add", "Patient", {"valueDateTime": "2000-01-01"}, name="deceased"),
    "adding to nothing": patch("add", "Patient.photo", {"valueString": "x"}, name="title"),
    "adding to many": patch("add", "Patient.name", {"valueString": "x"}, name="given"),
    "inserting too far": patch("insert", "Patient.name", {"valueHumanName": {"text": "x"}}, index=3),
    "inserting into what is no list": patch("insert", "Patient.birthDate", {"valueDate": "2000-01-01"}, index=0),
    "deleting many": patch("delete", "Patient.name"),
    "replacing nothing": patch("replace", "Patient.photo[0]", {"valueAttachment": {}}),
    "replacing all": patch("replace", "Patient", {"valueString": "x"}),
    "moving too far": patch("move", "Patient.name", source=0, destination=2),
    "moving from nowhere": patch("move", "Patient.name", source=2, destination=0),
}


@pytest.mark.parametrize("operation", UNFIT.values(), ids=UNFIT)
def test_does_not_fit(operation):
    with pytest.raises(Unfit) as unfit:
        applied(operation)

    assert unfit.value.place == 0


BAD = {
    "no operation": {"name": "other", "part": []},
    "no parts": {"name": "operation"},
    "an unknown type": patch("merge", "Patient.name"),
    "no path": {"name": "operation", "part": [{"name": "type", "valueCode": "delete"}]},
    "a type that is no text": {"name": "operation", "part": [{"name": "type", "valueCode": []}]},
    "no FHIRPath": patch("delete", "Patient..name"),
    "a path that computes": patch("delete", "Patient.name.count()"),
    "two paths": patch("delete", "Patient.name | Patient.contact"),
    "a regular expression": patch("delete", "Patient.name.where(family.matches('(a+)+$'))"),
    "a condition that fails": patch("delete", "Patient.name.where(family.substring())"),
    "no value": patch("replace", "Patient.gender"),
    "an unknown child": patch("add", "Patient", {"valueString": "x"}, name="colour"),
    "another type than the choice has": patch("add", "Patient", {"valueUri": "x"}, name="multipleBirth"),
    "an index that is none": patch("insert", "Patient.name", {"valueString": "x"}, index=-1),
    "a list by no name": patch("move", "Patient.name[0]", source=0, destination=0),
}


@pytest.mark.parametrize("operation", BAD.values(), ids=BAD)
def test_is_no_patch(operation):
    with pytest.raises(BadPatch):
        applied(operation)


paths = st.sampled_from([case[0]["part"][1]["valueString"] for case in CHANGES.values()]) | st.text(max_size=8)
texts = st.sampled_from(["name", "given", "text", "deceased", "contact", "value"]) | st.text(max_size=5)
parts = st.lists(
    st.one_of(
        st.builds(lambda each: {"name": "type", "valueCode": each}, st.sampled_from(
            ["add", "insert", "delete", "replace", "move", "x"])),
        st.builds(lambda each: {"name": "path", "valueString": each}, paths),
        st.builds(lambda each: {"name": "name", "valueString": each}, texts),
        st.builds(lambda name, each: {"name": name, "valueInteger": each},
                  st.sampled_from(["index", "source", "destination"]), st.integers(-1, 3)),
        st.builds(lambda each: {"name": "value", **each}, st.sampled_from(
            [{}, {"valueString": "x"}, {"part": [{"name": "text", "valueString": "x"}]}, {"part": [{}]}, {"part": 1},
             {"valueBoolean": None}])),
    ),
    max_size=5,
)  # fmt: skip


@given(st.lists(parts, max_size=3))
def test_whatever_comes_is_applied_or_refused(operations):
    try:
        changed = applied(*({"name": "operation", "part": each} for each in operations))
    except BadPatch:
        return
    assert changed["resourceType"] == "Patient"
