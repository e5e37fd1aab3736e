"""https://hl7.org/fhir/R4/searchparameter.html: what is stored adds to what can be searched by, and what was
there before is found by it."""

import pytest

from server.fhir import registry
from server.fhir.added import Known, decoded, noted, rows
from server.fhir.registry import Added
from server.fhir.reindexing import Reindexing

COLOUR = {
    "resourceType": "SearchParameter",
    "id": "colour",
    "url": "urn:test:colour-parameter",
    "name": "Colour",
    "description": "A favourite colour",
    "status": "active",
    "code": "colour",
    "base": ["Patient"],
    "type": "token",
    "expression": "Patient.extension('urn:test:colour').value",
}


def person(id, colour):
    return {"resourceType": "Patient", "id": id, "extension": [{"url": "urn:test:colour", "valueCode": colour}]}


@pytest.fixture(autouse=True)
def nothing_added():
    yield
    registry.add(Added())


@pytest.fixture
def follow(store):
    """What the worker does: every entry that it has not seen yet."""
    seen = [0]

    def handle():
        for entry in store.tail("default", seen[0], 1000):
            Reindexing(store.engine, "default", wait=lambda _: None).handle(entry)
            seen[0] = entry.seq

    return handle


async def found(ask, query):
    """The ids; None when the parameter is not known."""
    body = (await ask("GET", query)).json()
    entries = body.get("entry", ())
    if any(each["search"]["mode"] == "outcome" for each in entries):
        return None
    return [each["resource"]["id"] for each in entries]


async def put(ask, body):
    response = await ask("PUT", f"{body['resourceType']}/{body['id']}", body)
    assert response.status_code in {200, 201}, response.text


async def told(ask):
    rest = (await ask("GET", "metadata")).json()["rest"][0]
    (patient,) = (each for each in rest["resource"] if each["type"] == "Patient")
    return "colour" in {each["name"] for each in patient["searchParam"]}


async def test_from_the_first_to_the_last(ask, follow):
    await put(ask, person("before", "red"))
    await put(ask, COLOUR)
    assert await found(ask, "Patient?colour=red") is None
    assert not await told(ask)

    follow()
    await put(ask, person("after", "red"))
    await put(ask, person("blue", "blue"))
    assert await found(ask, "Patient?colour=red") == ["before", "after"]
    assert await found(ask, "Patient?colour:not=red") == ["blue"]
    assert await told(ask)

    await put(ask, {**COLOUR, "expression": "Patient.extension('urn:test:shade').value"})
    follow()
    assert await found(ask, "Patient?colour=red") == []

    await ask("DELETE", "SearchParameter/colour")
    follow()
    assert await found(ask, "Patient?colour=red") is None
    assert not await told(ask)


async def test_who_did_not_know_is_mended(ask, follow, monkeypatch):
    monkeypatch.setattr(Known, "look", lambda _: None)
    await put(ask, COLOUR)
    follow()
    known = registry.added()
    registry.add(Added())
    await put(ask, person("late", "red"))
    registry.add(known)
    assert await found(ask, "Patient?colour=red") == []

    follow()
    assert await found(ask, "Patient?colour=red") == ["late"]


async def test_is_written_before_it_is_searched_by(ask, store):
    """Between the two, what was stored before gets its terms; meanwhile nobody finds a part."""
    await put(ask, COLOUR)
    states = []

    def waiting(_):
        states.append(decoded(noted(store.engine, "default")))

    Reindexing(store.engine, "default", waiting).change()
    (during,) = states
    assert (during.searched, list(during.pending["Patient"])) == ({}, ["colour"])
    assert list(registry.added().searched["Patient"]) == ["colour"]


async def test_what_came_with_the_store_is_taken_too(ask, store):
    await put(ask, COLOUR)
    await put(ask, person("one", "red"))
    *_, last = store.tail("default", 0, 1000)

    Reindexing(store.engine, "default", lambda _: None).handle(last)

    assert await found(ask, "Patient?colour=red") == ["one"]


async def test_another_process_learns_of_it(ask, store, follow):
    await put(ask, COLOUR)
    follow()
    registry.add(Added())
    seconds = [0.0]
    known = Known(store.engine, "default", lambda: seconds[0])

    known.look()
    assert "colour" in registry.resource_type("Patient").parameters
    await ask("DELETE", "SearchParameter/colour")
    follow()
    registry.add(Added(pending={"Patient": {}}))
    known.look()
    assert "Patient" in registry.added().pending, "not looked at again at once"
    seconds[0] = 2.0
    known.look()
    assert registry.added() == Added()


class TestScope:
    @pytest.fixture
    def scope(self):
        return "system/*.cud system/Patient.rs?colour=red system/SearchParameter.r"

    async def test_a_scope_may_name_it(self, ask, follow):
        await put(ask, COLOUR)
        await put(ask, person("one", "red"))
        await put(ask, person("other", "blue"))
        assert (await ask("GET", "Patient")).status_code == 403
        follow()

        assert await found(ask, "Patient?_id=one,other") == ["one"]


UNUSED = {
    "draft": {"status": "draft"},
    "retired": {"status": "retired"},
    "another kind": {"type": "composite"},
    "no expression": {"expression": ""},
    "no FHIRPath": {"expression": "Patient.("},
    "richer than what has types": {"expression": "Patient.name.repeat(given)"},
    "costly": {"expression": "Patient.descendants()"},
    "a pattern": {"expression": "Patient.name.where(family.matches('(a+)+b'))"},
    "very long": {"expression": "Patient.id" + " | Patient.id" * 200},
    "a strange code": {"code": "_colour"},
    "what R4 has already": {"code": "gender"},
    "no such type": {"base": ["Banana"]},
}


@pytest.mark.parametrize("change", UNUSED.values(), ids=UNUSED)
def test_adds_nothing(change):
    assert rows([COLOUR])["Patient"].keys() == {"colour"}
    assert rows([{**COLOUR, **change}]) == {}


def test_of_every_type():
    found = rows([{**COLOUR, "base": ["DomainResource"], "expression": "DomainResource.extension('urn:x').value"}])

    assert "Patient" in found
    assert "Bundle" not in found
