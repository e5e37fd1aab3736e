"""What was read where: of one message, and of every message (the page ``mappings/README.md``).

``python -m mappings.v2_to_fhir.explain`` prints the page."""

import sys
from collections.abc import Iterator

from mappings.v2.definitions import field_name
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

SEGMENTS = """
## Segments

`[]`: one for each repetition. A field that is read by no row is reported with its message.
"""


def explained(mapped: Mapped) -> tuple[Source, ...]:
    """Source field, target element and value of every element that a field filled, in the drafts' order."""
    return tuple(source for draft in mapped.drafts for source in draft.sources)


def page() -> str:
    events = "".join(f"| {code}^{name} | {event(trigger)} |\n" for (code, name), trigger in TRIGGERS.items())
    return HEAD + events + SEGMENTS + "".join("\n".join((*section(map), "")) for map in MAPS)


def event(trigger: Trigger) -> str:
    says = (
        ("a person's event: no visit", not trigger.visit and not trigger.merges),
        ("takes back a discharge", trigger.reopens),
        ("MRG goes up in PID", trigger.merges),
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
