"""https://hl7.org/fhir/R4/http.html#delete"""


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
