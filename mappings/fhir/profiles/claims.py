"""The profiles that a resource says it conforms to; in a Bundle, each resource for itself.

https://hl7.org/fhir/R4/resource-definitions.html#Meta.profile"""

from collections.abc import Iterator
from typing import NamedTuple

from mappings.fhir.json import Json
from mappings.fhir.profiles.definition import canonical


class Claim(NamedTuple):
    """``place`` is where the resource stands: ``Bundle.entry[2].resource``."""

    place: str
    resource: Json
    url: str


def claims(resource: Json, place: str = "") -> Iterator[Claim]:
    """Of a resource that is sound in R4."""
    place = place or resource["resourceType"]
    for url in resource.get("meta", {}).get("profile", ()):
        yield Claim(place, resource, canonical(url))
    for index, each in enumerate(resource.get("contained", ())):
        yield from claims(each, f"{place}.contained[{index}]")
    if resource["resourceType"] == "Bundle":
        for index, entry in enumerate(resource.get("entry", ())):
            if "resource" in entry:
                yield from claims(entry["resource"], f"{place}.entry[{index}].resource")
