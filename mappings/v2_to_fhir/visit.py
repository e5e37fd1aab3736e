"""Encounter and what was found in it: PV1, PV2, DG1."""

from typing import Any

from mappings.v2.message import Segment
from mappings.v2_to_fhir.datatypes.cx import kind_of
from mappings.v2_to_fhir.datatypes.dtm import moment
from mappings.v2_to_fhir.datatypes.st import text
from mappings.v2_to_fhir.datatypes.xon import facility
from mappings.v2_to_fhir.draft import Identity
from mappings.v2_to_fhir.groups import Group
from mappings.v2_to_fhir.reading import Reading
from mappings.v2_to_fhir.segments.dg1 import DG1_CONDITION, DG1_DIAGNOSIS, deleted
from mappings.v2_to_fhir.segments.pv1 import PV1_ENCOUNTER
from mappings.v2_to_fhir.segments.pv2 import PV2_ENCOUNTER
from mappings.v2_to_fhir.story import Story
from mappings.v2_to_fhir.tables import CONDITION_CATEGORY, NULL_FLAVOR
from mappings.v2_to_fhir.triggers import DISCHARGE, presumed_status, status

UNSTATED = {"system": NULL_FLAVOR, "code": "UNK", "display": "unknown"}
ENCOUNTER_DIAGNOSIS = {"coding": [{"system": CONDITION_CATEGORY, "code": "encounter-diagnosis"}]}


def visit(group: Group, account: Identity | None, story: Story) -> tuple[Reading, Identity | None]:
    """What is said of the visit, and which it is: PV1-19, else PV1-50, else the account's that began then."""
    pv1 = group.segment("PV1")
    reading = story.reading("Encounter").read(PV1_ENCOUNTER, pv1).read(PV2_ENCOUNTER, group.segment("PV2"))
    numbers = reading.body.get("identifier")
    if numbers:
        if not pv1[19]:
            numbers[0] = {**numbers[0], "type": kind_of("VN")}
        return reading, Identity.of("Encounter", numbers[0]["system"], numbers[0]["value"])
    if account and pv1[44]:
        return reading, Identity.among("Encounter", account, text(pv1[44]))
    if pv1 or not story.trigger.charges:
        story.issue("no number that says which visit it is", f"PV1^{pv1.sequence or 1}^19", "101")
    return reading, None


def encounter(
    reading: Reading, this: Identity, who: Identity, account: Identity | None, pv1: Segment, story: Story
) -> None:
    """Adds the visit's Encounter."""
    trigger = story.trigger
    reading.put("status", status(trigger, pv1))
    reading.put("subject", who.reference)
    reading.put("account", [account.reference] if account else None)
    reading.put("serviceProvider", facility(text(pv1[39]) or story.sender.facility))
    if trigger.reopens:
        reopen(reading)
    elif trigger.status == "finished" and not pv1[45]:
        field = 6 if story.evn[6] else 2
        reading.put("period.end", moment(story.evn[field], story.sender), (story.evn, field))
    defaults = {"status": presumed_status(pv1), "class": UNSTATED}
    story.add(reading, this, stub=trigger.charges, defaults=defaults)


def reopen(reading: Reading) -> None:
    """A13: the discharge is taken back, also where the message repeats it."""
    for path in DISCHARGE:
        reading.clear(path)


def diagnoses(group: Group, who: Identity, this: Identity | None, story: Story) -> tuple[Reading, list[dict[str, Any]]]:
    """A Condition for each DG1, and what the visit's Encounter says of it."""
    noted, entries = story.reading("Encounter.diagnosis"), []
    for dg1 in group.all("DG1"):
        reading = story.reading("Condition").read(DG1_CONDITION, dg1)
        if not (reading.body.get("code") or reading.body.get("identifier")):
            continue
        identity = condition(reading, who, this, story)
        if this and not deleted(dg1):
            use = noted.part(story.reading("Encounter.diagnosis").read(DG1_DIAGNOSIS, dg1))
            entries.append({"condition": identity.reference, **use})
    return noted, entries


def condition(reading: Reading, who: Identity, this: Identity | None, story: Story) -> Identity:
    """A diagnosis is known by DG1-20, else by its code: made twice in one visit, it is the same."""
    numbers, code = reading.body.get("identifier"), reading.body.get("code", {})
    coding = code.get("coding", [{}])[0]
    names = numbers[0].values() if numbers else (coding.get("system", ""), coding.get("code") or code.get("text"))
    identity = Identity.among("Condition", this or who, *names)
    reading.put("subject", who.reference)
    if this:
        reading.put("encounter", this.reference)
        reading.put("category", [ENCOUNTER_DIAGNOSIS])
    story.add(reading, identity)
    return identity
