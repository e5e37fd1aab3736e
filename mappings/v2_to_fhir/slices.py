"""Which items of a list a field speaks of.

Several fields fill one list (PID-13 and PID-14 are both ``telecom``, PV1-7 and PV1-8 both ``participant``). A message
that carries one of them says nothing of the other's items: they are told apart by what is in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Item = Mapping[str, Any]


def by_url(extension: Item) -> str:
    return str(extension.get("url", ""))


def by_workplace(contact: Item) -> str:
    """PID-13 is every number but PID-14's."""
    return "work" if contact.get("use") == "work" else "home"


OTHER_NUMBERS = frozenset({"SS", "DL", "U"})


def by_number(identifier: Item) -> str:
    """PID-3 is every number but PID-19's, PID-20's, PID-2's and PID-4's."""
    kind = by_type(identifier)
    return kind if kind in OTHER_NUMBERS else "patient"


def by_alias(name: Item) -> str:
    """PID-9, as against PID-5."""
    return "alias" if name.get("use") == "nickname" else "name"


def by_participation(participant: Item) -> str:
    return next((code for type in participant.get("type", ()) for code in _codes(type)), "")


def by_function(performer: Item) -> str:
    return next(_codes(performer.get("function", {})), "")


def by_type(item: Item) -> str:
    return next(_codes(item.get("type", {})), "")


def by_whereabouts(location: Item) -> str:
    """Where the patient is or will be is one place; where they were is each a place of its own."""
    status = str(location.get("status", "active"))
    return f"{status} {location.get('location', {}).get('reference', '')}" if status == "completed" else status


SLICES: Mapping[tuple[str, str], Callable[[Item], str]] = {
    ("Patient", "identifier"): by_number,
    ("Patient", "name"): by_alias,
    ("Patient", "telecom"): by_workplace,
    ("Patient", "extension"): by_url,
    ("RelatedPerson", "telecom"): by_workplace,
    ("Encounter", "participant"): by_participation,
    ("Encounter", "location"): by_whereabouts,
    ("Encounter", "extension"): by_url,
    ("Coverage", "class"): by_type,
    ("ChargeItem", "performer"): by_function,
    ("ChargeItem", "extension"): by_url,
}


def _codes(concept: Item) -> Iterator[str]:
    return (str(coding["code"]) for coding in concept.get("coding", ()) if "code" in coding)


def spliced(type: str, element: str, stored: Sequence[Item], told: Sequence[Item]) -> list[Item]:
    """The stored list with the slices that were told in place of its own."""
    slice = SLICES.get((type, element))
    if slice is None:
        return list(told)
    spoken = {slice(item) for item in told}
    kept = [item for item in stored if slice(item) not in spoken]
    first = next((n for n, item in enumerate(stored) if slice(item) in spoken), len(kept))
    return [*kept[:first], *told, *kept[first:]]


def without(type: str, element: str, stored: Iterable[Item], name: str) -> list[Item]:
    """The stored list without one slice (``telecom:work`` was null)."""
    slice = SLICES.get((type, element))
    return [item for item in stored if slice is None or slice(item) != name]
