"""MRG: the patient who goes up in the one that PID names. HL7 v2.8 chapter 3.3.4"""

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
    unmapped={3: "the account follows its patient: what refers to the prior patient is re-pointed"},
)
# fmt: on
