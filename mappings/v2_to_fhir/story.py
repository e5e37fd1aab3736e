"""What one message tells, put together: each resource once, each issue once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mappings.v2.message import Segment
from mappings.v2_to_fhir.draft import Draft, Event, Identity, Issue, Link, Mapped, Merge, Move
from mappings.v2_to_fhir.notation import SegmentMap
from mappings.v2_to_fhir.reading import Reading
from mappings.v2_to_fhir.sender import Sender
from mappings.v2_to_fhir.triggers import Trigger


class Story:
    """``evn``: the message's EVN segment."""

    def __init__(self, sender: Sender, trigger: Trigger, evn: Segment, *, explain: bool = False) -> None:
        self.sender = sender
        self.trigger = trigger
        self.evn = evn
        self.explain = explain
        self.drafts: dict[Identity, Draft] = {}
        self.merges: list[Merge] = []
        self.moves: list[Move] = []
        self.links: list[Link] = []
        self.issues: dict[Issue, None] = {}
        self.maps: set[SegmentMap] = set()

    def reading(self, resource: str) -> Reading:
        return Reading(resource, self.sender, explain=self.explain)

    def add(self, reading: Reading, identity: Identity, **about: Any) -> None:
        """``about``: the Draft's own fields."""
        self._keep(reading.draft(identity, **about))
        self.note(reading)

    def note(self, reading: Reading) -> None:
        """What a reading found beside its own resource."""
        for draft in reading.referred:
            self._keep(draft)
        self.issues.update(dict.fromkeys(reading.issues))
        self.maps |= reading.maps

    def issue(self, text: str, location: str, code: str = "207", *, fatal: bool = False) -> None:
        self.issues[Issue(text, location, code, fatal)] = None

    def told(self, event: Event, segments: Iterable[Segment]) -> Mapped:
        unread = tuple(unread_fields(segments, self.maps))
        drafts, issues, acts = self.drafts.values(), self.issues, (tuple(self.moves), tuple(self.links))
        return Mapped(event, tuple(drafts), tuple(self.merges), tuple(issues), unread, *acts)

    def _keep(self, draft: Draft) -> None:
        """Told of twice, a resource is all that was told of it; what a mere reference says counts less."""
        before = self.drafts.get(draft.identity)
        self.drafts[draft.identity] = joined(before, draft) if before else draft


def joined(before: Draft, after: Draft) -> Draft:
    first, then = (after, before) if after.stub else (before, after)
    return replace(
        then,
        body={**first.body, **then.body},
        cleared=first.cleared | then.cleared,
        also=tuple(dict.fromkeys((*first.also, *then.also))),
        sources=(*first.sources, *then.sources),
    )


def unread_fields(segments: Iterable[Segment], maps: Iterable[SegmentMap]) -> dict[str, None]:
    """``PID-32``: populated, and read by none of the maps."""
    read: dict[str, frozenset[int]] = {}
    for map in maps:
        read[map.segment] = read.get(map.segment, frozenset()) | map.fields
    found = (_unread(segment, read) for segment in segments if segment.name != "MSH")
    return {name: None for names in found for name in names}


def _unread(segment: Segment, read: Mapping[str, frozenset[int]]) -> list[str]:
    known, empty = read.get(segment.name, frozenset()), segment.delimiters.empty
    return [
        f"{segment.name}-{number}"
        for number, value in enumerate(segment.fields)
        if number and value and number not in known and value.strip(empty)
    ]
