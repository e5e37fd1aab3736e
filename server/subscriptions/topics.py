"""What can be subscribed to, a row for each topic. A plain search (``Encounter?status=planned``) is a topic as well.

https://hl7.org/fhir/R5/subscriptiontopic.html, https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from server.fhir.search.parse import conditions
from server.store.entry import Version
from server.store.query import Any, Query, Search, equals, term

Find: TypeAlias = Callable[[Search], Iterable[Version]]
Filter: TypeAlias = Callable[[Find, str], Query]
"""What a value of a filter asks of the resource; it may look for others."""


def by(code: str, type: str) -> Filter:
    """A filter that is a search parameter of the resource."""
    return lambda _, value: conditions(type, ((code, value),))


def of_organization(find: Find, identifier: str) -> Query:
    """The requesting organization, known by its identifier: in the reference itself, or in what it refers to."""
    known = find(Search("Organization", conditions("Organization", (("identifier", identifier),))))
    said = conditions("ClaimResponse", (("requestor:identifier", identifier),))
    return Any((said, *(equals(term("requestor", str(each.key))) for each in known)))


@dataclass(frozen=True, slots=True)
class Topic:
    """Something happened to a resource of ``type``: it is ``now`` as a search says, and ``before`` as another says, or
    was not there. ``filters`` are what a subscriber may narrow it by."""

    url: str
    type: str
    now: str = ""
    before: str = ""
    filters: Mapping[str, Filter] = field(default_factory=dict)


def filters(type: str, *codes: str) -> Mapping[str, Filter]:
    return {code: by(code, type) for code in codes}


ARGONAUT = "http://argonautproject.org/encounters-ig/SubscriptionTopic"
VISIT = filters("Encounter", "patient", "subject", "class", "type", "identifier", "location", "service-provider")

TOPICS: Mapping[str, Topic] = {
    topic.url: topic
    for topic in (
        Topic(f"{ARGONAUT}/encounter-start", "Encounter", "status=in-progress", "status:not=in-progress", VISIT),
        Topic(f"{ARGONAUT}/encounter-end", "Encounter", "status=finished", "status:not=finished", VISIT),
        Topic(
            "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic",
            "ClaimResponse",
            "outcome:not=queued",
            "",
            {
                **filters("ClaimResponse", "patient", "use", "identifier", "requestor", "insurer", "request"),
                "orgIdentifier": of_organization,
            },
        ),
    )
}
"""https://build.fhir.org/ig/HL7/davinci-pas/Basic-PASSubscriptionTopic.html, and the Argonaut project's two."""
