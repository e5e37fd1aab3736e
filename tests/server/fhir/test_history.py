"""https://hl7.org/fhir/R4/http.html#history"""

import pytest


@pytest.fixture
async def written(ask, patient):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})
    await ask("PUT", "Patient/b", {**patient, "id": "b"})
    await ask("PUT", "Patient/a", {**patient, "id": "a", "active": True})
    await ask("DELETE", "Patient/a")


def told(entry):
    return entry["request"]["method"], entry["request"]["url"], entry["response"]["status"], entry["response"]["etag"]


async def test_of_a_resource_newest_first(ask, written):
    body = (await ask("GET", "Patient/a/_history")).json()

    assert (body["resourceType"], body["type"]) == ("Bundle", "history")
    assert body["link"] == [{"relation": "self", "url": "http://causeway.test/fhir/Patient/a/_history"}]
    assert [told(each) for each in body["entry"]] == [
        ("DELETE", "Patient/a", "204", 'W/"3"'),
        ("PUT", "Patient/a", "200", 'W/"2"'),
        ("PUT", "Patient/a", "201", 'W/"1"'),
    ]
    assert "resource" not in body["entry"][0]
    assert body["entry"][1]["resource"]["active"] is True
    assert body["entry"][2]["fullUrl"] == "http://causeway.test/fhir/Patient/a"
    assert body["entry"][2]["response"]["lastModified"] == "2026-03-01T08:00:00.000Z"


async def test_of_a_type_in_pages(ask, written):
    first = (await ask("GET", "Patient/_history?_count=3")).json()
    following = next(each["url"] for each in first["link"] if each["relation"] == "next")
    second = (await ask("GET", following)).json()

    entries = [*first["entry"], *second["entry"]]
    assert [told(each)[1:] for each in entries] == [
        ("Patient/a", "204", 'W/"3"'),
        ("Patient/a", "200", 'W/"2"'),
        ("Patient/b", "201", 'W/"1"'),
        ("Patient/a", "201", 'W/"1"'),
    ]
    assert [each["relation"] for each in second["link"]] == ["self"]


REFUSED = {
    "a parameter that is not known": ("?_at=2026", "not-supported", "history does not know _at"),
    "a cursor that is none": ("?_page=x", "invalid", "_page is not one that this server gave"),
    "a count that is none": ("?_count=-1", "invalid", "_count has to be a whole number"),
}


@pytest.mark.parametrize(("query", "code", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, written, query, code, text):
    response = await ask("GET", f"Patient/a/_history{query}")

    assert response.status_code == 400
    assert issues(response) == [(code, None, text)]


async def test_of_nothing(ask, issues):
    response = await ask("GET", "Patient/nobody/_history")

    assert response.status_code == 404
    assert issues(response) == [("not-found", None, "there is no such resource")]


async def test_a_version_that_was_purged_is_left_out(ask, written, store):
    store.engine.purge("default", store.tail("default", 0, 9), messages=True, versions=True)
    one = (await ask("GET", "Patient/a/_history")).json()
    all_of_them = (await ask("GET", "Patient/_history")).json()

    assert [told(each)[1:] for each in one["entry"]] == [("Patient/a", "204", 'W/"3"')]
    assert [told(each)[1:] for each in all_of_them["entry"]] == [
        ("Patient/a", "204", 'W/"3"'),
        ("Patient/b", "201", 'W/"1"'),
    ]
