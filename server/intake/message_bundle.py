"""A FHIR message as drafts, so that it does to what is stored what an HL7 v2 message of the same event does.

https://hl7.org/fhir/R4/messaging.html"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from mappings.fhir.json import Json
from mappings.v2_to_fhir.draft import Draft, Event, Identity, Mapped
from mappings.v2_to_fhir.triggers import TRIGGERS
from server.identity.keys import identities
from server.identity.references import replaced

V2_EVENTS = "http://terminology.hl7.org/CodeSystem/v2-0003"


def taken(header: Json) -> str | None:
    """The ADT event that is told, if it is one that can be; merges need what only MRG says."""
    event = header.get("eventCoding", {})
    known = TRIGGERS.get(("ADT", event.get("code", "")))
    return event["code"] if known and not known.change and event.get("system") == V2_EVENTS else None


def mapped(bundle: Json, trigger: str) -> Mapped:
    """The message after its header. It happened when the Bundle was made, if that is said."""
    header, *others = bundle["entry"]
    identified = [(each, identify(header["resource"], each, place)) for place, each in enumerate(others)]
    names = {name: one.urn for each, (one, *_) in identified for name in called(each)}
    drafts = tuple(draft(each["resource"], known, names) for each, known in identified)
    return Mapped(Event(trigger, at(bundle.get("timestamp"))), drafts)


def identify(header: Json, entry: Json, place: int) -> tuple[Identity, ...]:
    """By its identifiers, those first that identify for certain; else by what the sender calls it; else it is new."""
    body = entry["resource"]
    type, endpoint = body["resourceType"], header["source"]["endpoint"]
    certain = [Identity(type, key.partition("?")[2]) for key in identities(body)]
    if certain:
        return tuple(certain)
    if known := next(numbered(body), None):
        return (Identity.of(type, *known),)
    if name := body.get("id") or entry.get("fullUrl"):
        return (Identity.among(type, endpoint, name),)
    return (Identity.among(type, endpoint, header["id"], place),)


def numbered(body: Json) -> Iterator[tuple[str, str]]:
    listed = body.get("identifier", ())
    for each in listed if isinstance(listed, list) else (listed,):
        if "system" in each and "value" in each and each.get("use") != "old":
            yield each["system"], each["value"]


def called(entry: Json) -> Iterator[str]:
    """What the other entries may refer to it by. https://hl7.org/fhir/R4/bundle.html#references"""
    if "fullUrl" in entry:
        yield entry["fullUrl"]
    if "id" in entry["resource"]:
        yield f"{entry['resource']['resourceType']}/{entry['resource']['id']}"


def draft(body: Json, known: tuple[Identity, ...], names: Mapping[str, str]) -> Draft:
    told = {name: value for name, value in body.items() if name not in {"resourceType", "id", "meta"}}
    return Draft(known[0], replaced(told, names), also=known[1:])


def at(timestamp: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(timestamp) if timestamp else None
    except ValueError:  # a leap second
        return None
