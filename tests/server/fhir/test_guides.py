"""What implementation guides add can be searched by, and is told."""

import json
import tarfile

import pytest

from mappings.fhir.r4.tables import search_parameters
from server.fhir import guides
from server.fhir.registry import resource_type

CODING = {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2106-3"}


def coded(url, **value):
    return {"url": url, **value}


RESOURCES = {
    "Patient": {
        "extension": [
            coded(guides.RACE, extension=[coded("ombCategory", valueCoding=CODING), coded("text", valueString="W")]),
            coded(
                guides.ETHNICITY, extension=[coded("ombCategory", valueCoding={"system": "urn:s", "code": "2186-5"})]
            ),
            coded(guides.IDENTITY, valueCodeableConcept={"coding": [{"system": "urn:s", "code": "x"}]}),
        ]
    },
    "CareTeam": {"participant": [{"role": [{"coding": [{"system": "urn:s", "code": "r"}]}]}]},
    "Condition": {
        "subject": {"reference": "Patient/x"},
        "extension": [coded(guides.ASSERTED, valueDateTime="2020-05-01")],
    },
    "Encounter": {
        "status": "finished",
        "class": {"code": "AMB"},
        "hospitalization": {"dischargeDisposition": {"coding": [{"system": "urn:s", "code": "home"}]}},
    },
    "Goal": {
        "lifecycleStatus": "active",
        "description": {"coding": [{"system": "urn:s", "code": "d"}]},
        "subject": {"reference": "Patient/x"},
    },
    "ExplanationOfBenefit": {
        "status": "active",
        "type": {"coding": [{"system": "urn:s", "code": "institutional"}]},
        "use": "claim",
        "patient": {"reference": "Patient/x"},
        "billablePeriod": {"start": "2021-02-01", "end": "2021-02-10"},
        "created": "2021-03-01",
        "insurer": {"reference": "Organization/i"},
        "provider": {"display": "p"},
        "outcome": "complete",
        "insurance": [{"focal": True, "coverage": {"display": "c"}}],
        "item": [
            {"sequence": 1, "productOrService": {"text": "a"}, "servicedDate": "2021-02-05"},
            {
                "sequence": 2,
                "productOrService": {"text": "b"},
                "servicedPeriod": {"start": "2021-02-07", "end": "2021-02-20"},
            },
        ],
    },
}

SEARCHES = {
    "race by code": ("Patient?race=2106-3", 1),
    "race by system and code": ("Patient?race=urn:oid:2.16.840.1.113883.6.238|2106-3", 1),
    "another race": ("Patient?race=2054-5", 0),
    "race by what is ethnicity": ("Patient?race=2186-5", 0),
    "ethnicity": ("Patient?ethnicity=2186-5", 1),
    "gender identity": ("Patient?gender-identity=urn:s|x", 1),
    "role": ("CareTeam?role=urn:s|r", 1),
    "asserted": ("Condition?asserted-date=ge2020-05", 1),
    "asserted later": ("Condition?asserted-date=gt2020-05", 0),
    "disposition": ("Encounter?discharge-disposition=home", 1),
    "goal": ("Goal?description=urn:s|d", 1),
    "type": ("ExplanationOfBenefit?type=urn:s|institutional", 1),
    "use": ("ExplanationOfBenefit?use=claim", 1),
    "insurer": ("ExplanationOfBenefit?insurer=Organization/i", 1),
    "start": ("ExplanationOfBenefit?billable-period-start=2021-02-01", 1),
    "served within": ("ExplanationOfBenefit?service-date=gt2021-02-15", 1),
    "served after": ("ExplanationOfBenefit?service-date=sa2021-02-20", 0),
    "begun on": ("ExplanationOfBenefit?service-start-date=2021-02-07", 1),
    "begun after": ("ExplanationOfBenefit?service-start-date=gt2021-02-07", 0),
}


@pytest.fixture
async def stored(ask):
    for type, body in RESOURCES.items():
        response = await ask("PUT", f"{type}/x", {"resourceType": type, "id": "x", **body})
        assert response.status_code == 201, response.text


async def test_searches(ask, stored):
    found = {name: (await ask("GET", path)).json()["total"] for name, (path, _) in SEARCHES.items()}

    assert found == {name: total for name, (_, total) in SEARCHES.items()}


def test_nothing_that_r4_has_is_said_again():
    for added in guides.PARAMETERS:
        assert added.parameter.code not in {each.code for each in search_parameters(added.type)}
        assert resource_type(added.type).parameters[added.parameter.code] == added.parameter


PACKAGES = {
    "hl7.fhir.us.core-3.1.1": "http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server",
    "hl7.fhir.us.core-6.1.0": "http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server",
    "hl7.fhir.us.core-7.0.0": "http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server",
    "hl7.fhir.us.carin-bb-2.0.0": "http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb",
    "hl7.fhir.us.davinci-pdex-2.0.0": "http://hl7.org/fhir/us/davinci-pdex/CapabilityStatement/pdex-server",
}


@pytest.mark.parametrize(("package", "url"), PACKAGES.items(), ids=PACKAGES)
async def test_all_that_a_guide_asks_of_a_server_is_told(ask, shared, package, url):
    told = (await ask("GET", "metadata")).json()
    rows = {each["type"]: each for each in told["rest"][0]["resource"]}
    wanted = requirements(shared / "packages" / f"{package}.tgz", url)

    assert url in told["instantiates"]
    for resource in wanted["rest"][0]["resource"]:
        row = rows[resource["type"]]
        profiles = {each.partition("|")[0] for each in resource.get("supportedProfile", ())}
        assert profiles - {f"http://hl7.org/fhir/StructureDefinition/{resource['type']}"} <= set(
            row.get("supportedProfile", ())
        )
        assert names(resource, "searchParam", "name") <= names(row, "searchParam", "name")
        assert names(resource, "interaction", "code") <= names(row, "interaction", "code")


def names(row, list, name):
    return {each[name] for each in row.get(list, ())}


def requirements(package, url):
    with tarfile.open(package) as archive:
        for member in archive:
            if "CapabilityStatement" in member.name and (file := archive.extractfile(member)):
                statement = json.load(file)
                if statement.get("url") == url:
                    return statement
    raise AssertionError(f"{package} has no {url}")
