"""Who sent a message, and how its names for authorities and coding systems become FHIR's systems."""

import re
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from urllib.parse import quote

from mappings.v2.message import Component, Field, Message, Repetition
from mappings.v2_to_fhir.site import Site
from mappings.v2_to_fhir.tables import AUTHORITIES, CODE_SYSTEMS

AUTHORITY = "urn:causeway:authority"
"""Itself the system in which an authority's own name identifies the organization."""
CODE_SYSTEM = "urn:causeway:codesystem"
TRANSACTION = "urn:causeway:transaction"
"""Of FT1-2: each sending application counts its own."""

_OID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_TABLE = re.compile(r"(?:HL7)?(\d{4})", re.ASCII)
_URI = re.compile(rf"urn:oid:{_OID.pattern}|urn:uuid:{_UUID.pattern}|(?:https?://|urn:(?!oid:|uuid:)[a-z0-9-]+:)[!-~]+")
_LOCAL = re.compile(r"L|99.*|LOCAL", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Sender:
    """``authority``: the system of identifiers that name none."""

    site: Site
    application: str
    facility: str
    authority: str

    @property
    def zone(self) -> tzinfo:
        return self.site.zone

    def system(self, namespace: str, universal: str, type: str) -> str:
        """Of an assigning authority; the sender's own when there is none."""
        return named_system(namespace, universal, type, self.site) or self.authority

    @property
    def transactions(self) -> str:
        return ":".join(filter(None, (TRANSACTION, urn_part(self.application), urn_part(self.facility))))


def sender_of(message: Message, site: Site) -> Sender:
    """The same one for the same MSH-3 and MSH-4, so that what it is known to mean by a text can be remembered."""
    application, facility = message.segment("MSH")[3], message.segment("MSH")[4]
    return _sender(site, application.text, facility[1].text, facility[2].text, facility[3].text, facility.text)


@lru_cache(maxsize=256)
def _sender(site: Site, application: str, namespace: str, universal: str, type: str, facility: str) -> Sender:
    named = named_system(namespace, universal, type, site)
    return Sender(site, application, facility or universal, site.default_authority or named or f"{AUTHORITY}:unknown")


def authority(hd: Field | Repetition | Component, sender: Sender) -> str:
    """The identifier system of an HD."""
    return sender.system(hd[1].text, hd[2].text, hd[3].text) if hd else sender.authority


def named_system(namespace: str, universal: str, type: str, site: Site) -> str | None:
    """The sender's table, else what is known of it everywhere, else its ISO OID (or UUID or URI), else its name."""
    for table in (site.authorities, AUTHORITIES):
        for name in filter(None, (namespace, universal)):
            if name in table:
                return table[name]
    if universal and (found := _universal(universal, type.upper())):
        return found
    name = namespace or universal
    return f"{AUTHORITY}:{urn_part(name)}" if name else None


def _universal(id: str, type: str) -> str | None:
    if type in ("ISO", "") and _OID.fullmatch(id):
        return f"urn:oid:{id}"
    if type in ("UUID", "GUID") and _UUID.fullmatch(id.lower()):
        return f"urn:uuid:{id.lower()}"
    return id if type == "URI" and _URI.fullmatch(id) else None


def code_system(name: str, sender: Sender) -> str | None:
    """The URI of a coding system (CWE-3, table 0396); a local one is the sender's own."""
    if not name:
        return None
    known = sender.site.systems.get(name) or CODE_SYSTEMS.get(name.upper())
    if known:
        return known
    if _URI.fullmatch(name):
        return name
    if _OID.fullmatch(name):
        return f"urn:oid:{name}"
    if table := _TABLE.fullmatch(name):
        return v2_table(table[1])
    own = (urn_part(sender.facility), urn_part(name)) if _LOCAL.fullmatch(name) else (urn_part(name),)
    return ":".join((CODE_SYSTEM, *filter(None, own)))


def v2_table(number: str) -> str:
    """https://terminology.hl7.org/codesystems-v2.html"""
    return f"http://terminology.hl7.org/CodeSystem/v2-{number}"


def urn_part(text: str) -> str:
    """A name as a part of a URN: a uri holds no blank."""
    return quote(text, safe="-._~@()!$'*+,;=")
