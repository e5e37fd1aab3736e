"""IN1 and IN2: an insurance. HL7 v2.8 chapters 6.5.6 and 6.5.7. HL7 maps 11 fields of IN1 and none of IN2."""

from typing import Any

from mappings.v2.message import Segment
from mappings.v2_to_fhir.datatypes.cwe import concept
from mappings.v2_to_fhir.datatypes.cx import identifier
from mappings.v2_to_fhir.datatypes.dtm import day
from mappings.v2_to_fhir.datatypes.nm import positive
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.datatypes.xad import address
from mappings.v2_to_fhir.datatypes.xon import named, numbered
from mappings.v2_to_fhir.datatypes.xpn import human_name
from mappings.v2_to_fhir.datatypes.xtn import contact_point
from mappings.v2_to_fhir.draft import Draft
from mappings.v2_to_fhir.notation import Converter, Row, SegmentMap
from mappings.v2_to_fhir.segments.pid import gender
from mappings.v2_to_fhir.sender import Sender
from mappings.v2_to_fhir.tables import COVERAGE_CLASS, INSURED_IS, PATIENT_IS, RELATIONS, SUBSCRIBER_RELATIONSHIP


def unranked(in1: Segment) -> bool:
    return not in1[22]


def payer(in1: Segment, sender: Sender) -> Draft | None:
    """IN1-3 with its authority, else the name in IN1-4."""
    name, number = text(in1[4][1]), identifier("NIIP")(in1[3], sender)
    about = {
        "address": [business(address(each, sender)) for each in in1[5].repetitions],
        "telecom": [business(contact_point("work")(each, sender)) for each in in1[7].repetitions],
    }
    return numbered(number, {"name": name, **about}) if number else named(name, **about)


def business(reached: dict[str, Any] | None) -> dict[str, Any] | None:
    """An organization is nowhere at home (org-2, org-3), whatever its sender says."""
    return {**reached, "use": "work"} if reached and reached.get("use") == "home" else reached


def policy_holder(in1: Segment, sender: Sender) -> Draft | None:
    """The employer whose group it is: IN1-10, unless that is the subscriber's number, and IN1-11."""
    name = text(in1[11][1])
    number = None if subscriber(in1) else identifier("EN")(in1[10], sender)
    return numbered(number, {"name": name}) if number else named(name)


def member_numbers(in1: Segment, in2: Segment) -> tuple[str, ...]:
    """The member's own number first, then what older senders have in its place. Not every message has all of them."""
    said = (text(in1[49][1]), text(in2[61][1]), text(in1[36]), subscriber(in1))
    return tuple(dict.fromkeys(filter(None, said)))


def subscriber(in1: Segment) -> str:
    """IN1-10 when it says that it is the subscriber's number; else it is an employer's."""
    return text(in1[10][1]) if token(in1[10][5]).upper() == "SN" else ""


def patient_is(in1: Segment, in2: Segment) -> str | None:
    """Who the patient is to the insured."""
    said, turned = token(in2[72][1]), token(in1[17][1]).upper()
    return INSURED_IS.get(turned) or PATIENT_IS.get(said.rjust(2, "0") if said else "")


def relationship(in1: Segment, in2: Segment, sender: Sender) -> dict[str, Any] | None:
    """A code of the sender's own stays what it is."""
    if code := patient_is(in1, in2):
        return {"coding": [{"system": SUBSCRIBER_RELATIONSHIP, "code": code}]}
    sent: dict[str, Any] | None = concept("0063")(in1[17], sender)
    return sent


def classified(type: str, value: int, name: int) -> Converter:
    """Coverage.class: a number, and what it is called."""

    def convert(in1: Segment, _: Sender) -> dict[str, Any] | None:
        number, words = text(in1[value][1]), text(in1[name][2 if name == value else 1])
        if not (number or words):
            return None
        coding = {"system": COVERAGE_CLASS, "code": type}
        return {"type": {"coding": [coding]}, "value": number or words, "name": words}

    return convert


# fmt: off
IN1_COVERAGE = SegmentMap(
    segment="IN1",
    resource="Coverage",
    spec="https://hl7.org/fhir/uv/v2mappings/ConceptMap-segment-in1-to-coverage.html",
    rows=(
        Row(1,  "order", positive, when=unranked),
        Row(2,  "class", classified("plan", 2, 2), many=True, whole=True, part="plan",
            note="HL7: Coverage.identifier; a plan is not one member's"),
        Row(8,  "class", classified("group", 8, 9), many=True, whole=True, part="group"),
        Row(10, "policyHolder", policy_holder, whole=True),
        Row(11, "policyHolder", policy_holder, whole=True),
        Row(12, "period.start", day),
        Row(13, "period.end", day),
        Row(15, "type", concept("0086")),
        Row(22, "order", positive),
    ),
    also_read={
        3: "payor", 4: "payor", 5: "payor's address", 7: "payor's telephone", 9: "the group's name",
        17: "relationship, turned round", 36: "subscriberId", 49: "subscriberId",
    },
)

IN1_RELATED_PERSON = SegmentMap(
    segment="IN1",
    resource="RelatedPerson",
    spec="https://hl7.org/fhir/R4/coverage-definitions.html#Coverage.subscriber",
    rows=(
        Row(16, "name", human_name(), many=True),
        Row(17, "relationship", concept("0063", RELATIONS), many=True),
        Row(18, "birthDate", day),
        Row(19, "address", address, many=True),
        Row(43, "gender", gender),
    ),
)

IN2_COVERAGE = SegmentMap(
    segment="IN2",
    resource="Coverage",
    spec="https://hl7.org/fhir/R4/coverage.html",
    rows=(),
    also_read={1: "set id", 61: "subscriberId", 72: "relationship, when IN1-17 does not say"},
)
# fmt: on
