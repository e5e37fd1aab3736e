"""Links within a transaction: what entries call each other becomes what they are stored as.

Only what R4 names as a link is one: references, elements of type uri, url, oid and uuid, and what a narrative links to
or shows. The same text elsewhere, such as an identifier's value, is data. https://hl7.org/fhir/R4/http.html#trules"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mappings.fhir.json import Json
from mappings.fhir.r4.tables import children, resource_types

CONDITIONAL = re.compile(r"[A-Z][A-Za-z]+\?.+")
"""``Patient?identifier=...``: whichever resource meets the criteria."""

ADDRESSES = frozenset({"uri", "url", "oid", "uuid"})

_RESTFUL = re.compile(r"(https?://.+/)[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
_SHOWN = re.compile(r"""((?:href|src)\s*=\s*(["']))(.*?)(?=\2)""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Links:
    """``names``: entries by their ``fullUrl``, and where they will be. ``find`` is asked what a conditional reference
    means. ``root`` is the server that the entry comes from, if its own ``fullUrl`` names one."""

    names: Mapping[str, str]
    find: Callable[[str], str]
    root: str = ""

    def address(self, text: str) -> str:
        return self.names.get(text, text)

    def reference(self, text: str) -> str:
        """https://hl7.org/fhir/R4/bundle.html#references"""
        found = self.names.get(text) or self.names.get(self.root + text)
        return found or (self.find(text) if CONDITIONAL.fullmatch(text) else text)

    def narrative(self, text: str) -> str:
        return _SHOWN.sub(lambda found: found[1] + self.address(found[3]), text)


def root(full_url: str) -> str:
    """``http://elsewhere/fhir/`` of ``http://elsewhere/fhir/Patient/1``."""
    found = _RESTFUL.fullmatch(full_url)
    return found[1] if found else ""


def resolved(body: Json, links: Links) -> Json:
    """A copy with every link as it will be."""
    return _object(body, "Resource", links)


def _object(value: Json, type: str, links: Links) -> Json:
    if type in {"Resource", "DomainResource"}:
        type = str(value.get("resourceType"))
        if type not in resource_types():
            return value
    known = types(type)
    return {name: _value(each, _type(type, name, known), links) for name, each in value.items()}


def _type(owner: str, name: str, known: Mapping[str, str]) -> str:
    if name.startswith("_"):
        return "Element"
    return "reference" if (owner, name) == ("Reference", "reference") else known.get(name, "")


def _value(value: Any, type: str, links: Links) -> Any:
    if isinstance(value, list):
        return [_value(each, type, links) for each in value]
    if isinstance(value, dict):
        return _object(value, type, links) if type else value
    if not isinstance(value, str):
        return value
    return _text(value, type, links)


def _text(value: str, type: str, links: Links) -> str:
    match type:
        case "reference":
            return links.reference(value)
        case "xhtml":
            return links.narrative(value)
        case _:
            return links.address(value) if type in ADDRESSES else value


@cache
def types(owner: str) -> Mapping[str, str]:
    """By an element's name in JSON: where the elements of its type are found."""
    return {name: type for options in children(owner).values() for name, type in options}
