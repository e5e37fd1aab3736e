"""DG1: a diagnosis. HL7 v2.8 chapter 6.5.2"""

from typing import Any

from mappings.v2.message import Field, Segment
from mappings.v2_to_fhir.datatypes.cwe import codeable, concept, concept_of
from mappings.v2_to_fhir.datatypes.cx import entity
from mappings.v2_to_fhir.datatypes.dtm import moment
from mappings.v2_to_fhir.datatypes.nm import positive
from mappings.v2_to_fhir.datatypes.st import string, text, token
from mappings.v2_to_fhir.datatypes.xcn import practitioner
from mappings.v2_to_fhir.notation import Row, SegmentMap
from mappings.v2_to_fhir.sender import Sender, code_system
from mappings.v2_to_fhir.tables import CERTAINTY, DIAGNOSIS_USE, VERIFICATION, Code


def deleted(dg1: Segment) -> bool:
    """DG1-21, table 0206."""
    return token(dg1[21]).upper() == "D"


def standing(dg1: Segment) -> bool:
    return not deleted(dg1)


def undescribed(dg1: Segment) -> bool:
    return not (dg1[3][2] or dg1[3][9])


def diagnosis(dg1: Segment, sender: Sender) -> dict[str, Any] | None:
    """DG1-3, in older versions with its coding system in DG1-2."""
    said = codeable(dg1[3], sender)
    system = code_system(text(dg1[2]), sender)
    for coding in (said or {}).get("coding", ())[:1]:
        coding["system"] = coding["system"] or system
    return said


def certainty(node: Field, _: Sender) -> dict[str, Any] | None:
    status = CERTAINTY.get(token(node[1]).upper())
    return concept_of(Code(status, VERIFICATION)) if status else None


def withdrawn(_node: Field, _sender: Sender) -> dict[str, Any]:
    return concept_of(Code("entered-in-error", VERIFICATION))


# fmt: off
DG1_CONDITION = SegmentMap(
    segment="DG1",
    resource="Condition",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-dg1-to-condition.html",
    rows=(
        Row(3,  "code", diagnosis, whole=True),
        Row(4,  "code.text", string, when=undescribed),
        Row(5,  "onsetDateTime", moment),
        Row(6,  "verificationStatus", certainty, when=standing),
        Row(16, "asserter", practitioner),
        Row(19, "recordedDate", moment),
        Row(20, "identifier", entity, many=True),
        Row(21, "verificationStatus", withdrawn, when=deleted),
    ),
    also_read={1: "set id", 2: "with DG1-3", 6: "use", 15: "rank"},
    unmapped={22: "condition-dueTo: what it would refer to is not in every message"},
)

DG1_DIAGNOSIS = SegmentMap(
    segment="DG1",
    resource="Encounter.diagnosis",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-dg1-to-encounter.html",
    rows=(
        Row(6,  "use", concept("0052", DIAGNOSIS_USE)),
        Row(15, "rank", positive),
    ),
)
# fmt: on
