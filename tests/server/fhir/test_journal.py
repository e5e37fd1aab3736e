"""However a change comes in, it is one entry of the journal; what is stored is what the journal alone makes of it."""

import pytest

from server.fhir.resource import terms_of
from server.intake.receive import Intake
from server.settings import Settings
from server.store.check import check
from server.store.copy import copy
from server.store.query import Search
from server.store.store import open_engine

MESSAGE = (
    b"MSH|^~\\&|ADT|RIVER|X|Y|20260301080000+0000||ADT^A04|m1|P|2.5.1\rEVN|A04\rPID|1||M1^^^RIVER^MR||Abel^Ann\r"
    b"PV1|1|O|||||||||||||||||V1^^^RIVER^VN\r"
)


def entry(method, url, resource=None):
    return {"request": {"method": method, "url": url}, **({"resource": resource} if resource else {})}


def bundle(type, *entries):
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


GROUP = {"resourceType": "Group", "type": "person", "actual": True}
PATCH = [{"op": "replace", "path": "/actual", "value": False}]
REQUESTS = {
    "create": (("POST", "Group", GROUP), 1),
    "update": (("PUT", "Group/a", {**GROUP, "id": "a", "active": True}), 1),
    "delete": (("DELETE", "Group/a"), 1),
    "transaction": (("POST", "", bundle("transaction", entry("POST", "Group", GROUP), entry("DELETE", "Group/a"))), 1),
    "batch": (("POST", "", bundle("batch", entry("POST", "Group", GROUP), entry("DELETE", "Group/a"))), 2),
    "labels": (("POST", "Group/a/$meta-add", {"resourceType": "Parameters", "parameter": [
        {"name": "meta", "valueMeta": {"tag": [{"system": "urn:t", "code": "x"}]}}]}), 1),
    "read": (("GET", "Group/a"), 0),
    "validate": (("POST", "Group/$validate", GROUP), 0),
}  # fmt: skip


def rebuilt(store):
    """A store made of the journal alone, and the one that serves: what they hold."""
    fresh = open_engine("sqlite://")
    copy(store.engine, fresh)
    both = [held(engine) for engine in (store.engine, fresh)]
    fresh.close()
    return both


def held(engine):
    types = engine.types("default")
    return {type: engine.current("default", type, "", 999) for type in types}, engine.held("default", "", 999)


@pytest.mark.parametrize(("request_", "count"), REQUESTS.values(), ids=REQUESTS)
async def test_a_request_is_an_entry(ask, store, request_, count):
    await ask("PUT", "Group/a", {**GROUP, "id": "a"})
    before = store.last("default")
    response = await ask(*request_)

    assert response.status_code < 300, response.text
    made = store.tail("default", before, 99)
    assert [(each.actor, each.origin) for each in made] == [("a-client", "fhir")] * count
    one, other = rebuilt(store)
    assert one == other
    assert [each.faults for each in check(store.engine, terms_of).values()] == [[], []]


async def test_a_message_is_an_entry_and_the_log_and_history_show_it(ask, store):
    intake = Intake(store, Settings().site_of, "default")
    for origin in ("mllp", "http"):
        intake.receive(MESSAGE.replace(b"|m1|", f"|{origin}|".encode()), origin).result()
    intake.receive(MESSAGE.replace(b"|m1|", b"|mllp|"), "mllp").result()

    assert [each.origin for each in store.tail("default", 0, 99)] == ["mllp", "http"]
    assert [each.about["control_id"] for each in store.messages("default", {}, None, 9)] == ["http", "mllp"]
    (patient,) = store.search("default", Search("Patient")).versions
    told = (await ask("GET", f"Patient/{patient.key.id}/_history")).json()
    assert [each["resource"]["meta"]["versionId"] for each in told["entry"]][-1] == "1"
    one, other = rebuilt(store)
    assert one == other
