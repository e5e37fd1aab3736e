"""Laying what a message says over what is stored.

Absent leaves, a value replaces, null deletes (HL7 v2.5.1 chapter 2.5.3.4). An element that a later event has spoken of
already stays as that event left it: every element remembers the instant of the event that last set it (its mark)."""

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from mappings.fhir.json import Json
from mappings.v2_to_fhir.draft import Draft
from mappings.v2_to_fhir.slices import SLICES, spliced, without
from server.store.entry import Marks

PARTS: Mapping[str, frozenset[str]] = {
    "Encounter": frozenset({"period", "hospitalization"}),
    "Account": frozenset({"servicePeriod"}),
    "Coverage": frozenset({"period"}),
}
"""Elements filled by several fields that come at different times (PV1-44 at admission, PV1-45 at discharge): their
parts are laid over one by one."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "Patient": ("deceased", "multipleBirth"),
    "ChargeItem": ("occurrence", "product"),
    "Condition": ("onset", "abatement"),
}
"""Elements with several spellings of which only one may stand."""

DAY = len("2026-03-01")

_ELEMENT = re.compile(r"[.:]")


def lay(stored: Json | None, draft: Draft, marks: Marks, at: str) -> tuple[Json, Marks]:
    """The new body and its marks; ``at`` is the event's instant in UTC. ``stored`` is left untouched."""
    if stored and adds_nothing(stored, draft):
        return stored, marks
    body: Json = dict(stored) if stored else {"resourceType": draft.type}
    told = dict(marks)
    for path in spoken_of(draft):
        if _counts(stored, draft, path, told, at):
            _set(body, draft, path)
            told[path] = at
    for element, value in draft.defaults.items():
        if not _spellings(body, draft.type, element):
            body[element] = value
    return body, told


def adds_nothing(stored: Json, draft: Draft) -> bool:
    """Whether all that is said is there already: hospitals repeat themselves."""
    said = {**draft.defaults, **draft.body}
    return not draft.cleared and all(stored.get(element) == value for element, value in said.items())


def spoken_of(draft: Draft) -> tuple[str, ...]:
    """What a message sets or clears, each with a mark of its own: elements, parts of one (``period.end``), slices of a
    list (``telecom:work``)."""
    return (*chain.from_iterable(_paths(draft, element) for element in draft.body), *sorted(draft.cleared))


def _paths(draft: Draft, element: str) -> Iterable[str]:
    value = draft.body[element]
    if element in PARTS.get(draft.type, ()):
        return [f"{element}.{part}" for part in value]
    if slice := SLICES.get((draft.type, element)):
        return dict.fromkeys(f"{element}:{slice(item)}" for item in value)
    return [element]


def _counts(stored: Json | None, draft: Draft, path: str, marks: Marks, at: str) -> bool:
    if draft.stub:
        return not (stored and _spellings(stored, draft.type, _ELEMENT.split(path, maxsplit=1)[0]))
    return marks.get(path, "") <= at


def _set(body: Json, draft: Draft, path: str) -> None:
    element, _, part = path.partition(".")
    if ":" in path:
        _set_slice(body, draft, *path.split(":", 1), cleared=path in draft.cleared)
    elif path in draft.cleared:
        _clear(body, element, part)
    elif part:
        body[element] = even({**body.get(element, {}), part: draft.body[element][part]})
    elif element == "identifier":
        body[element] = identifiers(body.get(element, ()), draft.body[element])
    else:
        _set_whole(body, draft, element)


def even(period: Json) -> Json:
    """Start and end of one day have to be given alike, or neither comes first: the finer is told as the coarser is.

    https://hl7.org/fhir/R4/datatypes.html#Period (per-1)"""
    start, end = str(period.get("start", "")), str(period.get("end", ""))
    if start[:DAY] != end[:DAY] or (len(start) > DAY) == (len(end) > DAY):
        return period
    return {**period, "start": start[:DAY], "end": end[:DAY]}


def _set_whole(body: Json, draft: Draft, element: str) -> None:
    """A bare yes takes nothing away: who died on a day that is known is still known to have died then."""
    spellings = _spellings(body, draft.type, element)
    if draft.body[element] is True and any(body[name] for name in spellings if name != element):
        return
    for spelling in spellings:
        del body[spelling]
    body[element] = draft.body[element]


def _set_slice(body: Json, draft: Draft, element: str, name: str, *, cleared: bool) -> None:
    slice = SLICES[draft.type, element]
    stored = [each for each in body.get(element, ()) if slice(each) == name]
    told = [] if cleared else [each for each in draft.body[element] if slice(each) == name]
    if element == "identifier":
        told = identifiers(stored, told)
    left = spliced(draft.type, element, body.get(element, ()), told) if told else []
    left = left or without(draft.type, element, body.get(element, ()), name)
    body.pop(element, None)
    if left:
        body[element] = left


def _clear(body: Json, element: str, part: str) -> None:
    """Takes an element out, or a part of one."""
    rest = {name: value for name, value in body.get(element, {}).items() if name != part} if part else {}
    body.pop(element, None)
    if rest:
        body[element] = rest


def _spellings(body: Mapping[str, Any], type: str, element: str) -> tuple[str, ...]:
    """The names under which an element stands: itself, its ``_`` sibling, the other forms of a choice."""
    for choice in CHOICES.get(type, ()):
        if element.startswith(choice):
            return tuple(name for name in body if name.lstrip("_").startswith(choice))
    return tuple(name for name in (element, f"_{element}") if name in body)


def identifiers(stored: Iterable[Json], told: Iterable[Json]) -> list[Json]:
    """A message speaks for the systems that it names: those of others stay, and an old identifier stays old.

    One that names none (it was null) speaks for all that are not old."""
    told, stored = list(told), list(stored)
    old = {_name(each): each for each in stored if each.get("use") == "old"}
    fresh = [each for each in told if _name(each) not in old]
    spoken = {each.get("system") for each in fresh}
    kept = [each for each in stored if _name(each) in old or (told and each.get("system") not in spoken)]
    current = [each for each in kept if _name(each) not in old]
    return [*fresh, *current, *old.values()]


def _name(identifier: Json) -> tuple[Any, Any]:
    return identifier.get("system"), identifier.get("value")
