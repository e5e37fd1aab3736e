"""https://hl7.org/fhir/R4/http.html#search: several types at once."""

import pytest

ORGANIZATION = {"resourceType": "Organization", "name": "x", "identifier": [{"value": "4711"}]}


@pytest.fixture
async def stored(ask, patient):
    for id in "abc":
        await ask("PUT", f"Patient/{id}", {**patient, "id": id})
    for id in "de":
        await ask("PUT", f"Organization/{id}", {**ORGANIZATION, "id": id})


def ids(body):
    return [each["resource"]["id"] for each in body.get("entry", ()) if each["search"]["mode"] == "match"]


FOUND = {
    "two types": ("_type=Patient,Organization", "deabc"),
    "said twice": ("_type=Patient&_type=Organization", "deabc"),
    "one type": ("_type=Patient", "abc"),
    "by what both have": ("_type=Patient,Organization&identifier=4711", "deabc"),
    "by one's id": ("_type=Patient,Organization&_id=b", "b"),
    "nothing": ("_type=Patient,Organization&_id=x", ""),
}


@pytest.mark.parametrize(("query", "expected"), FOUND.values(), ids=FOUND)
async def test_finds(ask, stored, query, expected):
    body = (await ask("GET", f"?{query}")).json()

    assert (body["type"], "".join(ids(body)), body["total"]) == ("searchset", expected, len(expected))


async def test_by_post(ask, stored):
    response = await ask(
        "POST", "_search?_type=Patient", b"identifier=4711", content_type="application/x-www-form-urlencoded"
    )

    assert "".join(ids(response.json())) == "abc"
    assert response.json()["link"][0]["url"] == "http://causeway.test/fhir?_type=Patient&identifier=4711"


@pytest.mark.parametrize("size", [1, 2, 3, 4])
async def test_in_pages(ask, stored, size):
    path, found = f"?_type=Patient,Organization&_count={size}", []
    while path:
        body = (await ask("GET", path)).json()
        assert len(ids(body)) <= size
        found += ids(body)
        path = next((each["url"] for each in body["link"] if each["relation"] == "next"), None)

    assert "".join(found) == "deabc"


async def test_counted(ask, stored):
    assert (await ask("GET", "?_type=Patient,Organization&_summary=count")).json()["total"] == 5
    some = (await ask("GET", "?_type=Patient,Organization&_count=1&_total=accurate")).json()
    assert (some["total"], len(some["entry"])) == (5, 1)
    assert "total" not in (await ask("GET", "?_type=Patient,Organization&_count=1")).json()


async def test_what_one_of_them_does_not_know_is_asked_of_none(ask, stored):
    lenient = (await ask("GET", "?_type=Patient,Organization&gender=male")).json()
    strict = await ask("GET", "?_type=Patient,Organization&gender=male", Prefer="handling=strict")

    assert "".join(ids(lenient)) == "deabc"
    assert lenient["link"][0]["url"] == "http://causeway.test/fhir?_type=Organization,Patient"
    outcome = next(each["resource"] for each in lenient["entry"] if each["search"]["mode"] == "outcome")
    assert outcome["issue"][0]["diagnostics"] == "search parameter gender is not known"
    assert strict.status_code == 400


REFUSED = {
    "no types": ("", 400, "too-costly", "_type has to name the types to be searched for"),
    "an unknown type": ("_type=Pation", 404, "not-supported", "this resource type is not one of FHIR R4's"),
    "an order": ("_type=Patient&_sort=_id", 400, "not-supported", "_sort needs a search for one type"),
    "what belongs to one": ("_type=Patient&_include=*", 400, "not-supported", "_include needs a search for one type"),
    "a cursor that is none": (
        "_type=Patient&_page=x",
        400,
        "invalid",
        "_page is not one that this server gave for this search",
    ),
    "a cursor of another type": (
        "_type=Patient&_page=Organization:",
        400,
        "invalid",
        "_page is not one that this server gave for this search",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, case):
    query, status, code, text = case
    response = await ask("GET", f"?{query}")

    assert response.status_code == status
    assert issues(response) == [(code, None, text)]


class TestScope:
    @pytest.fixture
    def scope(self):
        return "system/Patient.cruds system/Organization.cud"

    async def test_only_what_may_be_searched_for(self, ask, stored):
        assert "".join(ids((await ask("GET", "?_type=Patient")).json())) == "abc"
        assert (await ask("GET", "?_type=Patient,Organization")).status_code == 403
