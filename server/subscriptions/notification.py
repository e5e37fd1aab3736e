"""Notifications as Bundles: what is the matter with a subscription, and what happened.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/notifications.html"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from mappings.fhir.json import Json, dumps
from server.fhir.bundle import raw
from server.fhir.resource import instant
from server.store.entry import Version
from server.subscriptions.events import Event
from server.subscriptions.subscription import BACKPORT, Subscribed

STATUS_PROFILE = f"{BACKPORT}/backport-subscription-status-r4"

Told = tuple[Event, Version | None]
"""An event, and the resource as it was left, for who wants it whole."""


def notification(
    base: str, subscribed: Subscribed, type: str, at: datetime, events: Sequence[Told] = (), count: int = 0
) -> bytes:
    """``type`` is of http://hl7.org/fhir/uv/subscriptions-backport/ValueSet/backport-notification-type-value-set."""
    told = status(base, subscribed, type, [event for event, _ in events], count)
    request = {"method": "GET", "url": f"{base}/{subscribed.key}/$status"}
    first = {"fullUrl": f"urn:uuid:{uuid4()}", "resource": told, "request": request, "response": {"status": "200"}}
    entry = [first, *entries(base, subscribed.content, events)]
    return dumps({"resourceType": "Bundle", "type": "history", "timestamp": instant(at), "entry": entry})


def entries(base: str, content: str, events: Iterable[Told]) -> Iterator[Json]:
    """Each resource's newest event: a Bundle holds it once."""
    if content == "empty":
        return
    for event, version in {event.key: (event, version) for event, version in events}.values():
        body = {"resource": raw(version.body)} if version and content == "full-resource" else {}
        created = event.version == 1
        yield {
            "fullUrl": f"{base}/{event.key}",
            **body,
            "request": {"method": "PUT", "url": str(event.key)},
            "response": {"status": "201" if created else "200"},
        }


def status(base: str, subscribed: Subscribed, type: str, events: Sequence[Event], count: int) -> Json:
    """https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription-status-r4.html"""
    named = subscribed.topic.url and subscribed.content != "empty"
    topic = [{"name": "topic", "valueCanonical": subscribed.topic.url}] if named else []
    return {
        "resourceType": "Parameters",
        "id": str(uuid4()),
        "meta": {"profile": [STATUS_PROFILE]},
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": f"{base}/{subscribed.key}"}},
            *topic,
            {"name": "status", "valueCode": subscribed.status},
            {"name": "type", "valueCode": type},
            {"name": "events-since-subscription-start", "valueString": str(count)},
            *(happened(base, subscribed.content, each) for each in events),
        ],
    }


def happened(base: str, content: str, event: Event) -> Json:
    focus = {"name": "focus", "valueReference": {"reference": f"{base}/{event.key}"}}
    return {
        "name": "notification-event",
        "part": [
            {"name": "event-number", "valueString": str(event.number)},
            {"name": "timestamp", "valueInstant": instant(event.at)},
            *([] if content == "empty" else [focus]),
        ],
    }
