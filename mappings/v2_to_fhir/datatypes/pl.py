"""PL: where a patient is, from the building down to the bed; each place lies in the next larger one.

https://hl7.org/fhir/R4/location.html"""

from typing import Any

from mappings.v2.message import Field, Repetition
from mappings.v2_to_fhir.datatypes.st import text
from mappings.v2_to_fhir.draft import Draft, Identity
from mappings.v2_to_fhir.notation import Converter
from mappings.v2_to_fhir.sender import Sender, authority
from mappings.v2_to_fhir.tables import LOCATION_TYPE

LEVELS = ((7, "bu"), (8, "lvl"), (1, "wa"), (2, "ro"), (3, "bd"))
"""PL's components from the largest place to the smallest. A point of care is a ward, for want of a nearer type."""

SITE = (4, "si")


def location(node: Field | Repetition, sender: Sender) -> Draft | None:
    """The smallest place that is said. A place is known by its path within its facility."""
    system = authority(node[4], sender)
    place = _place(system, text(node[4][1]), SITE[1], None)
    path: list[str] = []
    for component, type in LEVELS:
        if name := text(node[component][1]):
            path.append(name)
            place = _place(system, "/".join(path), type, place, name)
    if place and path and node[9]:
        place.body["description"] = text(node[9])
    return place


def stay(status: str) -> Converter:
    """Encounter.location."""

    def convert(node: Field | Repetition, sender: Sender) -> dict[str, Any] | None:
        place = location(node, sender)
        return {"location": place, "status": status} if place else None

    return convert


def _place(system: str, value: str, type: str, within: Draft | None, name: str = "") -> Draft | None:
    if not value:
        return within
    body = {
        "resourceType": "Location",
        "identifier": [{"system": system, "value": value}],
        "name": name or value,
        "mode": "instance",
        "physicalType": {"coding": [{"system": LOCATION_TYPE, "code": type}]},
        "partOf": within,
    }
    return Draft(Identity.of("Location", system, value), body, stub=True)
