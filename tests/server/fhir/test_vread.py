"""https://hl7.org/fhir/R4/http.html#vread"""

import pytest


@pytest.fixture
async def written(ask, patient):
    await ask("PUT", "Patient/a", {**patient, "id": "a", "active": True})
    await ask("PUT", "Patient/a", {**patient, "id": "a", "active": False})
    await ask("DELETE", "Patient/a")


@pytest.mark.parametrize(("version", "active"), {"1": True, "2": False}.items())
async def test_every_version_stays(ask, written, version, active):
    response = await ask("GET", f"Patient/a/_history/{version}")

    assert response.status_code == 200
    assert response.headers["etag"] == f'W/"{version}"'
    assert response.json()["active"] is active
    assert response.json()["meta"]["versionId"] == version


NOT_THERE = {
    "a deletion": ("a/_history/3", 410, "deleted", "the resource was deleted"),
    "not yet": ("a/_history/4", 404, "not-found", "there is no such resource"),
    "another resource": ("b/_history/1", 404, "not-found", "there is no such resource"),
    "no number": ("a/_history/one", 404, "not-found", "there is no such version"),
    "not ASCII": ("a/_history/\u0661", 404, "not-found", "there is no such version"),
    "too long": (f"a/_history/{'9' * 19}", 404, "not-found", "there is no such version"),
}


@pytest.mark.parametrize("case", NOT_THERE.values(), ids=NOT_THERE)
async def test_not_there(ask, issues, written, case):
    path, status, code, text = case
    response = await ask("GET", f"Patient/{path}")

    assert response.status_code == status
    assert issues(response) == [(code, None, text)]


async def test_a_version_that_was_purged(ask, issues, written, store):
    store.engine.purge("default", store.tail("default", 0, 9), messages=True, versions=True)
    response = await ask("GET", "Patient/a/_history/1")

    assert response.status_code == 410
    assert issues(response) == [("deleted", None, "this version is past the time for which versions are kept")]
