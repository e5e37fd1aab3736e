"""Which items of a list a field speaks of.

Several fields fill one list (PID-13 and PID-14 are both ``telecom``, PV1-7 and PV1-8 both ``participant``). A message
that carries one of them says nothing of the other's items: they are told apart by what is in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Slicing:
    """``name`` of the slice that an item is of: ``patient urn:x`` is the part ``urn:x`` of ``patient``. Slices stand in
    ``order``, others after these by name, whatever came first."""

    name: Callable[[Item], str]
    order: tuple[str, ...] = ()

    def arranged(self, items: Iterable[Item]) -> list[Item]:
        return sorted(items, key=self._place)

    def _place(self, item: Item) -> tuple[int, str]:
        name = self.name(item)
        kind = name.partition(" ")[0]
        return self.order.index(kind) if kind in self.order else len(self.order), name


def by_url(extension: Item) -> str:
    return str(extension.get("url", ""))


def by_workplace(contact: Item) -> str:
    """PID-13 is every number but PID-14's."""
    return "work" if contact.get("use") == "work" else "home"


OLD = "old"
"""The slice of identifiers that were merged away: no message speaks of it."""

OTHER_NUMBERS = frozenset({"SS", "DL", "U"})


def by_number(identifier: Item) -> str:
    """PID-3 is every number but PID-19's, PID-20's, PID-2's and PID-4's; and speaks for the systems that it names."""
    kind = by_type(identifier)
    return _in_system(kind if kind in OTHER_NUMBERS else "patient", identifier)


def by_kind(identifier: Item) -> str:
    """PV1-19 and PV1-50."""
    return _in_system(by_type(identifier) or "number", identifier)


def _in_system(kind: str, identifier: Item) -> str:
    return OLD if identifier.get("use") == OLD else f"{kind} {identifier.get('system', '')}"


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


SLICES: Mapping[tuple[str, str], Slicing] = {
    ("Patient", "identifier"): Slicing(by_number, ("patient", "U", "SS", "DL")),
    ("Patient", "name"): Slicing(by_alias, ("name", "alias")),
    ("Patient", "telecom"): Slicing(by_workplace, ("home", "work")),
    ("Patient", "extension"): Slicing(by_url),
    ("RelatedPerson", "telecom"): Slicing(by_workplace, ("home", "work")),
    ("Encounter", "participant"): Slicing(by_participation, ("ATND", "REF", "CON", "ADM")),
    ("Encounter", "location"): Slicing(by_whereabouts, ("active", "planned", "reserved", "completed")),
    ("Encounter", "extension"): Slicing(by_url),
    ("Coverage", "class"): Slicing(by_type, ("group", "plan")),
    ("ChargeItem", "performer"): Slicing(by_function),
    ("ChargeItem", "extension"): Slicing(by_url),
}

NUMBERS = Slicing(by_kind, ("VN",))
"""Identifiers of all other types."""


def slicing(type: str, element: str) -> Slicing | None:
    return SLICES.get((type, element)) or (NUMBERS if element == "identifier" else None)


def _codes(concept: Item) -> Iterator[str]:
    return (str(coding["code"]) for coding in concept.get("coding", ()) if "code" in coding)
