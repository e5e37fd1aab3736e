"""PV2: more of the visit. HL7 v2.8 chapter 3.3.7"""

from mappings.v2_to_fhir import extensions as ext
from mappings.v2_to_fhir.datatypes.cwe import coding, concept
from mappings.v2_to_fhir.datatypes.dtm import moment
from mappings.v2_to_fhir.datatypes.extension import extension
from mappings.v2_to_fhir.datatypes.nm import days
from mappings.v2_to_fhir.datatypes.pl import stay
from mappings.v2_to_fhir.datatypes.xcn import participant
from mappings.v2_to_fhir.notation import Row, SegmentMap
from mappings.v2_to_fhir.segments.pv1 import REFERRER
from mappings.v2_to_fhir.tables import URGENCY

# fmt: off
PV2_ENCOUNTER = SegmentMap(
    segment="PV2",
    resource="Encounter",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-pv2-to-encounter.html",
    rows=(
        Row(1,  "location", stay("planned"), many=True, part="planned"),
        Row(3,  "reasonCode", concept(), many=True),
        extension(8,  ext.PLANNED_START, "DateTime", moment),
        extension(9,  ext.PLANNED_END, "DateTime", moment),
        Row(11, "length", days),
        Row(13, "participant", participant(REFERRER), many=True, part=REFERRER.code),
        Row(25, "priority", concept("0217", URGENCY)),
        extension(38, ext.MODE_OF_ARRIVAL, "Coding", coding("0430")),
    ),
    unmapped={
        12: "a narrative is made from the whole resource, by whoever shows it",
        22: "meta.security is set by this server's own policy",
    },
)
# fmt: on
