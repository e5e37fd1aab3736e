"""What cannot be kept is refused when it is written. https://hl7.org/fhir/R4/subscription.html"""

import pytest

from server.fhir.outcome import Unprocessable
from server.store.entry import Key
from server.subscriptions.subscription import problems, read

FOREIGN = {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.topic", "valueUri": "urn:x"}

REFUSED = {
    "no topic": ({"criteria": "http://example.org/topic"}, {}, "criteria"),
    "no search": ({"criteria": "Encounter?banana=1"}, {}, "criteria"),
    "a search for no type": ({"criteria": "Pation?name=x"}, {}, "criteria"),
    "a filter that the topic has not": ({"filters": ("Encounter?status=planned",)}, {}, "criteria.extension"),
    "a topic without content": ({"content": None}, {}, "channel.payload"),
    "another content": ({"content": "everything"}, {}, "channel.payload"),
    "another channel": ({}, {"type": "email"}, "channel.type"),
    "XML": ({}, {"payload": "application/fhir+xml"}, "channel.payload"),
    "no endpoint": ({"endpoint": None}, {}, "channel.endpoint"),
    "a file": ({"endpoint": "file:///etc/passwd"}, {}, "channel.endpoint"),
    "somebody's name": ({"endpoint": "https://me:secret@app.test/"}, {}, "channel.endpoint"),
    "no port": ({"endpoint": "https://app.test:banana/"}, {}, "channel.endpoint"),
    "the connection's header": ({}, {"header": ["Host: elsewhere"]}, "channel.header"),
    "two headers in one": ({}, {"header": ["X: y\r\nHost: elsewhere"]}, "channel.header"),
    "no header": ({}, {"header": ["nothing"]}, "channel.header"),
    "extensions of another version": ({}, {"extension": [FOREIGN]}, "extension"),
}


@pytest.mark.parametrize(("how", "channel", "place"), REFUSED.values(), ids=REFUSED)
def test_refused(subscribed, how, channel, place):
    body = subscribed(**how)
    body["channel"].update(channel)
    body["channel"] = {name: value for name, value in body["channel"].items() if value is not None}

    [issue] = problems(body)

    assert (issue.code, issue.expression) == ("not-supported", f"Subscription.{place}")


def test_it_is_refused_whoever_writes_it(world, subscribed):
    with pytest.raises(Unprocessable):
        world.put("Subscription", "s", subscribed("http://example.org/topic"))


def test_what_it_says(subscribed):
    body = subscribed(filters=("patient=ann",), header=["Authorization: Bearer x"], timeout=3, max_count=5)
    found = read({**body, "end": "2027-01-01T00:00:00Z"}, Key("Subscription", "s"))

    assert problems(body) == ()
    assert (found.filters, found.headers) == ((("patient", "ann"),), (("Authorization", "Bearer x"),))
    assert (found.wait, found.most, found.heartbeat, found.end) == (3, 5, 0, "2027-01-01T00:00:00Z")


BOUNDED = {"wait": ("timeout", 3600, 10), "most": ("max_count", 10_000, 20)}


@pytest.mark.parametrize(("name", "asked", "given"), BOUNDED.values(), ids=BOUNDED)
def test_it_is_bounded(subscribed, name, asked, given):
    found = read(subscribed(**{name: asked}), Key("Subscription", "s"))

    assert {"timeout": found.wait, "max_count": found.most}[name] == given
