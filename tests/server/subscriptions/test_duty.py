"""At least once, in order, to each at its own pace; and what the subscription says of itself meanwhile."""

import pytest

from server.subscriptions.duty import DEAD

HOOK = "http://app.test/hook"
DELIVERED = ("event-notification", ["1"], ["Encounter/e"])


def test_a_handshake_then_what_happens(world, subscribed):
    world.put("Subscription", "s", subscribed())
    world.encounter("before", "planned")
    world.settle()
    assert world.subscription()["status"] == "active"

    world.encounter("e", "in-progress")
    world.encounter("e", "in-progress")
    world.encounter("e", "finished")
    world.encounter("before", "in-progress")
    world.settle()

    assert world.told() == [
        ("handshake", [], []),
        ("event-notification", ["1", "2"], ["Encounter/e", "Encounter/before"]),
    ]


def test_a_notification_as_the_guide_wants_it(world, subscribed):
    world.put("Subscription", "s", subscribed(content="full-resource"))
    world.settle()
    world.encounter("e", "in-progress")
    world.settle()

    _, method, bundle = world.calls[-1]
    status, entry = bundle["entry"]
    parameter = status["resource"]["parameter"]
    assert (method, bundle["type"]) == ("POST", "history")
    assert status["request"] == {"method": "GET", "url": "http://causeway.test/fhir/Subscription/s/$status"}
    assert status["response"] == {"status": "200"}
    assert [each["name"] for each in parameter] == [
        "subscription",
        "topic",
        "status",
        "type",
        "events-since-subscription-start",
        "notification-event",
    ]
    assert parameter[0]["valueReference"] == {"reference": "http://causeway.test/fhir/Subscription/s"}
    assert parameter[4]["valueString"] == "1"
    assert [each["name"] for each in parameter[5]["part"]] == ["event-number", "timestamp", "focus"]
    assert parameter[5]["part"][2]["valueReference"]["reference"] == entry["fullUrl"]
    assert (entry["resource"]["id"], entry["resource"]["status"]) == ("e", "in-progress")
    assert (entry["request"], entry["response"]) == (
        {"method": "PUT", "url": "Encounter/e"},
        {"status": "201"},
    )


def test_an_empty_one_tells_that_something_happened(world, subscribed):
    world.put("Subscription", "s", subscribed(content="empty"))
    world.settle()
    world.encounter("e", "in-progress")
    world.settle()

    parameter = world.calls[-1][2]["entry"][0]["resource"]["parameter"]
    assert world.told()[-1] == ("event-notification", ["1"], [])
    assert "topic" not in [each["name"] for each in parameter]
    assert [each["name"] for each in parameter[-1]["part"]] == ["event-number", "timestamp"]


NARROWED = {
    "by a patient": (("Encounter?patient=Patient/ann",), ["Encounter/a"]),
    "with a point": (("Encounter.patient=Patient/ben",), ["Encounter/b"]),
    "without the type": (("patient=Patient/ann",), ["Encounter/a"]),
    "by two things at once": (("patient=Patient/ann", "class=EMER"), []),
}


@pytest.mark.parametrize(("filters", "expected"), NARROWED.values(), ids=NARROWED)
def test_filters(world, subscribed, filters, expected):
    world.put("Subscription", "s", subscribed(filters=filters))
    world.settle()
    world.encounter("a", "in-progress", "ann")
    world.encounter("b", "in-progress", "ben")
    world.settle()

    assert [each for _, _, keys in world.told() for each in keys] == expected


def test_what_was_not_taken_comes_again_later_and_later(world, subscribed):
    world.put("Subscription", "s", subscribed())
    world.settle()
    world.failing.add(HOOK)
    world.encounter("e", "in-progress")
    world.settle()
    assert (world.subscription()["status"], world.subscription()["error"]) == ("error", "the endpoint answered 503")

    waits = []
    for _ in range(5):
        tried, waited = len(world.attempts), 0
        while len(world.attempts) == tried:
            world.later(1)
            waited += 1
        waits.append(waited)
    assert waits == [1, 2, 4, 8, 16]

    world.failing.clear()
    world.encounter("f", "in-progress")
    world.later(300)
    assert world.told()[1:] == [("event-notification", ["1", "2"], ["Encounter/e", "Encounter/f"])]
    assert world.subscription()["status"] == "active"
    assert "error" not in world.subscription()


