"""A subscriber who takes, or does not take, what it is told; and time that passes when it is told to."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest

from mappings.fhir.json import loads
from server.auth import clients
from server.auth.clients import Client
from server.auth.gate import GatedStore, Principal
from server.auth.scopes import parse
from server.fhir.resource import prepare
from server.store.entry import Entry, Key
from server.store.lease import Lease
from server.store.snapshot import Snapshot
from server.store.store import Store, open_store
from server.subscriptions.duty import Subscriptions, Undelivered
from server.subscriptions.subscription import BACKPORT, Subscribed

BASE = "http://causeway.test/fhir"
START = "http://argonautproject.org/encounters-ig/SubscriptionTopic/encounter-start"
Json = dict[str, Any]


@dataclass
class World:
    """A store with a registered client; ``calls`` are the requests that subscribers have taken."""

    store: Store
    now: float = datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()
    calls: list[tuple[str, str, Json]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    attempts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another process goes on."""
        self.duty = Subscriptions(self.store, "default", BASE, self.send, lambda: self.now)

    def send(self, subscribed: Subscribed, method: str, path: str, body: bytes) -> None:
        self.attempts.append(subscribed.endpoint)
        if subscribed.endpoint in self.failing:
            raise Undelivered("the endpoint answered 503")
        self.calls.append((subscribed.endpoint + path, method, loads(body) if body else {}))

    def settle(self, rounds: int = 3) -> None:
        """What is due is done."""
        lease = Lease(self.store.engine, "test", "test", lambda: datetime.fromtimestamp(self.now, UTC))
        for _ in range(rounds):
            self.duty.advance(lease, Event())
            for each in list(self.duty._busy.values()):
                each.result(10)

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.settle()

    def register(self, client: str, scope: str) -> None:
        jwks = {"keys": [{"kty": "EC"}]}
        at = datetime(2026, 1, 1, tzinfo=UTC)
        known = Client(client_id=client, name=client, tenant="default", scope=scope, registered_at=at, jwks=jwks)
        clients.register(self.store, known, "test")

    def put(self, type: str, id: str, body: Json, client: str = "app") -> None:
        gated = GatedStore(self.store, Principal("default", client, parse("system/*.cruds")))
        sent = {"resourceType": type, "id": id, **body}

        def fold(snapshot: Snapshot) -> Entry:
            write = prepare(snapshot, sent, base=snapshot.read(Key(type, id)))
            return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "", "test", (write,))

        gated.submit(fold)

    def delete(self, type: str, id: str) -> None:
        from server.fhir.resource import deletion  # noqa: PLC0415

        def fold(snapshot: Snapshot) -> Entry:
            base = snapshot.read(Key(type, id))
            assert base
            return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "", "test", (deletion(base),))

        self.store.submit("default", fold).result()

    def encounter(self, id: str, status: str, patient: str = "ann") -> None:
        subject = {"reference": f"Patient/{patient}"}
        self.put("Encounter", id, {"status": status, "class": {"code": "IMP"}, "subject": subject})

    def subscription(self, id: str = "s") -> Json:
        version = self.store.read("default", Key("Subscription", id))
        assert version
        body: Json = loads(version.body or b"{}")
        return body

    def told(self, place: str = "http://app.test/hook") -> list[tuple[str, list[str], list[str]]]:
        """Of each notification: its type, the numbers of its events, and the resources in it."""
        return [told(body) for url, _, body in self.calls if url == place]


def told(bundle: Json) -> tuple[str, list[str], list[str]]:
    first, *others = bundle["entry"]
    named = [(each["name"], each) for each in first["resource"]["parameter"]]
    type = next(each["valueCode"] for name, each in named if name == "type")
    numbers = [each["part"][0]["valueString"] for name, each in named if name == "notification-event"]
    return type, numbers, [each["request"]["url"] for each in others]


@pytest.fixture
def world() -> Iterator[World]:
    with closing(open_store("sqlite://")) as store:
        found = World(store)
        found.register("app", "system/*.cruds")
        yield found


Subscribe = Callable[..., Json]


@pytest.fixture
def subscribed() -> Subscribe:
    """The body of a subscription to a topic."""

    def body(
        criteria: str = START,
        content: str | None = "id-only",
        endpoint: str = "http://app.test/hook",
        filters: tuple[str, ...] = (),
        **channel: Any,
    ) -> Json:
        asked = [{"url": f"{BACKPORT}/backport-filter-criteria", "valueString": each} for each in filters]
        payload = {"_payload": {"extension": [{"url": f"{BACKPORT}/backport-payload-content", "valueCode": content}]}}
        known = {"heartbeat-period": "valueUnsignedInt", "max-count": "valuePositiveInt", "timeout": "valueUnsignedInt"}
        named = {name.replace("_", "-"): value for name, value in channel.items()}
        more = [
            {"url": f"{BACKPORT}/backport-{name}", known[name]: value} for name, value in named.items() if name in known
        ]
        others = {name: value for name, value in channel.items() if name.replace("_", "-") not in known}
        return {
            "status": "requested",
            "reason": "to know",
            "criteria": criteria,
            **({"_criteria": {"extension": asked}} if asked else {}),
            "channel": {
                **({"extension": more} if more else {}),
                "type": "rest-hook",
                "endpoint": endpoint,
                "payload": "application/fhir+json",
                **(payload if content else {}),
                **others,
            },
        }

    return body
