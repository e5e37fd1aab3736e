"""PID: who the patient is. HL7 v2.8 chapter 3.3.2"""

from typing import Any

from mappings.v2.message import Field, Repetition, Segment
from mappings.v2_to_fhir import extensions as ext
from mappings.v2_to_fhir.datatypes.cwe import codeable, concept, words
from mappings.v2_to_fhir.datatypes.cx import identifier, licence, ssn
from mappings.v2_to_fhir.datatypes.dtm import day, has_time, moment
from mappings.v2_to_fhir.datatypes.extension import extension
from mappings.v2_to_fhir.datatypes.nm import positive
from mappings.v2_to_fhir.datatypes.st import text, token, yes_no
from mappings.v2_to_fhir.datatypes.xad import address
from mappings.v2_to_fhir.datatypes.xpn import full_name, human_name
from mappings.v2_to_fhir.datatypes.xtn import contact_point
from mappings.v2_to_fhir.notation import Converter, Row, SegmentMap
from mappings.v2_to_fhir.sender import Sender
from mappings.v2_to_fhir.tables import LANGUAGE, MARITAL, OMB_ETHNICITIES, OMB_RACES, RACE, SEX


def born_at_a_time(pid: Segment) -> bool:
    return has_time(pid[7])


def no_order_of_birth(pid: Segment) -> bool:
    return not pid[25]


def no_time_of_death(pid: Segment) -> bool:
    return not pid[29]


def gender(node: Field, _: Sender) -> str | None:
    """https://hl7.org/fhir/R4/valueset-administrative-gender.html"""
    said = token(node[1]).upper()
    return SEX.get(said, "unknown") if said else None


def birth_time(node: Field, sender: Sender) -> dict[str, Any]:
    return {"extension": [{"url": ext.BIRTH_TIME, "valueDateTime": moment(node, sender)}]}


def language(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
    """A code of two letters is BCP 47's, whatever table it is said to be of."""
    spoken = codeable(node, sender, "0296")
    for coding in (spoken or {}).get("coding", ()):
        tongue, _, country = coding["code"].partition("-")
        if len(tongue) == 2 and tongue.isalpha() and len(country) in (0, 2):  # noqa: PLR2004
            coding |= {"system": LANGUAGE, "code": "-".join(filter(None, (tongue.lower(), country.upper())))}
    return {"language": spoken} if spoken else None


def category(url: str, field: int, categories: frozenset[str]) -> Converter:
    """US Core's race or ethnicity: OMB's categories, more detailed codes, and always words.

    https://hl7.org/fhir/us/core/StructureDefinition-us-core-race.html"""

    def convert(pid: Segment, sender: Sender) -> dict[str, Any] | None:
        said = pid[field].repetitions
        parts = [part for each in said if (part := _category(each, categories))]
        text = ", ".join(filter(None, (words(each, sender) for each in said)))
        return {"url": url, "extension": [*parts, {"url": "text", "valueString": text}]} if text else None

    return convert


def _category(node: Repetition, categories: frozenset[str]) -> dict[str, Any] | None:
    """A code of CDC's list (1002-5); what is none of them is in the words alone."""
    code = token(node[1])
    if not (code[:4].isdecimal() and code[4:5] == "-"):
        return None
    url = "ombCategory" if code in categories else "detailed"
    return {"url": url, "valueCoding": {"system": RACE, "code": code, "display": text(node[2])}}


def within(url: str, part: str) -> Converter:
    """An extension of an extension: patient-citizenship's code, patient-animal's species."""

    def convert(node: Field | Repetition, sender: Sender) -> dict[str, Any]:
        return {"url": url, "extension": [{"url": part, "valueCodeableConcept": codeable(node, sender)}]}

    return convert


def animal(pid: Segment, sender: Sender) -> dict[str, Any]:
    parts = (("species", 35), ("breed", 36))
    said = [{"url": url, "valueCodeableConcept": codeable(pid[field], sender)} for url, field in parts]
    return {"url": ext.ANIMAL, "extension": said}


def in_county(address: list[dict[str, Any]], pid: Segment) -> list[dict[str, Any]]:
    """PID-12 is the county of the only address, which since v2.5 says so itself."""
    name = text(pid[12])
    return [{"district": name, **address[0]}] if name and len(address) == 1 else address


# fmt: off
PID_PATIENT = SegmentMap(
    segment="PID",
    resource="Patient",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-pid-to-patient.html",
    rows=(
        Row(2,  "identifier", identifier("U"), many=True, part="U", note="does not say who the patient is"),
        Row(3,  "identifier", identifier(), many=True),
        Row(4,  "identifier", identifier("U"), many=True, part="U"),
        Row(5,  "name", human_name(), many=True, part="name"),
        extension(6,  ext.MOTHERS_MAIDEN_NAME, "String", full_name),
        Row(7,  "birthDate", day),
        Row(7,  "_birthDate", birth_time, when=born_at_a_time),
        Row(8,  "gender", gender),
        Row(9,  "name", human_name("nickname"), many=True, part="alias"),
        Row(10, "extension", category(ext.RACE, 10, OMB_RACES), many=True, whole=True, part=ext.RACE, note="US Core"),
        Row(11, "address", address, many=True),
        Row(13, "telecom", contact_point("home"), many=True, part="home"),
        Row(14, "telecom", contact_point("work"), many=True, part="work"),
        Row(15, "communication", language, many=True),
        Row(16, "maritalStatus", concept("0002", MARITAL)),
        extension(17, ext.RELIGION, "CodeableConcept", concept("0006")),
        Row(19, "identifier", ssn, many=True, part="SS"),
        Row(20, "identifier", licence, many=True, part="DL"),
        Row(22, "extension", category(ext.ETHNICITY, 22, OMB_ETHNICITIES), many=True, whole=True, part=ext.ETHNICITY,
            note="US Core"),
        extension(23, ext.BIRTH_PLACE, "Address", lambda node, _: {"text": text(node)}),
        Row(24, "multipleBirthBoolean", yes_no, when=no_order_of_birth),
        Row(25, "multipleBirthInteger", positive),
        Row(26, "extension", within(ext.CITIZENSHIP, "code"), many=True, part=ext.CITIZENSHIP),
        Row(28, "extension", within(ext.NATIONALITY, "code"), many=True, part=ext.NATIONALITY),
        Row(29, "deceasedDateTime", moment),
        Row(30, "deceasedBoolean", yes_no, when=no_time_of_death),
        Row(35, "extension", animal, many=True, whole=True, part=ext.ANIMAL, note="species and breed (PID-36)"),
        Row(39, "extension", within(ext.CITIZENSHIP, "code"), many=True, part=ext.CITIZENSHIP),
        Row(40, "telecom", contact_point(), many=True),
    ),
    also_read={1: "set id", 12: "county of the only address", 18: "Account", 36: "with PID-35"},
    unmapped={
        21: "the mother's number alone makes nobody: NK1 says who she is",
        33: "Provenance: the journal's entry of the message says who said what, and when",
        34: "Provenance, as PID-33",
    },
)

PID_ACCOUNT = SegmentMap(
    segment="PID",
    resource="Account",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-pid-to-account.html",
    rows=(
        Row(18, "identifier", identifier("AN", always=True), many=True),
    ),
)
# fmt: on
