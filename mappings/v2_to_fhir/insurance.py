"""Coverage, its payer and its subscriber: IN1, IN2."""

from typing import Any

from mappings.v2.message import Segment
from mappings.v2_to_fhir.datatypes.cx import identifier, kind_of
from mappings.v2_to_fhir.datatypes.st import text
from mappings.v2_to_fhir.datatypes.xpn import spelling
from mappings.v2_to_fhir.draft import Draft, Identity
from mappings.v2_to_fhir.groups import Group
from mappings.v2_to_fhir.patient import SOMEBODY, related
from mappings.v2_to_fhir.segments import in1 as says
from mappings.v2_to_fhir.sender import AUTHORITY, urn_part
from mappings.v2_to_fhir.story import Story


def coverages(group: Group, who: Identity, story: Story) -> list[dict[str, Any]]:
    """A Coverage for each IN1, and what the account says of it."""
    entries = []
    for each in group.each("IN1"):
        in1, in2 = each.segment("IN1"), each.segment("IN2")
        if payer := says.payer(in1, story.sender):
            entries.append(coverage(in1, in2, payer, who, story))
        else:
            story.issue("no payer", f"IN1^{in1.sequence}^3", "101")
    return entries


def coverage(in1: Segment, in2: Segment, payer: Draft, who: Identity, story: Story) -> dict[str, Any]:
    """A policy is known by its payer, its plan and its member."""
    members = says.member_numbers(in1, in2) or ("",)
    this, *also = (Identity.among("Coverage", who, payer.identity, text(in1[2][1]), each) for each in members)
    reading = story.reading("Coverage").read(says.IN1_COVERAGE, in1).read(says.IN2_COVERAGE, in2)
    reading.put("status", "active")
    reading.put("beneficiary", who.reference)
    reading.put("payor", [payer], (in1, 3))
    reading.put("relationship", says.relationship(in1, in2, story.sender), (in1, 17))
    reading.put("subscriber", subscriber(in1, in2, who, story))
    reading.put("subscriberId", members[0], (in1, 49 if in1[49] else 36))
    reading.put("identifier", [member_identifier(in1, payer, members[0], story)])
    story.add(reading, this, also=tuple(also))
    return {"coverage": this.reference, "priority": reading.body.get("order")}


def subscriber(in1: Segment, in2: Segment, who: Identity, story: Story) -> dict[str, str] | None:
    """The patient who is insured, else whom IN1-16 names: in two insurances the same."""
    if says.patient_is(in1, in2) == "self":
        return who.reference
    reading = story.reading("RelatedPerson").read(says.IN1_RELATED_PERSON, in1)
    if not reading.body.keys() & SOMEBODY:
        return None
    return related(reading, Identity.among("RelatedPerson", who, "IN1", spelling(in1[16])), who, story).reference


def member_identifier(in1: Segment, payer: Draft, member: str, story: Story) -> dict[str, Any] | None:
    """A member's number is the payer's own, unless it names another authority."""
    if not member:
        return None
    stated = identifier()(in1[49], story.sender) if in1[49][4] else None
    name = payer.body["identifier"][0]["value"] if "identifier" in payer.body else payer.body["name"]
    return {
        "type": kind_of("MB"),
        "system": stated["system"] if stated else f"{AUTHORITY}:{urn_part(name)}",
        "value": member,
    }
