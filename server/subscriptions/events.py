"""What an entry of the journal is to a subscriber: decided from the entry, the state before it, and what the subscriber
may see now."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.auth.gate import Principal, reach
from server.fhir.commit import parameters
from server.fhir.search.parse import conditions
from server.store.entry import Entry, Key, Version, Write
from server.store.query import EVERYTHING, NOTHING, All, Query, Search, matches
from server.store.store import Store
from server.subscriptions.subscription import Subscribed
from server.subscriptions.topics import Topic

READING = "r"


@dataclass(frozen=True, slots=True)
class Event:
    """``number`` counts a subscription's events; the resource was changed to ``version`` by the entry ``seq``."""

    number: int
    seq: int
    at: datetime
    type: str
    id: str
    version: int

    @property
    def key(self) -> Key:
        return Key(self.type, self.id)


@dataclass(frozen=True, slots=True)
class Watch:
    """A subscription, ready to look at entries."""

    store: Store
    tenant: str
    topic: Topic
    now: Query
    before: Query
    allowed: Query

    def sees(self, entry: Entry) -> Iterator[Write]:
        """The writes that the subscriber is to hear of."""
        of_type = (each for each in entry.writes if each.key.type == self.topic.type and each.body is not None)
        asked = (each for each in of_type if matches(self.now, each.terms))
        return (each for each in asked if self._was_otherwise(each) and self._is_theirs(each))

    def _was_otherwise(self, write: Write) -> bool:
        """What was not there before was not as it is now."""
        if not self.topic.before or not write.base:
            return True
        previous = self.store.vread(self.tenant, write.key, write.base)
        return previous is None or previous.deleted or matches(self.before, previous.terms)

    def _is_theirs(self, write: Write) -> bool:
        """Then, and still."""
        if self.allowed == EVERYTHING:
            return True
        current = self.store.read(self.tenant, write.key)
        still = current is None or current.deleted or matches(self.allowed, current.terms)
        return still and matches(self.allowed, write.terms)


def watch(store: Store, principal: Principal, subscribed: Subscribed) -> Watch | None:
    """None where the subscriber may read nothing of the kind."""
    allowed = reach(principal, READING, subscribed.topic.type)
    if allowed == NOTHING:
        return None
    topic, tenant = subscribed.topic, principal.tenant

    def find(search: Search) -> Sequence[Version]:
        return store.search(tenant, search).versions

    narrowed = [topic.filters[name.partition(":")[0]](find, value) for name, value in subscribed.filters]
    now = All((asked(topic.type, topic.now), *narrowed))
    return Watch(store, tenant, topic, now, asked(topic.type, topic.before), allowed)


def asked(type: str, query: str) -> Query:
    return conditions(type, parameters(query)) if query else EVERYTHING


def upcoming(
    watch: Watch, tail: Callable[[int], Sequence[Entry]], seq: int, number: int, most: int
) -> tuple[list[Event], int]:
    """The next events after entry ``seq``, and how far the journal was looked at: all events of an entry are told
    together, so there may be more than ``most``."""
    found = list[Event]()
    while len(found) < most and (entries := tail(seq)):
        for entry in entries:
            for write in watch.sees(entry):
                told = (number + len(found) + 1, entry.seq, entry.at, *write.key, write.base + 1)
                found.append(Event(*told))
            seq = entry.seq
            if len(found) >= most:
                break
    return found, seq