def test_one_that_stays_dead_is_switched_off(world, subscribed):
    world.put("Subscription", "s", subscribed())
    world.settle()
    world.failing.add(HOOK)
    world.encounter("e", "in-progress")
    world.settle()
    while world.now < world.now + DEAD and world.subscription()["status"] == "error":
        world.later(3600)

    assert world.subscription()["error"] == "given up: the endpoint answered 503"
    world.failing.clear()
    world.later(3600)
    assert len(world.told()) == 1


def test_it_can_be_asked_for_again(world, subscribed):
    world.put("Subscription", "s", {**subscribed(), "status": "off"})
    world.encounter("e", "in-progress")
    world.settle()
    assert world.calls == []

    world.put("Subscription", "s", subscribed())
    world.settle()
    world.encounter("f", "in-progress")
    world.settle()
    assert world.told() == [("handshake", [], []), ("event-notification", ["1"], ["Encounter/f"])]


def test_a_dead_one_holds_up_nobody(world, subscribed):
    world.failing.add("http://dead.test/")
    world.put("Subscription", "dead", subscribed(endpoint="http://dead.test/"))
    world.put("Subscription", "s", subscribed())
    world.settle()
    world.encounter("e", "in-progress")
    world.settle()

    assert world.told()[-1] == DELIVERED
    assert world.subscription("dead")["status"] == "error"


@pytest.mark.parametrize("died", ["before it was told", "after it was told"])
def test_another_process_goes_on(world, subscribed, died):
    world.put("Subscription", "s", subscribed(max_count=1))
    world.settle()
    world.encounter("e", "in-progress")
    if died == "after it was told":
        world.settle()
    world.restart()
    world.encounter("f", "in-progress")
    world.settle()

    assert world.told()[1:] == [DELIVERED, ("event-notification", ["2"], ["Encounter/f"])]


def test_what_was_told_but_not_noted_is_told_again(world, subscribed, monkeypatch):
    """The process died between the two: at least once."""
    world.put("Subscription", "s", subscribed())
    world.settle()
    world.encounter("e", "in-progress")
    with monkeypatch.context() as dying:
        dying.setattr("server.subscriptions.progress.keep", lambda *_: 1 / 0)
        world.settle(1)
    assert world.told()[1:] == [DELIVERED]

    world.restart()
    world.settle()
    assert world.told()[1:] == [DELIVERED, DELIVERED]


def test_many_are_told_in_order_and_none_is_left_out(world, subscribed):
    world.put("Subscription", "s", subscribed(max_count=7))
    world.settle()
    for each in range(300):
        world.encounter(f"e{each}", "in-progress")
    world.settle(20)

    told = [(number, key) for _, numbers, keys in world.told() for number, key in zip(numbers, keys, strict=True)]
    assert told == [(str(each + 1), f"Encounter/e{each}") for each in range(300)]
    assert max(len(numbers) for _, numbers, _ in world.told()) == 7


def test_a_heartbeat(world, subscribed):
    world.put("Subscription", "s", subscribed(heartbeat_period=60))
    world.put("Subscription", "silent", subscribed(endpoint="http://silent.test/"))
    world.settle()
    world.later(59)
    assert world.told() == [("handshake", [], [])]
    world.later(2)
    world.later(61)

    assert world.told()[1:] == [("heartbeat", [], [])] * 2
    assert world.told("http://silent.test/") == [("handshake", [], [])]


def test_its_end(world, subscribed):
    world.put("Subscription", "s", {**subscribed(), "end": "2026-03-01T08:01:00Z"})
    world.settle()
    assert world.subscription()["status"] == "active"
    world.later(61)
    assert (world.subscription()["status"], world.subscription()["error"]) == ("off", "it has ended")


def test_another_channel_is_asked_first(world, subscribed):
    world.put("Subscription", "s", subscribed())
    world.settle()
    world.put("Subscription", "s", {**subscribed(endpoint="http://other.test/"), "status": "active"})
    world.encounter("e", "in-progress")
    world.settle()

    assert world.told("http://other.test/") == [("handshake", [], []), DELIVERED]


def test_a_deleted_one_hears_nothing_more(world, subscribed):
    world.put("Subscription", "s", subscribed())
    world.settle()
    world.delete("Subscription", "s")
    world.encounter("e", "in-progress")
    world.settle()

    assert world.told() == [("handshake", [], [])]


