"""Which segments of a message make which resource, and how these refer to each other.

https://hl7.org/fhir/uv/v2mappings/message_maps.html; DFT and merges, of which HL7 maps nothing, by the resources' own
mappings to v2."""

from datetime import datetime
from hashlib import blake2b

from mappings.v2.message import Message
from mappings.v2_to_fhir.account import account, guarantors, numbered, unnumbered
from mappings.v2_to_fhir.changes import CHANGES
from mappings.v2_to_fhir.charge import charges
from mappings.v2_to_fhir.datatypes.dtm import instant, utc
from mappings.v2_to_fhir.draft import Event, Identity, Issue, Mapped
from mappings.v2_to_fhir.groups import Group, patients
from mappings.v2_to_fhir.insurance import coverages
from mappings.v2_to_fhir.patient import contacts, patient
from mappings.v2_to_fhir.segments.evn import EVN_EVENT
from mappings.v2_to_fhir.sender import Sender, sender_of
from mappings.v2_to_fhir.site import Site
from mappings.v2_to_fhir.story import Story
from mappings.v2_to_fhir.triggers import TRIGGERS, Change
from mappings.v2_to_fhir.visit import diagnoses, encounter, visit

__all__ = ["TRIGGERS", "convert"]

TWO: frozenset[Change] = frozenset({"link", "unlink"})
"""Changes that are about two patients."""

NUMBER = 20
"""Characters of a control id that are compared; more, since v2.7, are a UUID."""


def convert(message: Message, site: Site, *, explain: bool = False) -> Mapped:
    """``explain``: with each draft's sources. Never raises: what stops the message is a fatal issue."""
    trigger, sender = TRIGGERS.get((message.code, message.trigger)), sender_of(message, site)
    if trigger is None:
        return Mapped(Event(message.trigger, None), (), issues=(unknown(message),))
    story = Story(sender, trigger, message.segment("EVN"), explain=explain)
    story.maps.add(EVN_EVENT)
    event = Event(message.trigger, happened(message, sender, story), tie(message, sender))
    groups = patients(message)
    for group in groups:
        tell(group, story)
    if not groups:
        story.issue("no PID segment", "PID^1^3", "101", fatal=True)
    if trigger.change in TWO and not story.links:
        story.issue("no second patient", "PID^2^3", "101", fatal=True)
    return story.told(event, message.segments)


def unknown(message: Message) -> Issue:
    if message.code in {code for code, _ in TRIGGERS}:
        return Issue("this event is not mapped", "MSH^1^9^1^2", "201", fatal=True)
    return Issue("this kind of message is not mapped", "MSH^1^9^1^1", "200", fatal=True)


def happened(message: Message, sender: Sender, story: Story) -> datetime | None:
    """EVN-6, when it happened; else EVN-2, when it was recorded; else MSH-7, when it was sent."""
    evn = story.evn
    if evn[1] and evn[1].text != message.trigger:
        story.issue("EVN-1 names another event than MSH-9", "EVN^1^1", "207")
    for segment, field in ((evn, 6), (evn, 2), (message.segment("MSH"), 7)):
        if at := instant(segment[field], sender):
            return at
        if segment[field]:
            story.issue("not a date and time", f"{segment.name}^1^{field}", "102")
    return None


def tie(message: Message, sender: Sender) -> str:
    sent = instant(message.header[7], sender)
    number = f"{len(message.control_id):03d}{message.control_id[:NUMBER]}"
    content = blake2b("\r".join(each.raw for each in message.segments).encode(errors="replace"), digest_size=4)
    return " ".join((utc(sent) if sent else "", number, content.hexdigest()))


def tell(group: Group, story: Story) -> None:
    """Everything that is said of one patient."""
    who = patient(group, story)
    if who is None:
        return
    if story.trigger.change:
        CHANGES[story.trigger.change][1](group, who, story)
        return
    contacts(group, who, story)
    accounting, bill = numbered(group, story)
    stay = told_visit(group, who, bill, story) if story.trigger.visit else None
    covers = coverages(group, who, story)
    guarantors(group, accounting, who, story)
    bill = bill or unnumbered(group, who, stay, story)
    if bill:
        account(accounting, bill, who, covers, story)
        charges(group, who, stay, bill, story)


def told_visit(group: Group, who: Identity, bill: Identity | None, story: Story) -> Identity | None:
    reading, this = visit(group, bill, story)
    noted, entries = diagnoses(group, who, this, story)
    if this:
        reading.part(noted)
        reading.put("diagnosis", entries)
        encounter(reading, this, who, bill or unnumbered(group, who, this, story), group.segment("PV1"), story)
    return this
