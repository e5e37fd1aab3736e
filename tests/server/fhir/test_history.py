"""https://hl7.org/fhir/R4/http.html#history"""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from server.store.store import open_store

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


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
    assert [each["relation"] for each in second["link"]] == ["self", "first"]


REFUSED = {
    "a parameter that is not known": ("?_sort=x", "not-supported", "history does not know _sort"),
    "a time that is none": ("?_since=yesterday", "invalid", "_since has to be a date or an instant"),
    "a span that is none": ("?_at=2026-13", "invalid", "_at has to be a date or an instant"),
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


SPANS = {
    "all": ("", ["a/3", "a/2", "b/1", "a/1"]),
    "since": ("_since=2026-03-01T10:00:00Z", ["a/3", "a/2"]),
    "since, elsewhere": ("_since=2026-03-01T12:00:00%2B02:00", ["a/3", "a/2"]),
    "since, with a plus that was not encoded": ("_since=2026-03-01T12:00:00+02:00", ["a/3", "a/2"]),
    "since a day": ("_since=2026-03-02", []),
    "at an instant": ("_at=2026-03-01T09:30:00Z", ["b/1", "a/1"]),
    "before everything": ("_at=2026-02", []),
    "within a span": ("_at=2026-03-01T10:00", ["a/2", "b/1"]),
    "the day on which it was deleted": ("_at=2026-03-01", ["a/3", "a/2", "b/1", "a/1"]),
    "afterwards": ("_at=2026-03-05", ["b/1"]),
    "both": ("_since=2026-03-01T09:00:00Z&_at=2026-03-01T09:30:00Z", ["b/1"]),
}


class TestTimes:
    """Versions an hour apart: a at 8, b at 9, a again at 10, and deleted at 11."""

    @pytest.fixture
    def store(self):
        hours = count()
        with closing(open_store("sqlite://", lambda: START + timedelta(hours=next(hours)))) as store:
            yield store

    @pytest.mark.parametrize(("query", "expected"), SPANS.values(), ids=SPANS)
    @pytest.mark.parametrize("path", ["_history", "Patient/_history"])
    async def test_what_was_current_when(self, ask, written, path, query, expected):
        assert await everything(ask, f"{path}?{query}") == expected
        assert await everything(ask, f"{path}?_count=1&{query}") == expected

    async def test_of_one(self, ask, written):
        assert await everything(ask, "Patient/a/_history?_at=2026-03-01T09:30:00Z") == ["a/1"]


async def everything(ask, path):
    """What all pages have."""
    found = []
    while path:
        body = (await ask("GET", path)).json()
        found += [f"{each['request']['url'].split('/')[1]}/{each['response']['etag'][3:-1]}"
                  for each in body.get("entry", ())]  # fmt: skip
        path = next((each["url"] for each in body["link"] if each["relation"] == "next"), None)
    return found


async def test_of_the_system_in_pages(ask, written):
    await ask("PUT", "Organization/o", {"resourceType": "Organization", "id": "o", "name": "x"})

    assert await everything(ask, "_history?_count=2") == ["o/1", "a/3", "a/2", "b/1", "a/1"]
    body = (await ask("GET", "_history")).json()
    assert body["link"] == [{"relation": "self", "url": "http://causeway.test/fhir/_history"}]


class TestScope:
    @pytest.fixture
    def scope(self):
        return "system/Patient.cruds system/Organization.cu"

    async def test_only_what_may_be_searched_for(self, ask, written):
        await ask("PUT", "Organization/o", {"resourceType": "Organization", "id": "o", "name": "x"})

        assert await everything(ask, "_history") == ["a/3", "a/2", "b/1", "a/1"]
        assert (await ask("GET", "Organization/_history")).status_code == 403


class TestNoScope:
    @pytest.fixture
    def scope(self):
        return "system/*.cr openid"

    async def test_of_nothing_at_all(self, ask, issues):
        response = await ask("GET", "_history")

        assert response.status_code == 403
        assert issues(response)[0][2] == "the access token does not allow history-type of anything"
