"""MRG: the patient, account or visit that goes up in the one that PID or PV1 names. HL7 v2.8 chapter 3.4.10"""

from mappings.v2_to_fhir.datatypes.cx import identifier
from mappings.v2_to_fhir.datatypes.xpn import human_name
from mappings.v2_to_fhir.notation import Row, SegmentMap

# fmt: off
MRG_PATIENT = SegmentMap(
    segment="MRG",
    resource="Patient",
    spec="https://hl7.org/fhir/R4/patient.html#merge",
    rows=(
        Row(1, "identifier", identifier(), many=True),
        Row(2, "identifier", identifier("U"), many=True),
        Row(4, "identifier", identifier("U"), many=True),
        Row(7, "name", human_name(), many=True),
    ),
    also_read={3: "an account, when accounts are merged", 5: "a visit, when visits are merged"},
)

MRG_ACCOUNT = SegmentMap(
    segment="MRG",
    resource="Account",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-mrg-to-account.html",
    rows=(
        Row(3, "identifier", identifier("AN", always=True), many=True),
    ),
)

MRG_ENCOUNTER = SegmentMap(
    segment="MRG",
    resource="Encounter",
    spec="https://hl7.org/fhir/R4/encounter.html",
    rows=(
        Row(5, "identifier", identifier("VN", always=True), many=True),
    ),
)
# fmt: on
