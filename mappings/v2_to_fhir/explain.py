"""What was read where: of one message, and of every message (the page ``mappings/README.md``).

``python -m mappings.v2_to_fhir.explain`` prints the page."""

import sys
from collections.abc import Iterator

from mappings.v2.definitions import field_name
from mappings.v2_to_fhir.changes import CHANGES
from mappings.v2_to_fhir.draft import Mapped, Source
from mappings.v2_to_fhir.notation import Row, SegmentMap
from mappings.v2_to_fhir.segments import MAPS
from mappings.v2_to_fhir.triggers import TRIGGERS, Trigger

NEWEST = "2.8.2"

HEAD = """# Mappings

Made from the tables themselves by `python -m mappings.v2_to_fhir.explain`; a test keeps it current.

## Events

| event | Encounter.status | what else |
|---|---|---|
"""

ORDER = """
## In which order

Messages may come in any order, and again. What is stored in the end is what it would be had they come in the order of
their events:

1. An event's time is EVN-6 (when it happened), else EVN-2 (recorded), else MSH-7 (sent). Of two events of one time the
   later is the one that was sent later (MSH-7), then the one with the greater control id (a shorter one is smaller:
   senders count), then one of the two by what they say.
2. Each element stays as the latest event that spoke of it left it, whether it gave a value, the same value again, or
   null. Parts of `Encounter.period`, `hospitalization`, `servicePeriod`, the slices of a list (`telecom` at home and at
   work, each participation, each identifier system) are elements of their own in this. A late event fills gaps only.
3. What a message only implies (a doctor's name in PV1-7, what a DFT says of its patient, a status that no event gave)
   gives way to whatever is said; of several implied, the earliest stands.
4. A bare yes to "deceased?" or "multiple birth?" leaves the date or the number that is known; a no takes it away.
5. `Encounter.statusHistory` has every status that an event gave, in the order of the events.
6. Merges, moves and new numbers (A24 to A50) are done when they come: what is told later of a retired number is told of
   the patient, account or visit that it went up in.
7. A coverage is in force if no later snapshot (IN1 of A01, A04, A05, A08, A28, A31) leaves it out.

By nature the order in which they come does matter for: events without any time (they happened when they came); numbers
that only one message says are of one patient, before it has come; what is told under a retired number, before its
merge has come; what a FHIR client writes (it stands until a message that is later than the last that spoke of it).
"""

SEGMENTS = """
## Segments

`[]`: one for each repetition. A field that is read by no row is reported with its message.
"""


def explained(mapped: Mapped) -> tuple[Source, ...]:
    """Source field, target element and value of every element that a field filled, in the drafts' order."""
    return tuple(source for draft in mapped.drafts for source in draft.sources)


def page() -> str:
    events = "".join(f"| {code}^{name} | {event(trigger)} |\n" for (code, name), trigger in TRIGGERS.items())
    return HEAD + events + ORDER + SEGMENTS + "".join("\n".join((*section(map), "")) for map in MAPS)


def event(trigger: Trigger) -> str:
    says = (
        ("a person's event: no visit", not trigger.visit and not trigger.change),
        ("takes back a discharge", trigger.reopens),
        (f"Patient.active is {str(trigger.active).lower()}", trigger.active is not None),
        (CHANGES[trigger.change][0] if trigger.change else "", bool(trigger.change)),
        ("charges; patient and visit are only filled in", trigger.charges),
    )
    return f"{trigger.status or '-'} | {'; '.join(words for words, holds in says if holds)}"


def section(map: SegmentMap) -> Iterator[str]:
    yield f"\n### [{map.segment} to {map.resource}]({map.spec})\n"
    yield "| field | | element | |\n|---|---|---|---|"
    rows = [(row.field, element(row), remark(row)) for row in map.rows]
    rows += [(field, "-", f"read elsewhere: {what}") for field, what in map.also_read.items()]
    rows += [(field, "-", f"not mapped: {why}") for field, why in map.unmapped.items()]
    for field, target, words in sorted(rows, key=lambda each: each[0]):
        yield f"| {map.segment}-{field} | {name(map.segment, field)} | {target} | {words} |"


def name(segment: str, field: int) -> str:
    """As v2.5.1 has it, else as the newest version has: PID-40 is of v2.7."""
    return field_name(segment, field) or field_name(segment, field, NEWEST)


def element(row: Row) -> str:
    return f"{row.element}[]" if row.many else row.element


def remark(row: Row) -> str:
    condition = f"when {row.when.__name__.replace('_', ' ')}" if row.when else ""
    extension = row.part.rsplit("/", 1)[-1] if row.element == "extension" else ""
    return "; ".join(filter(None, (extension, condition, row.note)))


if __name__ == "__main__":
    sys.stdout.write(page())
