"""What becomes of whole patients, accounts and visits, or of their numbers: MRG, or a second PID.

HL7 v2.8 chapters 3.3.24 to 3.3.51. MRG has what was, PID and PV1 what is, never the other way round; half a pair is
said and not guessed. HL7 maps none of these events."""

from collections.abc import Callable, Mapping
from functools import partial

from mappings.v2_to_fhir.draft import Identity, Link, Merge, Move
from mappings.v2_to_fhir.groups import Group
from mappings.v2_to_fhir.notation import SegmentMap
from mappings.v2_to_fhir.patient import identities
from mappings.v2_to_fhir.segments.mrg import MRG_ACCOUNT, MRG_ENCOUNTER, MRG_PATIENT
from mappings.v2_to_fhir.segments.pid import PID_ACCOUNT
from mappings.v2_to_fhir.segments.pv1 import PV1_NUMBER
from mappings.v2_to_fhir.story import Story
from mappings.v2_to_fhir.triggers import Change
from mappings.v2_to_fhir.visit import UNSTATED

Tell = Callable[[Group, Identity, Story], None]


def patients(group: Group, who: Identity, story: Story, *, renumbers: bool = False) -> None:
    """MRG-1 and PID-3."""
    mrg = group.segment("MRG")
    reading = story.reading("Patient").read(MRG_PATIENT, mrg)
    prior = identities(reading, story)
    if not prior:
        missing(group, "MRG", 1, story)
    elif {who, *story.drafts[who].also} & set(prior):
        same(group, 1, story)
    else:
        story.add(reading, prior[0], also=prior[1:], stub=True)
        story.merges.append(Merge(who, prior[0], place(group, "MRG", 1), renumbers))


def accounts(group: Group, who: Identity, story: Story, *, renumbers: bool = False) -> None:
    """MRG-3 and PID-18."""
    stays = numbered("Account", PID_ACCOUNT, group, who, story, stub=not renumbers)
    goes = numbered("Account", MRG_ACCOUNT, group, who, story)
    pair(group, stays, goes, story, renumbers=renumbers)


def visits(group: Group, who: Identity, story: Story, *, renumbers: bool = False) -> None:
    """MRG-5 and PV1-19."""
    stays = numbered("Encounter", PV1_NUMBER, group, who, story, stub=not renumbers)
    goes = numbered("Encounter", MRG_ENCOUNTER, group, who, story)
    pair(group, stays, goes, story, renumbers=renumbers)


def moved_account(group: Group, who: Identity, story: Story) -> None:
    """PID-18 is from now on PID-3's."""
    if account := numbered("Account", PID_ACCOUNT, group, who, story):
        story.moves.append(Move(account, who))


def moved_visits(group: Group, who: Identity, story: Story) -> None:
    """PV1-19 is from now on PID-3's; there may be several."""
    for each in group.each("PV1") or [group]:
        if visit := numbered("Encounter", PV1_NUMBER, each, who, story):
            story.moves.append(Move(visit, who))


def together(_: Group, who: Identity, story: Story, *, linked: bool) -> None:
    """With the patient of the PID before."""
    others = [each for each in story.drafts if each.type == "Patient" and each != who]
    story.links += [Link(other, who, linked) for other in others[:1]]


def numbered(
    type: str, map: SegmentMap, group: Group, who: Identity, story: Story, *, stub: bool = True
) -> Identity | None:
    """The account or visit of a number: made where nobody knows it, and else left as it is (unless the number is what
    is told). None, and a fatal issue, if there is no number."""
    reading = story.reading(type).read(map, group.segment(map.segment))
    if not (numbers := reading.body.get("identifier")):
        story.note(reading)
        missing(group, map.segment, map.rows[0].field, story)
        return None
    this = Identity.of(type, numbers[0]["system"], numbers[0]["value"])
    unknown = {"status": "unknown", "class": UNSTATED, "subject": who.reference}
    defaults = unknown if type == "Encounter" else {"status": "active", "subject": [who.reference]}
    story.add(reading, this, stub=stub, defaults=defaults)
    return this


def pair(group: Group, stays: Identity | None, goes: Identity | None, story: Story, *, renumbers: bool) -> None:
    field = 5 if goes and goes.type == "Encounter" else 3
    if stays and stays == goes:
        same(group, field, story)
    elif stays and goes:
        story.merges.append(Merge(stays, goes, place(group, "MRG", field), renumbers))


def missing(group: Group, name: str, field: int, story: Story) -> None:
    story.issue("no identifier that says what this is about", place(group, name, field), "101", fatal=True)


def same(group: Group, field: int, story: Story) -> None:
    story.issue("nothing can be merged into itself", place(group, "MRG", field), "205", fatal=True)


def place(group: Group, name: str, field: int) -> str:
    segment = group.segment(name)
    return f"{name}^{segment.sequence or group.segment('PID').sequence}^{field}"


CHANGES: Mapping[Change, tuple[str, Tell]] = {
    "link": ("the two PIDs are linked", partial(together, linked=True)),
    "unlink": ("the two PIDs are no longer linked", partial(together, linked=False)),
    "merge account": ("MRG-3 goes up in PID-18", accounts),
    "merge patient": ("MRG goes up in PID", patients),
    "merge visit": ("MRG-5 goes up in PV1-19", visits),
    "move account": ("PID-18, with what is of it, is PID-3's", moved_account),
    "move visit": ("PV1-19, with what is of it, is PID-3's", moved_visits),
    "renumber account": ("MRG-3 is now PID-18", partial(accounts, renumbers=True)),
    "renumber patient": ("MRG-1 is now PID-3", partial(patients, renumbers=True)),
    "renumber visit": ("MRG-5 is now PV1-19", partial(visits, renumbers=True)),
}
"""What is done, in words, and the function that says it."""
