"""Subscription/1/$events: what a subscriber may have missed.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-events.html"""

from collections.abc import Iterator
from dataclasses import replace

from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.operations.parameters import Arguments, Parameter, arguments
from server.fhir.outcome import FhirError, Invalid, Issue
from server.subscriptions import progress, subscription
from server.subscriptions.events import Event
from server.subscriptions.notification import Told, notification
from server.subscriptions.progress import Progress
from server.subscriptions.subscription import CONTENTS

EVENTS = (
    Parameter("eventsSinceNumber", "string"),
    Parameter("eventsUntilNumber", "string"),
    Parameter("content", "code"),
)
LARGEST = 10**18


def subscription_events(gated: GatedStore, request: Request) -> Answer:
    """The last events that are remembered, as far as they were asked for and whoever asks may read them."""
    given = arguments(request, EVENTS)
    version = gated.read("Subscription", request.id)
    subscribed = subscription.of(version)
    known = progress.of(gated.ungated, gated.principal.tenant, version.key) or Progress(seq=0)
    content = given.one("content") or subscribed.content or "id-only"
    if content not in CONTENTS:
        raise Invalid(Issue(f"content is one of {', '.join(CONTENTS)}", code="value"))
    wanted = numbered(given)
    events = list(told(gated, [each for each in known.recent if each.number in wanted]))
    shown = replace(subscribed, content=content)
    return Answer(200, notification(request.base, shown, "query-event", request.now, events, known.count))


def numbered(given: Arguments) -> range:
    return range(number(given, "eventsSinceNumber", 0), number(given, "eventsUntilNumber", LARGEST) + 1)


def number(given: Arguments, name: str, otherwise: int) -> int:
    text = given.one(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdecimal() and int(text) <= LARGEST):
        raise Invalid(Issue(f"{name} is the number of an event", code="value"))
    return int(text)


def told(gated: GatedStore, events: list[Event]) -> Iterator[Told]:
    for each in events:
        try:
            yield each, gated.vread(*each.key, each.version)
        except FhirError:
            continue
