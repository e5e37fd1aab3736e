"""NK1: next of kin and other contacts. HL7 v2.8 chapter 3.3.5"""

from mappings.v2_to_fhir.datatypes.cwe import concept
from mappings.v2_to_fhir.datatypes.cx import identifier, ssn
from mappings.v2_to_fhir.datatypes.dtm import day
from mappings.v2_to_fhir.datatypes.xad import address
from mappings.v2_to_fhir.datatypes.xpn import human_name
from mappings.v2_to_fhir.datatypes.xtn import contact_point
from mappings.v2_to_fhir.notation import Row, SegmentMap
from mappings.v2_to_fhir.segments.pid import gender, language
from mappings.v2_to_fhir.tables import RELATIONS

# fmt: off
NK1_RELATED_PERSON = SegmentMap(
    segment="NK1",
    resource="RelatedPerson",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-nk1-to-relatedperson.html",
    rows=(
        Row(2,  "name", human_name(), many=True),
        Row(3,  "relationship", concept("0063", RELATIONS), many=True),
        Row(4,  "address", address, many=True),
        Row(5,  "telecom", contact_point(), many=True, part="home"),
        Row(6,  "telecom", contact_point("work"), many=True, part="work"),
        Row(7,  "relationship", concept("0131"), many=True),
        Row(8,  "period.start", day),
        Row(9,  "period.end", day),
        Row(12, "identifier", identifier(), many=True),
        Row(15, "gender", gender),
        Row(16, "birthDate", day),
        Row(20, "communication", language, many=True),
        Row(30, "name", human_name(), many=True, note="whom to ask for, where the contact is an organization"),
        Row(31, "telecom", contact_point(), many=True, part="home"),
        Row(32, "address", address, many=True),
        Row(33, "identifier", identifier(), many=True),
        Row(37, "identifier", ssn, many=True),
        Row(40, "telecom", contact_point(), many=True),
        Row(41, "telecom", contact_point(), many=True),
    ),
    also_read={1: "set id"},
    unmapped={13: "Patient.contact: every contact is a RelatedPerson here, so that there is one place to look"},
)
# fmt: on
