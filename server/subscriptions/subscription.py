"""A Subscription resource as it is worked by, and what makes one that this server cannot keep.

https://hl7.org/fhir/R4/subscription.html, https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription.html"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from mappings.fhir.json import Json, loads
from server.fhir.commit import parameters
from server.fhir.exchange import JSON_TYPES, Parameters
from server.fhir.outcome import FhirError, Issue, Unprocessable
from server.fhir.registry import names
from server.fhir.search.parse import conditions
from server.store.entry import Key, Version
from server.subscriptions.topics import TOPICS, Topic

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
OTHER_VERSIONS = re.compile(r"http://hl7\.org/fhir/[0-9]+\.[0-9]+/")
CONTENTS = ("empty", "id-only", "full-resource")
HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):[ \t]*([\x21-\x7e][\x20-\x7e]{0,4000})")
FORBIDDEN = frozenset({"connection", "content-length", "content-type", "host", "te", "transfer-encoding", "upgrade"})
"""Headers that are the connection's, not the subscriber's, to say."""

LONGEST_WAIT = 10
"""Seconds for one delivery."""
MOST = 20
"""Events in one notification, unless fewer are wanted."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """``content`` "" is R4's own way: the resource itself is sent, or with no ``payload`` nothing."""

    key: Key
    status: str
    topic: Topic
    filters: Parameters
    endpoint: str
    headers: Parameters
    payload: str
    content: str
    wait: int = LONGEST_WAIT
    heartbeat: int = 0
    most: int = MOST
    end: str | None = None

    @property
    def channel(self) -> str:
        """Changes whenever it has to be asked anew whether anybody is there."""
        return sha256(repr((self.endpoint, self.headers, self.payload, self.content)).encode()).hexdigest()


def of(version: Version) -> Subscribed:
    return read(loads(version.body or b"{}"), version.key)


def read(body: Json, key: Key) -> Subscribed:
    """Raises Unprocessable for what cannot be kept."""
    channel = body["channel"]
    topic, content = topic_of(body), content_of(channel)
    if not topic.url:
        content = ""
    elif not content:
        raise refused("a topic's payload content is empty, id-only or full-resource", "Subscription.channel.payload")
    return Subscribed(
        key=key,
        status=body["status"],
        topic=topic,
        filters=tuple(filters(body, topic)),
        endpoint=endpoint(channel),
        headers=tuple(headers(channel)),
        payload=channel.get("payload", ""),
        content=content,
        wait=min(extension(channel, "backport-timeout") or LONGEST_WAIT, LONGEST_WAIT),
        heartbeat=extension(channel, "backport-heartbeat-period") or 0,
        most=min(extension(channel, "backport-max-count") or MOST, MOST),
        end=body.get("end"),
    )


def problems(body: Json) -> Sequence[Issue]:
    """For whoever writes one: all that is wrong must be said then, since nobody is there later."""
    try:
        if any(OTHER_VERSIONS.match(url) for url in extensions(body)):
            raise refused("extensions of another version of FHIR are not understood", "Subscription.extension")
        if body["channel"]["type"] != "rest-hook":
            raise refused("the channel is rest-hook", "Subscription.channel.type")
        if body["channel"].get("payload", "application/json") not in JSON_TYPES:
            raise refused("the payload is application/fhir+json", "Subscription.channel.payload")
        read(body, Key("Subscription", ""))
    except FhirError as error:
        return error.issues
    return ()


def refused(text: str, place: str) -> Unprocessable:
    return Unprocessable(Issue(text, place, "not-supported"))


def extensions(value: Any) -> Iterator[str]:
    """The URLs of all extensions, wherever they are."""
    if isinstance(value, list):
        for each in value:
            yield from extensions(each)
    elif isinstance(value, dict):
        yield from (each["url"] for each in value.get("extension", ()) if "url" in each)
        for each in value.values():
            yield from extensions(each)


def extension(element: Json, name: str) -> Any:
    """The value of an extension of the backport; None if there is none."""
    found = (each for each in element.get("extension", ()) if each.get("url") == f"{BACKPORT}/{name}")
    return next((value for each in found for key, value in each.items() if key.startswith("value")), None)


def topic_of(body: Json) -> Topic:
    """The topic that ``criteria`` names, or the search that it is."""
    criteria = extension(body, "backport-topic-canonical") or body["criteria"]
    type, _, query = criteria.partition("?")
    if type in names():
        searched(type, query)
        return Topic("", type, query)
    found = TOPICS.get(criteria.partition("|")[0])
    if found is None:
        raise refused("there is no such topic, and no such search", "Subscription.criteria")
    return found


def searched(type: str, query: str) -> None:
    """Raises Unprocessable for a search that cannot be decided by the resource alone."""
    try:
        if query:
            conditions(type, parameters(query))
    except FhirError as error:
        raise refused(error.issues[0].diagnostics, "Subscription.criteria") from None


def content_of(channel: Json) -> str:
    found = extension(channel.get("_payload", {}), "backport-payload-content")
    return found if found in CONTENTS else ""


def filters(body: Json, topic: Topic) -> Iterator[tuple[str, str]]:
    """``Encounter?patient=Patient/1``, or with a point, or without the type."""
    criteria = body.get("_criteria", {}).get("extension", ())
    for each in criteria:
        if each.get("url") == f"{BACKPORT}/backport-filter-criteria":
            text = re.sub(rf"^{topic.type}[?.]", "", str(each.get("valueString", "")))
            for name, value in parameters(text):
                if name.partition(":")[0] not in topic.filters or not value:
                    raise refused("the topic cannot be narrowed by this", "Subscription.criteria.extension")
                topic.filters[name.partition(":")[0]](lambda _: (), value)
                yield name, value


def endpoint(channel: Json) -> str:
    """Whether anybody may be called there is decided when the name has become an address."""
    url = channel.get("endpoint", "")
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.fragment or not url.isascii():
        raise refused("the endpoint is an http or https address", "Subscription.channel.endpoint")
    return str(url)


def headers(channel: Json) -> Iterator[tuple[str, str]]:
    for each in channel.get("header", ()):
        found = HEADER.fullmatch(each)
        if not found or found[1].lower() in FORBIDDEN:
            raise refused("a header is Name: value, and none of the connection's own", "Subscription.channel.header")
        yield found[1], found[2]
