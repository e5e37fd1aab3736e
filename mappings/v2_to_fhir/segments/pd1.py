"""PD1: more of the patient. HL7 v2.8 chapter 3.3.6"""

from mappings.v2_to_fhir import extensions as ext
from mappings.v2_to_fhir.datatypes.cwe import concept
from mappings.v2_to_fhir.datatypes.extension import extension
from mappings.v2_to_fhir.datatypes.st import string
from mappings.v2_to_fhir.datatypes.xcn import practitioner
from mappings.v2_to_fhir.datatypes.xon import organization
from mappings.v2_to_fhir.notation import Row, SegmentMap

# fmt: off
PD1_PATIENT = SegmentMap(
    segment="PD1",
    resource="Patient",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-pd1-to-patient.html",
    rows=(
        Row(3,  "generalPractitioner", organization, many=True),
        Row(4,  "generalPractitioner", practitioner, many=True),
        extension(6,  ext.DISABILITY, "CodeableConcept", concept("0295")),
        extension(14, ext.CONGREGATION, "String", string),
    ),
    unmapped={7: "Observation of a living will: no clinical content is taken from messages yet"},
)
# fmt: on
