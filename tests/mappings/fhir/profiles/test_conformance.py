"""What a profile demands beyond R4: a small one by hand, and the guides' own examples."""

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mappings.fhir.checker import check
from mappings.fhir.json import loads
from mappings.fhir.profiles import conformance as module
from mappings.fhir.profiles.conformance import Verdict, conformance
from mappings.fhir.profiles.definition import BadProfile, Profile, canonical, profile
from mappings.fhir.profiles.package import read

Json = dict[str, Any]
QUILL = "https://quill.test/StructureDefinition"
MRN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
EXTENSION = "Patient.extension"


def structure(name: str, type: str, *elements: Json) -> Json:
    root = {"id": type, "path": type, "min": 0, "max": "*"}
    rows = [{"path": each["id"].partition(":")[0], **each} for each in (root, *elements)]
    return {
        "resourceType": "StructureDefinition",
        "url": f"{QUILL}/{name}",
        "type": type,
        "snapshot": {"element": rows},
    }


PATIENT = structure(
    "patient",
    "Patient",
    {"id": "Patient.name", "min": 1, "max": "2"},
    {"id": "Patient.name.family", "maxLength": 8},
    {"id": "Patient.language", "binding": {"strength": "extensible", "valueSet": "https://quill.test/languages"}},
    {"id": "Patient.maritalStatus", "binding": {"strength": "required", "valueSet": "https://quill.test/marital|1"}},
    {"id": "Patient.active", "fixedBoolean": True},
    {"id": "Patient.photo", "max": "0"},
    {"id": "Patient.deceased[x]", "path": "Patient.deceased[x]", "type": [{"code": "boolean"}]},
    {"id": EXTENSION, "slicing": {"discriminator": [{"type": "value", "path": "url"}], "rules": "open"}},
    {"id": f"{EXTENSION}:rank", "min": 0, "max": "1", "type": [{"code": "Extension", "profile": [f"{QUILL}/rank"]}]},
    {"id": "Patient.identifier", "slicing": {"discriminator": [{"type": "pattern", "path": "type"}], "rules": "open"}},
    {"id": "Patient.identifier:mrn", "min": 1, "max": "1", "patternIdentifier": {"use": "usual"}},
    {"id": "Patient.identifier:mrn.type", "min": 1, "patternCodeableConcept": MRN},
    {"id": "Patient.telecom", "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "closed"}},
    {"id": "Patient.telecom:phone"},
    {"id": "Patient.telecom:phone.system", "fixedCode": "phone"},
    {"id": "Patient.contact", "constraint": [{"key": "q-1", "severity": "error", "expression": "name.exists()"}]},
    {
        "id": "Patient.generalPractitioner",
        "type": [{"code": "Reference", "targetProfile": [f"{QUILL}/doctor"]}],
    },
    {"id": "Patient.birthDate", "constraint": [{"key": "q-2", "severity": "warning", "expression": "$this < @1900"}]},
)
RANK = structure(
    "rank",
    "Extension",
    {"id": "Extension.url", "min": 1, "max": "1", "fixedUri": f"{QUILL}/rank"},
    {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, "type": [{"code": "code"}]},
)
DOCTOR = structure("doctor", "Practitioner", {"id": "Practitioner.name", "min": 1})
LANGUAGES = {
    "url": "https://quill.test/languages",
    "compose": {"include": [{"system": "urn:ietf:bcp:47", "concept": [{"code": "nb"}, {"code": "nn"}]}]},
}
MARITAL = {
    "url": "https://quill.test/marital",
    "compose": {
        "include": [{"system": "urn:quill:marital"}, {"system": "urn:elsewhere"}],
        "exclude": [{"system": "urn:quill:marital", "concept": [{"code": "D"}]}],
    },
}
MARITAL_CODES = {
    "url": "urn:quill:marital",
    "content": "complete",
    "concept": [{"code": "M", "concept": [{"code": "P"}]}, {"code": "D"}],
}
STORED: dict[tuple[str, str], Json] = {
    **{("StructureDefinition", each["url"]): each for each in (PATIENT, RANK, DOCTOR)},
    **{("ValueSet", each["url"]): each for each in (LANGUAGES, MARITAL)},
    ("CodeSystem", MARITAL_CODES["url"]): MARITAL_CODES,
}

SOUND: Json = {
    "resourceType": "Patient",
    "name": [{"family": "Quill"}],
    "identifier": [{"use": "usual", "type": MRN, "value": "1"}, {"value": "2"}],
    "extension": [{"url": f"{QUILL}/rank", "valueCode": "x"}, {"url": "urn:other", "valueString": "y"}],
}


def judged(resource: Json, url: str, stored: dict[tuple[str, str], Json]) -> Verdict:
    @cache
    def load(wanted: str) -> Profile | None:
        found = stored.get(("StructureDefinition", wanted))
        return profile(found) if found else None

    asked = load(canonical(url))
    assert asked
    return conformance(resource, asked, load, lambda *wanted: stored.get(wanted))


CASES: dict[str, tuple[Json, str, str]] = {
    "sound": ({}, "", ""),
    "too few": ({"name": None}, "Patient.name", "is required"),
    "too many": ({"name": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}, "Patient.name", "must be there 2 times at"),
    "prohibited": ({"photo": [{"url": "urn:x"}]}, "Patient.photo", "must not be there"),
    "too long": ({"name": [{"family": "Quillington"}]}, "Patient.name[0].family", "must have 8 characters at most"),
    "fixed": ({"active": True}, "", ""),
    "not as fixed": ({"active": False}, "Patient.active", "must be the value that the profile fixes"),
    "another type": ({"deceasedDateTime": "2020"}, "Patient.deceased.ofType(dateTime)", "must be a boolean"),
    "no slice": ({"identifier": [{"value": "2"}]}, "Patient.identifier", "slice mrn is required"),
    "two of a slice": (
        {"identifier": [{"use": "usual", "type": MRN}] * 2},
        "Patient.identifier",
        "slice mrn must be there 1 times at most",
    ),
    "not as the slice's pattern": (
        {"identifier": [{"use": "old", "type": MRN}]},
        "Patient.identifier[0]",
        "must have what the profile fixes",
    ),
    "a slice of a closed list": ({"telecom": [{"system": "phone", "value": "1"}]}, "", ""),
    "beside a closed list": ({"telecom": [{"system": "fax", "value": "1"}]}, "Patient.telecom[0]", "is none of the"),
    "an extension against its profile": (
        {"extension": [{"url": f"{QUILL}/rank", "valueString": "x"}]},
        "Patient.extension[0].value.ofType(string)",
        "must be a code",
    ),
    "a code of the set": ({"maritalStatus": {"coding": [{"system": "urn:quill:marital", "code": "P"}]}}, "", ""),
    "a code that cannot be known": ({"maritalStatus": {"coding": [{"system": "urn:elsewhere", "code": "P"}]}}, "", ""),
    "a code that is left out": (
        {"maritalStatus": {"coding": [{"system": "urn:quill:marital", "code": "D"}]}},
        "Patient.maritalStatus",
        "must have a code of https://quill.test/marital",
    ),
    "a code of another system": (
        {"maritalStatus": {"coding": [{"system": "urn:x", "code": "M"}]}},
        "Patient.maritalStatus",
        "must have a code of https://quill.test/marital",
    ),
    "only words for a required code": ({"maritalStatus": {"text": "x"}}, "Patient.maritalStatus", "must have a code"),
    "an invariant": ({"contact": [{"gender": "male"}]}, "Patient.contact[0]", "breaks q-1: name.exists()"),
    "a reference to what the profile wants": ({"generalPractitioner": [{"reference": "Practitioner/1"}]}, "", ""),
    "another target": (
        {"generalPractitioner": [{"reference": "Organization/1"}]},
        "Patient.generalPractitioner[0]",
        "must refer to Practitioner",
    ),
}


@pytest.mark.parametrize(("changes", "expression", "text"), CASES.values(), ids=CASES)
def test_a_profile(changes: Json, expression: str, text: str) -> None:
    resource = {name: value for name, value in {**deepcopy(SOUND), **changes}.items() if value is not None}
    errors, warnings = judged(resource, PATIENT["url"], STORED)
    assert [each.expression for each in errors[:1]] == ([expression] if expression else [])
    assert all(each.text.startswith(text) for each in errors[:1])
    assert not warnings


def test_what_is_extensible_or_only_advised_is_a_warning() -> None:
    resource = {**SOUND, "language": "sv", "birthDate": "1984-02-29"}
    errors, warnings = judged(resource, PATIENT["url"], STORED)
    assert not errors
    assert {each.expression for each in warnings} == {"Patient.language", "Patient.birthDate"}


def test_another_resource_is_none_of_the_profile() -> None:
    found = judged({"resourceType": "Group"}, PATIENT["url"], STORED)
    assert [each.text for each in found.errors] == ["must be a Patient"]


def test_profiles_that_lead_to_each_other_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    circle = structure(
        "circle", "Patient", {"id": "Patient.name", "type": [{"code": "HumanName", "profile": [f"{QUILL}/name"]}]}
    )
    name = structure("name", "HumanName")
    name["snapshot"]["element"][0] |= {"type": [{"code": "HumanName", "profile": [f"{QUILL}/name"]}]}
    stored = {("StructureDefinition", each["url"]): each for each in (circle, name)}
    assert [each.code for each in judged(SOUND, circle["url"], stored).errors] == ["too-costly"]
    monkeypatch.setattr(module, "STEPS", 3)
    assert "too-costly" in {each.code for each in judged(SOUND, PATIENT["url"], STORED).errors}


BAD: dict[str, Json] = {
    "no snapshot": {"url": "u:x", "type": "Patient"},
    "an element nowhere": structure("x", "Patient", {"id": "Patient"}),
    "deeper than anything": structure("x", "Patient", {"id": "Patient" + ".name" * 50}),
}


@pytest.mark.parametrize("resource", BAD.values(), ids=BAD)
def test_what_is_no_profile(resource: Json) -> None:
    with pytest.raises(BadProfile):
        profile(resource)


GUIDES = {
    "us-core-6.1.0": ("hl7.fhir.us.core-6.1.0",),
    "carin-2.0.0": ("hl7.fhir.us.core-3.1.1", "hl7.fhir.us.carin-bb-2.0.0"),
    "pas-2.0.1": ("hl7.fhir.us.core-3.1.1", "hl7.fhir.us.davinci-pas-2.0.1"),
    "pas-2.2.1": ("hl7.fhir.us.core-7.0.0", "hl7.fhir.us.davinci-pas-2.2.1"),
}


def spoiled(resource: Any, demanded: Profile) -> Iterator[Json]:
    """Without each element that the profile needs and R4 does not."""
    for name, child in demanded.root.children.items():
        if child.min and name in resource:
            copy = deepcopy(resource)
            del copy[name]
            if not check(copy):
                yield copy


@pytest.mark.parametrize(("guide", "packages"), GUIDES.items(), ids=GUIDES)
def test_a_guides_examples_conform_and_one_change_is_found(guide: str, packages: tuple[str, ...], shared: Path) -> None:
    files = (shared / "packages" / f"{each}.tgz" for each in packages)
    stored = {(each["resourceType"], each["url"]): each for file in files for each in read(file.read_bytes()).resources}
    compared = negatives = 0
    for file in sorted((shared / "fhir-examples" / guide).glob("*.json")):
        resource = loads(file.read_bytes())
        for url in map(canonical, resource.get("meta", {}).get("profile", ())):
            definition = stored.get(("StructureDefinition", url))
            if definition is None:
                continue
            assert not judged(resource, url, stored).errors, file.name
            compared += 1
            for each in spoiled(resource, profile(definition)):
                assert judged(each, url, stored).errors, file.name
                negatives += 1
    assert compared > 20
    assert negatives > 10
