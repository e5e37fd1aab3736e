"""PV1: the visit. HL7 v2.8 chapter 3.3.3"""

from mappings.v2.message import Segment
from mappings.v2_to_fhir import extensions as ext
from mappings.v2_to_fhir.datatypes.cwe import coding, concept
from mappings.v2_to_fhir.datatypes.cx import identifier
from mappings.v2_to_fhir.datatypes.dld import discharged_to
from mappings.v2_to_fhir.datatypes.dtm import moment
from mappings.v2_to_fhir.datatypes.extension import extension
from mappings.v2_to_fhir.datatypes.pl import stay
from mappings.v2_to_fhir.datatypes.st import token
from mappings.v2_to_fhir.datatypes.xcn import participant
from mappings.v2_to_fhir.notation import Row, SegmentMap
from mappings.v2_to_fhir.tables import CLASS, PARTICIPATION, SERVICES, SPECIAL_ARRANGEMENT, Code

ATTENDER = Code("ATND", PARTICIPATION, "attender")
REFERRER = Code("REF", PARTICIPATION, "referrer")
CONSULTANT = Code("CON", PARTICIPATION, "consultant")
ADMITTER = Code("ADM", PARTICIPATION, "admitter")
PARTICIPANT = Code("PART", PARTICIPATION, "Participation")


def preadmitted(pv1: Segment) -> bool:
    return token(pv1[2][1]).upper() == "P"


def present(pv1: Segment) -> bool:
    return not preadmitted(pv1)


# fmt: off
PV1_ENCOUNTER = SegmentMap(
    segment="PV1",
    resource="Encounter",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-pv1-to-encounter.html",
    rows=(
        Row(2,  "class", coding("0004", CLASS), note="the status follows the event: messages.py"),
        Row(3,  "location", stay("active"), many=True, part="active", when=present),
        Row(3,  "location", stay("planned"), many=True, part="planned", when=preadmitted),
        Row(4,  "type", concept("0007"), many=True),
        Row(5,  "hospitalization.preAdmissionIdentifier", identifier()),
        Row(6,  "location", stay("completed"), many=True, part="completed"),
        Row(7,  "participant", participant(ATTENDER), many=True, part=ATTENDER.code),
        Row(8,  "participant", participant(REFERRER), many=True, part=REFERRER.code),
        Row(9,  "participant", participant(CONSULTANT), many=True, part=CONSULTANT.code),
        Row(10, "serviceType", concept("0069", SERVICES)),
        Row(11, "location", stay("active"), many=True, part="active"),
        Row(13, "hospitalization.reAdmission", concept("0092")),
        Row(14, "hospitalization.admitSource", concept("0023")),
        Row(15, "hospitalization.specialArrangement", concept("0009", SPECIAL_ARRANGEMENT), many=True),
        Row(16, "hospitalization.specialCourtesy", concept("0099"), many=True),
        Row(17, "participant", participant(ADMITTER), many=True, part=ADMITTER.code),
        Row(19, "identifier", identifier("VN", always=True), many=True, part="VN"),
        Row(36, "hospitalization.dischargeDisposition", concept("0112")),
        Row(37, "hospitalization.destination", discharged_to),
        Row(38, "hospitalization.dietPreference", concept("0114"), many=True),
        Row(42, "location", stay("reserved"), many=True, part="reserved"),
        Row(43, "location", stay("completed"), many=True, part="completed"),
        Row(44, "period.start", moment),
        Row(45, "period.end", moment),
        Row(50, "identifier", identifier("U"), many=True, part="U", note="says which visit it is if PV1-19 does not"),
        Row(52, "participant", participant(PARTICIPANT), many=True, part=PARTICIPANT.code),
    ),
    also_read={1: "set id", 39: "serviceProvider, as MSH-4"},
    unmapped={
        40: "whether a bed is clean belongs to bed management; withdrawn in v2.7",
        53: "EpisodeOfCare: no longer kept by the senders of these messages",
        54: "EpisodeOfCare, as PV1-53",
    },
)

PV1_NUMBER = SegmentMap(
    segment="PV1",
    resource="Encounter",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-pv1-to-encounter.html",
    rows=(
        Row(19, "identifier", identifier("VN", always=True), many=True, note="when visits are merged or moved"),
    ),
)

PV1_PATIENT = SegmentMap(
    segment="PV1",
    resource="Patient",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-pv1-to-patient.html",
    rows=(
        extension(16, ext.IMPORTANCE, "CodeableConcept", concept("0099")),
    ),
)

PV1_ACCOUNT = SegmentMap(
    segment="PV1",
    resource="Account",
    spec="https://hl7.org/fhir/R4/account-mappings.html#v2",
    rows=(
        Row(20, "type", concept("0064"), note="HL7: Coverage.type; it is the account's class, and no one policy's"),
        Row(44, "servicePeriod.start", moment),
        Row(45, "servicePeriod.end", moment),
    ),
)
# fmt: on
