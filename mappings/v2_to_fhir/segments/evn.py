"""EVN: what happened, and when. HL7 v2.8 chapter 3.3.1. It is the journal's entry and no resource."""

from mappings.v2_to_fhir.notation import SegmentMap

EVN_EVENT = SegmentMap(
    segment="EVN",
    resource="Event",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-evn-to-provenance.html",
    rows=(),
    also_read={1: "trigger event", 2: "when it was recorded", 6: "when it happened"},
    unmapped={
        4: "Provenance: the journal's entry of the message",
        5: "Provenance: the journal's entry of the message",
        7: "Provenance: the journal's entry of the message",
    },
)
