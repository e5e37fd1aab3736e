"""What the segments of a message say of one resource, collected row by row."""

from collections.abc import Iterator
from typing import Any

from mappings.v2.message import Segment
from mappings.v2_to_fhir.draft import Draft, Identity, Issue, Source
from mappings.v2_to_fhir.notation import Row, SegmentMap
from mappings.v2_to_fhir.sender import Sender
from mappings.v2_to_fhir.settled import Settled, converted, settled

PERIODS = frozenset({"period", "servicePeriod"})
"""Put together of two fields."""


class Reading:
    """Of one resource: ``body`` and ``cleared`` as a Draft has them, the drafts it refers to, what was unreadable."""

    def __init__(self, resource: str, sender: Sender, *, explain: bool = False) -> None:
        self.sender = sender
        self.explain = explain
        self.body: dict[str, Any] = {"resourceType": resource}
        self.cleared: set[str] = set()
        self.referred: list[Draft] = []
        self.issues: list[Issue] = []
        self.sources: list[Source] = []
        self.maps: set[SegmentMap] = set()
        self.places: dict[str, str] = {}

    def read(self, map: SegmentMap, segment: Segment) -> "Reading":
        self.maps.add(map)
        fields = segment.fields
        for row in map.rows if segment else ():
            if row.field < len(fields) and fields[row.field] and (row.when is None or row.when(segment)):
                self._row(row, segment)
        return self

    def put(self, element: str, value: Any, source: tuple[Segment, int] | None = None) -> None:
        """Sets an element, or a part of one, that no single row can; ``source``: the segment and field it came from."""
        place = f"{source[0].name}^{source[0].sequence}^{source[1]}" if source else ""
        found = self._noted(settled(value), place)
        if found is None:
            return
        self._set(element, found, place)
        if source and self.explain:
            self.sources.append(self._source(element, *source, found))

    def clear(self, path: str) -> None:
        """Deletes a part of an element, whatever its field holds."""
        name, _, part = path.partition(".")
        rest = {other: value for other, value in self.body.pop(name, {}).items() if other != part}
        if rest:
            self.body[name] = rest
        self.cleared.add(path)

    def part(self, reading: "Reading") -> dict[str, Any]:
        """What was read of a part of this resource (Encounter.diagnosis), for its list."""
        self.issues += reading.issues
        self.referred += reading.referred
        self.sources += reading.sources
        self.maps |= reading.maps
        return {name: value for name, value in reading.body.items() if name != "resourceType"}

    def draft(self, identity: Identity, **about: Any) -> Draft:
        """``about``: the Draft's own fields."""
        for name in PERIODS & self.body.keys():
            self.body[name] = self._noted(settled(self.body[name]), self.places.get(f"{name}.end", ""))
        return Draft(identity, self.body, frozenset(self.cleared), sources=tuple(self.sources), **about)

    def _row(self, row: Row, segment: Segment) -> None:
        field = segment[row.field]
        place = f"{segment.name}^{segment.sequence}^{row.field}"
        if field.null:
            self.cleared.add(row.clears)
        elif row.whole:
            self._add(row, segment, settled(row.convert(segment, self.sender)), place)
        elif row.many:
            for number, node in enumerate(field.repetitions, 1):
                self._add(row, segment, converted(row.convert, node, self.sender), f"{place}^{number}")
        else:
            self._add(row, segment, converted(row.convert, field, self.sender), place)

    def _add(self, row: Row, segment: Segment, found: Settled, place: str) -> None:
        value = self._noted(found, place)
        if value is None:
            return
        self._set(row.element, value, place, many=row.many)
        if self.explain:
            self.sources.append(self._source(row.element, segment, row.field, value))

    def _noted(self, found: Settled, place: str) -> Any:
        """The value; what was found beside it is noted."""
        if found.referred:
            self.referred += found.referred
        if found.faults:
            self.issues += [Issue(fault.text, place, fault.code) for fault in found.faults]
        return found.value

    def _set(self, element: str, value: Any, place: str, *, many: bool = False) -> None:
        self.places[element] = place
        name, _, part = element.partition(".")
        holder, key = self.body, name
        if part:  # of an object that others share
            holder, key = {**self.body.get(name, {})}, part
            self.body[name] = holder
        if many:
            holder.setdefault(key, []).append(value)
        else:
            holder[key] = value

    def _source(self, element: str, segment: Segment, field: int, value: Any) -> Source:
        return Source(f"{segment.name}-{field}", f"{self.body['resourceType']}.{element}", written(value))


def written(value: Any) -> str:
    """A value in one line, for people."""
    return ", ".join(_leaves(value))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield str(value)
