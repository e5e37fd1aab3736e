"""https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-status.html,
https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-events.html"""

from datetime import UTC, datetime

import httpx
import pytest

from server.app import application
from server.auth.gate import Principal
from server.auth.scopes import parse


@pytest.fixture
async def ask(world):
    """Of the server, as a client whose scopes are given."""

    async def asked(path, scope="system/*.rs", **parameters):
        who = Principal("default", "app", parse(scope))
        app = application(
            world.store,
            base_url="http://causeway.test",
            clock=lambda: datetime.fromtimestamp(world.now, UTC),
            authenticate=lambda _: who,
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://causeway.test/fhir/"
        ) as client:
            return await client.get(path, params=parameters)

    return asked


@pytest.fixture
def heard(world, subscribed):
    """One that has heard of three events, and one that cannot be reached."""
    world.put("Subscription", "s", subscribed())
    world.put("Subscription", "t", subscribed(endpoint="http://dead.test/"))
    world.failing.add("http://dead.test/")
    world.settle()
    for each in "abc":
        world.encounter(each, "in-progress")
    world.settle()


def values(resource):
    found = {}
    for each in resource["parameter"]:
        found.setdefault(each["name"], []).append(next(value for key, value in each.items() if key != "name"))
    return found


STATUS = {
    "one": ("Subscription/s/$status", {}, [("s", "active", "3")]),
    "all": ("Subscription/$status", {}, [("s", "active", "3"), ("t", "error", "0")]),
    "by id": ("Subscription/$status", {"id": "t"}, [("t", "error", "0")]),
    "by status": ("Subscription/$status", {"status": "active"}, [("s", "active", "3")]),
    "none": ("Subscription/$status", {"id": "t", "status": "active"}, []),
}


@pytest.mark.parametrize(("path", "parameters", "expected"), STATUS.values(), ids=STATUS)
async def test_status(ask, heard, path, parameters, expected):
    body = (await ask(path, **parameters)).json()

    told = [values(each["resource"]) for each in body.get("entry", ())]
    assert (body["type"], body["total"]) == ("searchset", len(expected))
    assert [
        (
            each["subscription"][0]["reference"].rpartition("/")[2],
            each["status"][0],
            each["events-since-subscription-start"][0],
        )
        for each in told
    ] == expected
    assert all(each["type"] == ["query-status"] for each in told)


EVENTS = {
    "all": ({}, ["1", "2", "3"], ["Encounter/a", "Encounter/b", "Encounter/c"]),
    "since": ({"eventsSinceNumber": "2"}, ["2", "3"], ["Encounter/b", "Encounter/c"]),
    "until": ({"eventsUntilNumber": "1"}, ["1"], ["Encounter/a"]),
    "one, without saying what": ({"eventsSinceNumber": "2", "eventsUntilNumber": "2", "content": "empty"}, ["2"], []),
}


@pytest.mark.parametrize(("parameters", "numbers", "keys"), EVENTS.values(), ids=EVENTS)
async def test_events(ask, heard, parameters, numbers, keys):
    body = (await ask("Subscription/s/$events", **parameters)).json()

    status, *others = body["entry"]
    told = values(status["resource"])
    assert (body["type"], told["type"]) == ("history", ["query-event"])
    assert [part[0]["valueString"] for part in told["notification-event"]] == numbers
    assert [each["request"]["url"] for each in others] == keys


async def test_whole_resources(ask, heard):
    body = (await ask("Subscription/s/$events", content="full-resource")).json()

    assert [each["resource"]["id"] for each in body["entry"][1:]] == ["a", "b", "c"]


async def test_events_that_may_not_be_read_are_left_out(ask, heard):
    body = (await ask("Subscription/s/$events", "system/Subscription.rs", content="full-resource")).json()

    assert "notification-event" not in values(body["entry"][0]["resource"])
    assert body["entry"][1:] == []


REFUSED = {
    "no number": ("Subscription/s/$events", {"eventsSinceNumber": "x"}, "system/*.rs", 400),
    "no content": ("Subscription/s/$events", {"content": "all"}, "system/*.rs", 400),
    "nobody's": ("Subscription/x/$status", {}, "system/*.rs", 404),
    "not allowed": ("Subscription/s/$status", {}, "system/Encounter.rs", 403),
    "not allowed either": ("Subscription/$status", {}, "system/Encounter.rs", 403),
    "of one, by another": ("Subscription/s/$status", {"id": "t"}, "system/*.rs", 400),
}


@pytest.mark.parametrize(("path", "parameters", "scope", "status"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, heard, path, parameters, scope, status):
    answer = await ask(path, scope, **parameters)

    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


async def test_topics_are_declared(ask):
    rest = (await ask("metadata")).json()["rest"][0]
    [row] = [each for each in rest["resource"] if each["type"] == "Subscription"]

    assert "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic" in [
        each["valueCanonical"] for each in row["extension"]
    ]
    assert row["supportedProfile"] == [
        "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription"
    ]
    assert {"status", "events"} <= {each["name"] for each in row["operation"]}
