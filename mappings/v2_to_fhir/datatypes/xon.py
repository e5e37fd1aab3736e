"""XON, HD, CX of a company: an organization, known by number and authority, else by its name.

https://hl7.org/fhir/R4/organization.html"""

from typing import Any

from mappings.v2.message import Field, Repetition
from mappings.v2_to_fhir.datatypes.cx import kind_of
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.draft import Draft, Identity
from mappings.v2_to_fhir.sender import AUTHORITY, Sender, authority


def organization(node: Field | Repetition, sender: Sender) -> Draft | None:
    """XON-10, in older versions XON-3."""
    value = text(node[10]) or text(node[3])
    if not value:
        return named(text(node[1]))
    system = authority(node[6], sender)
    identifier = {"type": kind_of(token(node[7])), "system": system, "value": value}
    return numbered(identifier, {"name": text(node[1])})


def named(name: str, **more: Any) -> Draft | None:
    """Spelt with other capitals and blanks it is the same."""
    if not name:
        return None
    identity = Identity.among("Organization", " ".join(name.casefold().split()))
    return Draft(identity, {"resourceType": "Organization", "name": name, **more}, stub=True)


def numbered(identifier: dict[str, Any], more: dict[str, Any]) -> Draft:
    """An organization needs a name or an identifier (org-1); this one has the latter."""
    identity = Identity.of("Organization", identifier["system"], identifier["value"])
    return Draft(identity, {"resourceType": "Organization", "identifier": [identifier], **more}, stub=True)


def facility(name: str) -> Draft | None:
    """One that assigns identifiers: its own name identifies it."""
    return numbered({"system": AUTHORITY, "value": name}, {"name": name}) if name else None
