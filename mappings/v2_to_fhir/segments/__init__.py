"""A file per segment, each row in the segment's own order: https://hl7.org/fhir/uv/v2mappings/segment_maps.html"""

from mappings.v2_to_fhir.notation import SegmentMap
from mappings.v2_to_fhir.segments.dg1 import DG1_CONDITION, DG1_DIAGNOSIS
from mappings.v2_to_fhir.segments.evn import EVN_EVENT
from mappings.v2_to_fhir.segments.ft1 import FT1_CHARGE_ITEM
from mappings.v2_to_fhir.segments.gt1 import GT1_GUARANTOR, GT1_RELATED_PERSON
from mappings.v2_to_fhir.segments.in1 import IN1_COVERAGE, IN1_RELATED_PERSON, IN2_COVERAGE
from mappings.v2_to_fhir.segments.mrg import MRG_ACCOUNT, MRG_ENCOUNTER, MRG_PATIENT
from mappings.v2_to_fhir.segments.nk1 import NK1_RELATED_PERSON
from mappings.v2_to_fhir.segments.pd1 import PD1_PATIENT
from mappings.v2_to_fhir.segments.pid import PID_ACCOUNT, PID_PATIENT
from mappings.v2_to_fhir.segments.pv1 import PV1_ACCOUNT, PV1_ENCOUNTER, PV1_NUMBER, PV1_PATIENT
from mappings.v2_to_fhir.segments.pv2 import PV2_ENCOUNTER

MAPS: tuple[SegmentMap, ...] = (
    EVN_EVENT,
    PID_PATIENT,
    PID_ACCOUNT,
    PD1_PATIENT,
    NK1_RELATED_PERSON,
    MRG_PATIENT,
    MRG_ACCOUNT,
    MRG_ENCOUNTER,
    PV1_ENCOUNTER,
    PV1_PATIENT,
    PV1_ACCOUNT,
    PV1_NUMBER,
    PV2_ENCOUNTER,
    DG1_CONDITION,
    DG1_DIAGNOSIS,
    GT1_RELATED_PERSON,
    GT1_GUARANTOR,
    IN1_COVERAGE,
    IN1_RELATED_PERSON,
    IN2_COVERAGE,
    FT1_CHARGE_ITEM,
)
"""Every segment map, in the order in which segments come."""
