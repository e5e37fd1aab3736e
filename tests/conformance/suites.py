"""Which suites are run, on which patients: one row each."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from mappings.fhir.json import Json
from tests.conformance.member_match import NONE, ONE, SEVERAL

Mend = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class Suite:
    """``groups`` are Inferno's short ids, run in this order; ``left_out`` says of others why not. ``address`` is the
    input by which the suite wants to know the server, ``credentials`` are those for apps, and of which kind; ``inputs``
    are the rest. ``patients`` are the files that it looks at, ``own`` those of ours; ``mend`` makes them what this
    version allows. ``custom``: where Inferno's own pages for the suite are. A suite that is run several times has a
    ``name`` for each."""

    id: str
    title: str
    groups: tuple[str, ...]
    patients: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    address: str = "url"
    credentials: Mapping[str, str] = field(default_factory=lambda: {"smart_auth_info": "signed in"})
    inputs: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    mend: Mend = lambda resource: resource
    own: tuple[str, ...] = ()
    custom: str = ""
    name: str = ""

    @property
    def run(self) -> str:
        return self.name or self.id


def members_of_311(resource: Json) -> Json:
    """Later versions want a RelatedPerson among a CareTeam's members, 3.1.1 allows none."""
    if resource.get("resourceType") != "Bundle":
        return resource
    related = {each["fullUrl"] for each in resource["entry"] if each["resource"]["resourceType"] == "RelatedPerson"}
    entries = [{**each, "resource": without_members(each["resource"], related)} for each in resource["entry"]]
    return {**resource, "entry": entries}


def without_members(resource: Json, unwanted: Collection[str]) -> Json:
    if resource["resourceType"] != "CareTeam":
        return resource
    left = [each for each in resource["participant"] if each.get("member", {}).get("reference") not in unwanted]
    return {**resource, "participant": left}


def carin(kind: str) -> Suite:
    """Inferno holds every ExplanationOfBenefit that it finds against the profile of every kind, of which it can meet
    one: each kind is judged alone."""
    return Suite(
        "c4bb_v200",
        f"CARIN Blue Button 2.0.0, {kind}",
        groups=("2",),
        patients=("carin_bundle_patient_888.json",),
        left_out={
            "1": "SMART App Launch 1.0: the SMART suites test it",
            "3": "what a person has to look at and attest to",
        },
        inputs={
            "patient_ids": "888",
            "c4bb_v200_coverage__id_search_test_param": "c4bb-Coverage",
            "c4bb_v200_organization__id_search_test_param": "c4bb-Organization",
            "c4bb_v200_practitioner__id_search_test_param": "c4bb-Practitioner",
            "c4bb_v200_related_person__id_search_test_param": "c4bb-RelatedPerson",
        },
        mend=lambda resource: complete(only(f"c4bb-EOB{kind}", resource)),
        own=("c4bb.json",),
        name=f"c4bb_v200_{kind.lower()}",
    )


def only(id: str, resource: Json) -> Json:
    """A Bundle with no other ExplanationOfBenefit than this one."""
    if resource.get("resourceType") != "Bundle":
        return resource
    entries = [each for each in resource["entry"] if is_kept(each["resource"], id)]
    return {**resource, "entry": entries}


def complete(resource: Json) -> Json:
    """What is told to a member has been adjudicated wholly: CARIN allows no other outcome."""
    return {**resource, "outcome": "complete"} if resource.get("resourceType") == "ExplanationOfBenefit" else resource


def is_kept(resource: Json, id: str) -> bool:
    return resource["resourceType"] != "ExplanationOfBenefit" or resource["id"] == id


US_CORE = (
    "uscore_bundle_patient_85.json",
    "uscore_bundle_patient_355.json",
    "uscore_bundle_patient_907.json",
    "uscore_bundle_patient_908.json",
)
OWN = ("us_core.json",)
LAUNCHES = {"1": "SMART App Launch: the SMART suites test it more thoroughly"}

SUITES = (
    Suite(
        "us_core_v311",
        "US Core 3.1.1",
        groups=("2",),
        patients=US_CORE,
        left_out=LAUNCHES,
        inputs={"patient_ids": "85,355"},
        mend=members_of_311,
        own=OWN,
    ),
    Suite("us_core_v610", "US Core 6.1.0", ("2",), US_CORE, LAUNCHES, inputs={"patient_ids": "85,355,907"}, own=OWN),
    Suite("us_core_v700", "US Core 7.0.0", ("4",), US_CORE, LAUNCHES, inputs={"patient_ids": "85,355,907"}, own=OWN),
    Suite(
        "us_core_v800",
        "US Core 8.0.0",
        groups=("4",),
        patients=US_CORE,
        left_out=LAUNCHES,
        inputs={"patient_ids": "85,355,908"},
        own=(*OWN, "us_core_v800.json"),
    ),
    Suite(
        "bulk_data_v200",
        "Bulk Data 2.0.0",
        groups=("1", "2"),
        patients=(*US_CORE, "uscore_group_1a.json"),
        address="bulk_server_url",
        inputs={"group_id": "1a", "bulk_timeout": "180", "since_timestamp": "2025-01-01T00:00:00Z"},
    ),
    *(carin(kind) for kind in ("Inpatient", "Outpatient", "Oral", "Pharmacy", "Professional")),
    Suite(
        "pdex_payer_server",
        "Da Vinci PDex 2.0.0",
        groups=("1", "2"),
        patients=(*US_CORE, "pdex_bundle_patient_999.json", "pdex_proxy_group_patient_999.json"),
        left_out={"3": "what a person has to look at and attest to"},
        credentials={"smart_auth_info": "signed in", "bulk_auth_info": "signed in"},
        own=("pdex_payer_server.json",),
        inputs={
            "patient_ids": "999,85,355",
            "bulk_timeout": "180",
            "member_match_request": ONE,
            "no_member_match_request": NONE,
            "multiple_member_match_request": SEVERAL,
        },
        mend=members_of_311,
    ),
    Suite(
        "smart_stu2_2",
        "SMART App Launch 2.2",
        groups=("1", "2", "3"),
        patients=US_CORE,
        left_out={"4": "introspection, which is not for public apps: run with one that has a secret"},
        credentials={
            "standalone_smart_auth_info": "public",
            "ehr_smart_auth_info": "symmetric",
            "backend_services_smart_auth_info": "service",
        },
        own=OWN,
        custom="smart_stu2_2",
    ),
    Suite(
        "smart_stu2_2",
        "SMART App Launch 2.2, introspection",
        groups=("4",),
        patients=US_CORE,
        credentials={"standalone_smart_auth_info": "symmetric"},
        own=OWN,
        custom="smart_stu2_2",
        name="smart_stu2_2_introspection",
    ),
    Suite(
        "smart_stu2",
        "SMART App Launch 2.0",
        groups=("1", "2", "3", "4"),
        patients=US_CORE,
        credentials={
            "standalone_smart_auth_info": "symmetric",
            "ehr_smart_auth_info": "asymmetric",
            "backend_services_smart_auth_info": "service",
        },
        own=OWN,
        custom="smart_stu2",
    ),
    Suite(
        "smart",
        "SMART App Launch 1.0",
        groups=("1", "2"),
        patients=US_CORE,
        credentials={"standalone_smart_auth_info": "symmetric", "ehr_smart_auth_info": "public"},
        own=OWN,
        custom="smart",
    ),
)