PLAIN = {
    "the resource": ({"payload": "application/fhir+json"}, [("http://app.test/hook/Encounter/e", "PUT", "e")]),
    "only that there is one": ({"payload": None}, [("http://app.test/hook", "POST", None)]),
}


@pytest.mark.parametrize(("channel", "expected"), PLAIN.values(), ids=PLAIN)
def test_r4s_own_way(world, subscribed, channel, expected):
    """https://hl7.org/fhir/R4/subscription.html#2.46.7.1"""
    body = subscribed("Encounter?status=in-progress,finished", None, **channel)
    body["channel"] = {name: value for name, value in body["channel"].items() if value}
    world.put("Subscription", "s", body)
    world.settle()
    assert (world.subscription()["status"], world.calls) == ("active", [])
    world.encounter("e", "in-progress")
    world.encounter("f", "planned")
    world.settle()

    assert [(url, method, body.get("id")) for url, method, body in world.calls] == expected


RIGHTS = {
    "of the whole type": ("system/Encounter.rs", ["Encounter/a", "Encounter/b"], "active"),
    "of one patient": ("system/Encounter.rs?patient=ann", ["Encounter/a"], "active"),
    "of another type": ("system/Patient.rs", [], "off"),
    "of nobody who is there": ("patient/*.rs user/*.rs", [], "off"),
}


@pytest.mark.parametrize(("scope", "expected", "status"), RIGHTS.values(), ids=RIGHTS)
def test_only_what_the_subscriber_may_read(world, subscribed, scope, expected, status):
    world.register("narrow", scope)
    world.put("Subscription", "s", subscribed(), "narrow")
    world.settle()
    world.encounter("a", "in-progress", "ann")
    world.encounter("b", "in-progress", "ben")
    world.settle()

    assert [each for _, _, keys in world.told() for each in keys] == expected
    assert world.subscription()["status"] == status


def test_rights_are_those_of_the_time_of_telling(world, subscribed):
    world.register("narrow", "system/Encounter.rs")
    world.put("Subscription", "s", subscribed(), "narrow")
    world.settle()
    world.failing.add(HOOK)
    world.encounter("a", "in-progress", "ann")
    world.encounter("b", "in-progress", "ben")
    world.settle()
    world.register("narrow", "system/Encounter.rs?patient=ben")
    world.failing.clear()
    world.later(10)

    assert world.told()[1:] == [("event-notification", ["1"], ["Encounter/b"])]


def test_a_revoked_client_hears_nothing(world, subscribed):
    world.put("Subscription", "s", subscribed(), "unheard-of")
    world.settle()
    world.encounter("e", "in-progress")
    world.settle()

    assert world.told() == [("handshake", [], [])]
    assert world.subscription()["error"] == "whoever subscribed is no longer registered"


def test_answers_to_prior_authorizations(world, subscribed):
    """https://build.fhir.org/ig/HL7/davinci-pas/Basic-PASSubscriptionTopic.html"""
    pas = "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic"
    world.put("Organization", "clinic", {"identifier": [{"value": "1234567893"}], "name": "Clinic"})
    world.put("Subscription", "s", subscribed(pas, filters=("orgIdentifier=1234567893",)))
    world.settle()
    answer = {
        "status": "active",
        "type": {"text": "professional"},
        "use": "preauthorization",
        "patient": {"reference": "Patient/ann"},
        "created": "2026-03-01",
        "insurer": {"reference": "Organization/payer"},
    }
    mine, by_number = {"reference": "Organization/clinic"}, {"identifier": {"value": "1234567893"}}
    world.put("ClaimResponse", "pended", {**answer, "outcome": "queued", "requestor": mine})
    world.put("ClaimResponse", "pended", {**answer, "outcome": "complete", "requestor": mine})
    world.put("ClaimResponse", "numbered", {**answer, "outcome": "complete", "requestor": by_number})
    world.put(
        "ClaimResponse", "others", {**answer, "outcome": "complete", "requestor": {"reference": "Organization/o"}}
    )
    world.settle()

    assert world.told()[1:] == [
        ("event-notification", ["1", "2"], ["ClaimResponse/pended", "ClaimResponse/numbered"]),
    ]
