"""Patient, and whoever belongs to them: PID, PD1, NK1."""

from collections.abc import Mapping
from typing import Any

from mappings.v2_to_fhir.datatypes.st import text
from mappings.v2_to_fhir.datatypes.xpn import spelling
from mappings.v2_to_fhir.draft import Identity
from mappings.v2_to_fhir.groups import Group
from mappings.v2_to_fhir.reading import Reading
from mappings.v2_to_fhir.segments.nk1 import NK1_RELATED_PERSON
from mappings.v2_to_fhir.segments.pd1 import PD1_PATIENT
from mappings.v2_to_fhir.segments.pid import PID_PATIENT, in_county
from mappings.v2_to_fhir.segments.pv1 import PV1_PATIENT
from mappings.v2_to_fhir.story import Story

SOMEBODY = frozenset({"name", "telecom", "identifier"})
"""A contact has at least one of these."""


def patient(group: Group, story: Story) -> Identity | None:
    """None, and a fatal issue, if PID does not say who it is."""
    pid = group.segment("PID")
    reading = story.reading("Patient").read(PID_PATIENT, pid).read(PD1_PATIENT, group.segment("PD1"))
    if story.trigger.visit:
        reading.read(PV1_PATIENT, group.segment("PV1"))
    if "address" in reading.body:
        reading.body["address"] = in_county(reading.body["address"], pid)
    known = identities(reading, story)
    if not known:
        story.issue("no identifier that says who the patient is", f"PID^{pid.sequence}^3", "101", fatal=True)
        return None
    reading.put("active", story.trigger.active)
    story.add(reading, known[0], also=known[1:], stub=story.trigger.charges)
    return known[0]


def identities(reading: Reading, story: Story) -> tuple[Identity, ...]:
    """The identifiers that say who a patient is, medical record numbers first."""
    kinds = story.sender.site.identifying
    found = [each for each in reading.body.get("identifier", ()) if not types(each) or types(each) & kinds]
    found.sort(key=lambda each: "MR" not in types(each))
    return tuple(dict.fromkeys(Identity.of("Patient", each["system"], each["value"]) for each in found))


def types(identifier: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(coding["code"] for coding in identifier.get("type", {}).get("coding", ()))


def contacts(group: Group, who: Identity, story: Story) -> None:
    """Each by its number among the contacts (NK1-1), by name where it has none or two have the same."""
    for nk1 in group.all("NK1"):
        reading = story.reading("RelatedPerson").read(NK1_RELATED_PERSON, nk1)
        if reading.body.keys() & SOMEBODY:
            name = spelling(nk1[2])
            this = Identity.among("RelatedPerson", who, "NK1", text(nk1[1]) or name)
            another = Identity.among("RelatedPerson", who, "NK1", text(nk1[1]), name)
            related(reading, another if this in story.drafts else this, who, story)


def related(reading: Reading, identity: Identity, who: Identity, story: Story) -> Identity:
    """Adds a RelatedPerson of the patient."""
    reading.put("patient", who.reference)
    story.add(reading, identity)
    return identity
