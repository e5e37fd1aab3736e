"""The events that are taken, and what each says of the visit. HL7 v2.8 chapters 3.3 and 6.4.1

HL7 maps A04 to ``planned``, and PV1-2 of the same message to ``in-progress``: who is being registered is there, so it
is the latter here. A08 says nothing of the status; nor does any event whose row has none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mappings.v2.message import Segment
from mappings.v2_to_fhir.datatypes.st import token
from mappings.v2_to_fhir.tables import CLASS_STATUS

Change: TypeAlias = Literal[
    "",
    "link",
    "unlink",
    "merge account",
    "merge patient",
    "merge visit",
    "move account",
    "move visit",
    "renumber account",
    "renumber patient",
    "renumber visit",
]


@dataclass(frozen=True, slots=True)
class Trigger:
    """``status``: what Encounter.status becomes. ``visit``: it is about one; a person's event leaves PV1 unread.
    ``reopens``: it takes back a discharge. ``charges``: it has FT1, and says too little of patient and visit to change
    them. ``active``: what Patient.active becomes. ``change``: what becomes of whole patients, accounts or visits, or of
    their numbers (changes.py)."""

    status: str = ""
    visit: bool = True
    reopens: bool = False
    charges: bool = False
    active: bool | None = None
    change: Change = ""


PLANNED = Trigger("planned")
PRESENT = Trigger("in-progress")
AWAY = Trigger("onleave")
LEFT = Trigger("finished")
CANCELLED = Trigger("cancelled")
REOPENED = Trigger("in-progress", reopens=True)
UPDATED = Trigger()
PERSON = Trigger(visit=False)
ADDED = Trigger(visit=False, active=True)
DELETED = Trigger(visit=False, active=False)
MISTAKEN = Trigger("entered-in-error")
CHARGED = Trigger(charges=True)


def changed(what: Change) -> Trigger:
    return Trigger(visit=False, change=what)


TRIGGERS: Mapping[tuple[str, str], Trigger] = {
    ("ADT", "A01"): PRESENT,
    ("ADT", "A02"): PRESENT,
    ("ADT", "A03"): LEFT,
    ("ADT", "A04"): PRESENT,
    ("ADT", "A05"): PLANNED,
    ("ADT", "A06"): PRESENT,
    ("ADT", "A07"): PRESENT,
    ("ADT", "A08"): UPDATED,
    ("ADT", "A09"): UPDATED,
    ("ADT", "A10"): UPDATED,
    ("ADT", "A11"): CANCELLED,
    ("ADT", "A12"): PRESENT,
    ("ADT", "A13"): REOPENED,
    ("ADT", "A14"): PLANNED,
    ("ADT", "A15"): UPDATED,
    ("ADT", "A16"): UPDATED,
    ("ADT", "A17"): UPDATED,
    ("ADT", "A18"): changed("merge patient"),
    ("ADT", "A21"): AWAY,
    ("ADT", "A22"): PRESENT,
    ("ADT", "A23"): MISTAKEN,
    ("ADT", "A24"): changed("link"),
    ("ADT", "A25"): UPDATED,
    ("ADT", "A26"): UPDATED,
    ("ADT", "A27"): CANCELLED,
    ("ADT", "A28"): ADDED,
    ("ADT", "A29"): DELETED,
    ("ADT", "A30"): changed("merge patient"),
    ("ADT", "A31"): PERSON,
    ("ADT", "A32"): UPDATED,
    ("ADT", "A33"): UPDATED,
    ("ADT", "A34"): changed("merge patient"),
    ("ADT", "A35"): changed("merge account"),
    ("ADT", "A36"): changed("merge patient"),
    ("ADT", "A37"): changed("unlink"),
    ("ADT", "A38"): CANCELLED,
    ("ADT", "A39"): changed("merge patient"),
    ("ADT", "A40"): changed("merge patient"),
    ("ADT", "A41"): changed("merge account"),
    ("ADT", "A42"): changed("merge visit"),
    ("ADT", "A43"): PERSON,
    ("ADT", "A44"): changed("move account"),
    ("ADT", "A45"): changed("move visit"),
    ("ADT", "A46"): PERSON,
    ("ADT", "A47"): changed("renumber patient"),
    ("ADT", "A48"): PERSON,
    ("ADT", "A49"): changed("renumber account"),
    ("ADT", "A50"): changed("renumber visit"),
    ("ADT", "A51"): UPDATED,
    ("ADT", "A52"): PRESENT,
    ("ADT", "A53"): AWAY,
    ("ADT", "A54"): UPDATED,
    ("ADT", "A55"): UPDATED,
    ("ADT", "A61"): UPDATED,
    ("ADT", "A62"): UPDATED,
    ("DFT", "P03"): CHARGED,
    ("DFT", "P11"): CHARGED,
}

DISCHARGE = ("period.end", "hospitalization.dischargeDisposition", "hospitalization.destination")
"""What a cancelled discharge (A13) deletes."""


def status(trigger: Trigger, pv1: Segment) -> str:
    """A patient who is only pre-admitted (PV1-2 P) is not there yet, whatever the event. Empty: it says nothing."""
    preadmitted = token(pv1[2][1]).upper() == "P"
    return "planned" if trigger.status == "in-progress" and preadmitted else trigger.status


def presumed_status(pv1: Segment) -> str:
    """Of a visit that nobody has told of before, in a message that does not say."""
    return "finished" if pv1[45] else CLASS_STATUS.get(token(pv1[2][1]).upper(), "in-progress")
