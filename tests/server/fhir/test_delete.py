"""https://hl7.org/fhir/R4/http.html#delete"""

import pytest

from server.fhir.exchange import Rules


async def test_is_gone_and_found_no_more(ask, patient):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})

    response = await ask("DELETE", "Patient/a")

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["etag"] == 'W/"2"'
    assert (await ask("GET", "Patient/a")).status_code == 410
    assert (await ask("GET", "Patient?identifier=4711")).json()["total"] == 0


async def test_twice_or_of_nothing_says_the_same(ask, patient, store):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})
    await ask("DELETE", "Patient/a")
    written = store.last("default")

    again = await ask("DELETE", "Patient/a")
    nothing = await ask("DELETE", "Patient/b")

    assert (again.status_code, nothing.status_code) == (204, 204)
    assert store.last("default") == written


async def test_only_the_version_that_was_meant(ask, issues, patient):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})

    response = await ask("DELETE", "Patient/a", If_Match='W/"7"')

    assert response.status_code == 412
    assert issues(response) == [("conflict", None, "the current version is not the one that If-Match names")]
    assert (await ask("GET", "Patient/a")).status_code == 200


async def test_frees_its_identifiers(ask, patient, store):
    await ask("PUT", "Patient/a", {**patient, "id": "a"})
    held = "Patient?identifier=urn:test:mrn|4711"
    assert str(store.holders("default", [held])[held]) == "Patient/a"

    await ask("DELETE", "Patient/a")
    await ask("PUT", "Patient/b", {**patient, "id": "b"})

    assert str(store.holders("default", [held])[held]) == "Patient/b"


class TestConditional:
    """https://hl7.org/fhir/R4/http.html#cdelete"""

    @pytest.fixture(params=[False, True], ids=["one", "many"])
    def rules(self, request):
        return Rules(deletes_many=request.param)

    async def test_what_meets_the_criteria(self, ask, patient, rules):
        await ask("PUT", "Patient/a", {**patient, "id": "a"})

        done = await ask("DELETE", "Patient?identifier=urn:test:mrn|4711")
        again = await ask("DELETE", "Patient?identifier=urn:test:mrn|4711")

        assert (done.status_code, again.status_code) == (204, 204)
        assert (await ask("GET", "Patient/a")).status_code == 410

    async def test_several(self, ask, store, patient, rules):
        for id in "abc":
            await ask("PUT", f"Patient/{id}", {**patient, "id": id, "active": id != "c"})
        before = store.last("default")

        response = await ask("DELETE", "Patient?identifier=4711&active=true")

        left = {each["resource"]["id"] for each in (await ask("GET", "Patient")).json()["entry"]}
        assert (response.status_code, left) == ((204, {"c"}) if rules.deletes_many else (412, {"a", "b", "c"}))
        assert store.last("default") == before + rules.deletes_many

    async def test_in_a_transaction(self, ask, patient, rules):
        for id in "ab":
            await ask("PUT", f"Patient/{id}", {**patient, "id": id})
        entries = [{"request": {"method": "DELETE", "url": f"Patient?identifier={each}"}} for each in ("4711", "none")]

        response = await ask("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})

        if rules.deletes_many:
            assert [each["response"]["status"] for each in response.json()["entry"]] == ["204 No Content"] * 2
        assert response.status_code == (200 if rules.deletes_many else 412)

    async def test_without_criteria(self, ask, patient):
        await ask("PUT", "Patient/a", {**patient, "id": "a"})

        for query in ("", "?_count=1", "?unknown=1", "?_format=json", "?_pretty=true&_format=json"):
            assert (await ask("DELETE", f"Patient{query}")).status_code == 400
        assert (await ask("GET", "Patient/a")).status_code == 200

    async def test_told_in_the_statement(self, ask, rules):
        rows = (await ask("GET", "metadata")).json()["rest"][0]["resource"]

        assert {each["conditionalDelete"] for each in rows} == {"multiple" if rules.deletes_many else "single"}


class TestNamed:
    """https://www.rfc-editor.org/rfc/rfc6585#section-3"""

    @pytest.fixture
    def rules(self):
        return Rules(needs_version=True)

    async def test_what_is_there_is_changed_only_by_its_version(self, ask, issues, patient):
        body = {**patient, "id": "a"}
        assert (await ask("PUT", "Patient/a", body)).status_code == 201

        for method, sent in (("PUT", body), ("DELETE", None)):
            unnamed = await ask(method, "Patient/a", sent)
            assert unnamed.status_code == 428
            assert issues(unnamed) == [
                ("required", None, "the version that is to be changed has to be named in If-Match")
            ]
        assert (await ask("PUT", "Patient/a", body, If_Match='W/"1"')).status_code == 200
        assert (await ask("DELETE", "Patient/a", If_Match='W/"2"')).status_code == 204
