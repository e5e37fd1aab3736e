"""GT1: who pays what no insurance does. HL7 v2.8 chapter 6.5.5. HL7 maps nothing of it."""

from mappings.v2_to_fhir.datatypes.cwe import concept
from mappings.v2_to_fhir.datatypes.cx import identifier, ssn
from mappings.v2_to_fhir.datatypes.dtm import day, moment
from mappings.v2_to_fhir.datatypes.st import yes_no
from mappings.v2_to_fhir.datatypes.xad import address
from mappings.v2_to_fhir.datatypes.xpn import human_name
from mappings.v2_to_fhir.datatypes.xtn import contact_point
from mappings.v2_to_fhir.notation import Row, SegmentMap
from mappings.v2_to_fhir.segments.pid import gender
from mappings.v2_to_fhir.tables import RELATIONS

# fmt: off
GT1_RELATED_PERSON = SegmentMap(
    segment="GT1",
    resource="RelatedPerson",
    spec="https://hl7.org/fhir/R4/relatedperson.html",
    rows=(
        Row(2,  "identifier", identifier("GI"), many=True),
        Row(3,  "name", human_name(), many=True),
        Row(5,  "address", address, many=True),
        Row(6,  "telecom", contact_point("home"), many=True, part="home"),
        Row(7,  "telecom", contact_point("work"), many=True, part="work"),
        Row(8,  "birthDate", day),
        Row(9,  "gender", gender),
        Row(11, "relationship", concept("0063", RELATIONS), many=True),
        Row(12, "identifier", ssn, many=True),
    ),
    also_read={1: "set id", 21: "an organization that pays"},
)

GT1_GUARANTOR = SegmentMap(
    segment="GT1",
    resource="Account.guarantor",
    spec="https://hl7.org/fhir/R4/account-definitions.html#Account.guarantor",
    rows=(
        Row(13, "period.start", moment),
        Row(14, "period.end", moment),
        Row(22, "onHold", yes_no),
    ),
)
# fmt: on
