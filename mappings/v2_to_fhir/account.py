"""Account and its guarantors: PID-18, GT1."""

from typing import Any

from mappings.v2.message import Segment
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.datatypes.xon import named
from mappings.v2_to_fhir.datatypes.xpn import spelling
from mappings.v2_to_fhir.draft import Draft, Identity
from mappings.v2_to_fhir.groups import Group
from mappings.v2_to_fhir.patient import SOMEBODY, related
from mappings.v2_to_fhir.reading import Reading
from mappings.v2_to_fhir.segments.gt1 import GT1_GUARANTOR, GT1_RELATED_PERSON
from mappings.v2_to_fhir.segments.pid import PID_ACCOUNT
from mappings.v2_to_fhir.segments.pv1 import PV1_ACCOUNT
from mappings.v2_to_fhir.story import Story


def numbered(group: Group, story: Story) -> tuple[Reading, Identity | None]:
    """What is said of the account, and which it is: PID-18."""
    reading = story.reading("Account").read(PID_ACCOUNT, group.segment("PID"))
    if story.trigger.visit:
        reading.read(PV1_ACCOUNT, group.segment("PV1"))
    numbers = reading.body.get("identifier")
    return reading, Identity.of("Account", numbers[0]["system"], numbers[0]["value"]) if numbers else None


def unnumbered(group: Group, who: Identity, visit: Identity | None, story: Story) -> Identity | None:
    """Of a sender without account numbers: the visit's account, where there is something for it to hold.

    Charges always need one, if it be the patient's."""
    if story.trigger.charges:
        return Identity.among("Account", visit or who)
    held = any(segment.name in ("IN1", "GT1") for segment in group.segments)
    return Identity.among("Account", visit) if visit and held else None


def account(reading: Reading, this: Identity, who: Identity, covers: list[dict[str, Any]], story: Story) -> None:
    """Adds the account."""
    reading.put("subject", [who.reference])
    reading.put("coverage", covers)
    story.add(reading, this, defaults={"status": "active"})


def guarantors(group: Group, noted: Reading, who: Identity, story: Story) -> None:
    """Who pays what no insurance does; ``noted`` is what is read of the account."""
    entries = []
    for gt1 in group.all("GT1"):
        if party := guarantor(gt1, who, story):
            entries.append({"party": party, **noted.part(story.reading("Account.guarantor").read(GT1_GUARANTOR, gt1))})
    noted.put("guarantor", entries)


def guarantor(gt1: Segment, who: Identity, story: Story) -> dict[str, str] | Draft | None:
    """The patient, else a person, else an organization (GT1-21)."""
    if token(gt1[11][1]).upper() == "SEL":
        return who.reference
    reading = story.reading("RelatedPerson").read(GT1_RELATED_PERSON, gt1)
    if not reading.body.keys() & (SOMEBODY - {"identifier"}):
        return named(text(gt1[21][1]))
    number = reading.body.get("identifier", [{}])[0]
    name = f"{number['system']}|{number['value']}" if gt1[2] and number else text(gt1[1]) or spelling(gt1[3])
    return related(reading, Identity.among("RelatedPerson", who, "GT1", name), who, story).reference
