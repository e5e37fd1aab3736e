"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

import json

import httpx
import pytest

from server import changes
from server.app import application
from server.auth.gate import Principal
from server.auth.scopes import parse
from server.fhir.outcome import Unauthorized
from server.fhir.resource import prepare
from server.store.entry import Entry, Key

ANN = {"reference": "Patient/ann"}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A stream ends soon."""
    monkeypatch.setattr(changes, "LASTS", 0.2)
    monkeypatch.setattr(changes, "LOOK", 0.02)


def put(store, type, id, **body):
    key, sent = Key(type, id), {"resourceType": type, "id": id, **body}

    def fold(snapshot):
        write = prepare(snapshot, sent, base=snapshot.read(key))
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "", "test", (write,))

    store.submit("default", fold).result()


async def listen(store, scope="system/*.rs", authenticate=None, **headers):
    who = Principal("default", "app", parse(scope))
    app = application(store, base_url="http://causeway.test", authenticate=authenticate or (lambda _: who))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://causeway.test") as client:
        return await client.get("/changes", headers={name.replace("_", "-"): value for name, value in headers.items()})


def heard(answer):
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [
        dict(line.split(": ", 1) for line in each.split("\n")) for each in answer.text.split("\n\n") if "id: " in each
    ]
    return [(each["id"], [one["reference"] for one in json.loads(each["data"])]) for each in events]


@pytest.fixture
def changed(store):
    put(store, "Patient", "ann", gender="female")
    put(store, "Patient", "ben", gender="male")
    put(store, "Encounter", "e", status="planned", **{"class": {"code": "AMB"}}, subject=ANN)
    return store


CASES = {
    "everything": ("system/*.rs", "0", [("1", ["Patient/ann"]), ("2", ["Patient/ben"]), ("3", ["Encounter/e"])]),
    "after what was heard last": ("system/*.rs", "2", [("3", ["Encounter/e"])]),
    "of a type": ("system/Encounter.rs", "0", [("3", ["Encounter/e"])]),
    "of some": ("system/Patient.rs?gender=male", "0", [("2", ["Patient/ben"])]),
    "of nobody": ("patient/*.rs", "0", []),
}


@pytest.mark.parametrize(("scope", "after", "expected"), CASES.values(), ids=CASES)
async def test_what_is_heard(changed, scope, after, expected):
    assert heard(await listen(changed, scope, last_event_id=after)) == expected


async def test_from_now_on(changed):
    assert heard(await listen(changed)) == []


@pytest.mark.parametrize("given", ["x", "99", "-1"])
async def test_an_id_that_was_never_given(changed, given):
    assert (await listen(changed, last_event_id=given)).status_code == 400


async def test_a_token_is_needed(changed):
    def nobody(_):
        raise Unauthorized("an access token is needed")

    assert (await listen(changed, authenticate=nobody)).status_code == 401


async def test_it_ends_with_the_token(changed, monkeypatch):
    monkeypatch.setattr(changes, "LASTS", 60)
    monkeypatch.setattr(changes, "BEAT", 0.05)
    asked = []

    def good_for_a_while(_):
        asked.append(True)
        if len(asked) > 3:
            raise Unauthorized("the access token is not valid any more")
        return Principal("default", "app", parse("system/*.rs"))

    assert heard(await listen(changed, authenticate=good_for_a_while, last_event_id="2")) == [("3", ["Encounter/e"])]


async def test_only_so_many_listen(changed, monkeypatch):
    monkeypatch.setattr(changes, "LISTENERS", 0)

    assert (await listen(changed)).status_code == 429
