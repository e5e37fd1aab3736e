"""Profiles that are stored: what $validate says, and what a site demands of a write.

https://hl7.org/fhir/R4/profiling.html"""

import pytest

from mappings.fhir.json import dumps
from mappings.fhir.profiles.package import Package
from server.fhir import packages
from server.fhir.exchange import Rules

URL = "https://quill.test/StructureDefinition/patient"


def element(path, **said):
    return {"id": path, "path": path, "min": 0, "max": "*", **said}


def named(url=URL, id="quill-patient"):
    """A profile that wants a patient's name, and languages of a set."""
    languages = {"strength": "extensible", "valueSet": "https://quill.test/languages"}
    rows = [element("Patient"), element("Patient.name", min=1), element("Patient.language", binding=languages)]
    for each in rows:
        each["base"] = {"path": each["path"], "min": 0, "max": "*"}
        each["definition"] = "x"
    return {
        "resourceType": "StructureDefinition",
        "id": id,
        "url": url,
        "name": "Named",
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation": "constraint",
        "snapshot": {"element": rows},
    }


LANGUAGES = {
    "resourceType": "ValueSet",
    "id": "languages",
    "url": "https://quill.test/languages",
    "status": "active",
    "compose": {"include": [{"system": "urn:ietf:bcp:47", "concept": [{"code": "nb"}]}]},
}
GUIDE = Package("quill.guide#1.0.0", (named(), LANGUAGES))
UNKNOWN = "https://quill.test/nowhere"
BARE = {"resourceType": "Patient"}
CLAIMING = {"resourceType": "Patient", "meta": {"profile": [URL]}}


@pytest.fixture
def guide(store):
    return packages.store(store, "default", GUIDE)


def parameters(resource, **texts):
    named = [{"name": name, "valueUri" if name == "profile" else "valueCode": value} for name, value in texts.items()]
    return {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": resource}, *named]}


MISSING = [("error", "required", "Patient.name", "is required")]
SOUND = [("information", "informational", None, "conforms to FHIR R4")]
LIKELY = [("warning", "code-invalid", "Patient.language", "should have a code of https://quill.test/languages")]
NOT_HERE = ("not-supported", "Patient", f"{UNKNOWN} is not stored here, so nothing was compared with it")
JUDGED = {
    "named in the address": (f"?profile={URL}", {"resourceType": "Patient"}, MISSING),
    "named with a version": (f"?profile={URL}|1.0", {"resourceType": "Patient"}, MISSING),
    "named in the parameters": ("", parameters({"resourceType": "Patient"}, profile=URL), MISSING),
    "claimed": ("", CLAIMING, MISSING),
    "conforming": (f"?profile={URL}", {"resourceType": "Patient", "name": [{"text": "Ada"}]}, SOUND),
    "only likely wrong": ("", {**CLAIMING, "name": [{"text": "Ada"}], "language": "sv"}, LIKELY),
    "wrong in R4 already": (
        f"?profile={URL}",
        {"resourceType": "Patient", "gender": "x"},
        [("error", "code-invalid", "Patient.gender", "must be a code of administrative-gender")],
    ),
    "not stored": (
        f"?profile={UNKNOWN}",
        {"resourceType": "Patient"},
        [("error", *NOT_HERE)],
    ),
    "claimed and not stored": (
        "",
        {"resourceType": "Patient", "meta": {"profile": [UNKNOWN]}},
        [("warning", *NOT_HERE)],
    ),
    "for a creation": ("", parameters({"resourceType": "Patient"}, mode="create"), SOUND),
}


@pytest.mark.parametrize(("query", "body", "expected"), JUDGED.values(), ids=JUDGED)
async def test_validate(ask, guide, query, body, expected):
    """https://hl7.org/fhir/R4/resource-operation-validate.html"""
    answer = await ask("POST", f"Patient/$validate{query}", body)
    assert answer.status_code == 200
    found = [
        (each["severity"], each["code"], each.get("expression", [None])[0], each["diagnostics"])
        for each in answer.json()["issue"]
    ]
    assert found == expected


MODES = {
    "an update": (
        "Patient/a/$validate",
        parameters({"resourceType": "Patient", "id": "a"}, mode="update"),
        200,
        "conf",
    ),
    "an update of another": (
        "Patient/a/$validate",
        parameters({"resourceType": "Patient"}, mode="update"),
        200,
        "an up",
    ),
    "a deletion": ("Patient/a/$validate?mode=delete", None, 200, "may be deleted"),
    "a deletion of nothing": ("Patient/b/$validate?mode=delete", None, 404, ""),
    "a deletion of all": ("Patient/$validate?mode=delete", None, 400, "what is to be deleted is named in the address"),
    "no mode": ("Patient/$validate?mode=read", {"resourceType": "Patient"}, 400, "mode is create, update or delete"),
    "no resource": ("Patient/$validate", {"resourceType": "Parameters"}, 400, "the parameter resource is missing"),
}


@pytest.mark.parametrize(("path", "body", "status", "text"), MODES.values(), ids=MODES)
async def test_validate_for_what_is_going_to_be_done(ask, path, body, status, text):
    await ask("PUT", "Patient/a", {"resourceType": "Patient", "id": "a"})
    answer = await ask("POST", path, body)
    assert answer.status_code == status
    assert answer.json()["issue"][0]["diagnostics"].startswith(text)


async def test_a_profile_may_come_from_a_client(ask):
    await ask("PUT", "StructureDefinition/quill-patient", named())
    answer = await ask("POST", f"Patient/$validate?profile={URL}", {"resourceType": "Patient"})
    assert answer.json()["issue"][0]["expression"] == ["Patient.name"]


class TestDemanded:
    @pytest.fixture
    def rules(self):
        return Rules(profiles={"Patient": (URL,)})

    async def test_what_conforms_is_written_and_else_refused(self, ask, guide, store):
        before = store.last("default")
        wrong, right = {"resourceType": "Patient"}, {"resourceType": "Patient", "name": [{"text": "Ada"}]}
        refused = await ask("POST", "Patient", wrong)
        assert (refused.status_code, refused.json()["issue"][0]["expression"]) == (422, ["Patient.name"])
        assert store.last("default") == before
        assert (await ask("PUT", "Patient/a", {**right, "id": "a"})).status_code == 201
        patch = [{"op": "remove", "path": "/name"}]
        patched = await ask("PATCH", "Patient/a", dumps(patch), content_type="application/json-patch+json")
        assert patched.status_code == 422
        assert (
            await ask("POST", "Group", {"resourceType": "Group", "type": "person", "actual": True})
        ).status_code == 201

    async def test_an_entry_of_a_transaction_is_named(self, ask, guide):
        entry = {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        refused = await ask("POST", "", bundle)
        assert (refused.status_code, refused.json()["issue"][0]["expression"]) == (
            422,
            ["Bundle.entry[0].resource.name"],
        )

    async def test_a_profile_that_is_not_stored_refuses_everything(self, ask):
        refused = await ask("POST", "Patient", {"resourceType": "Patient", "name": [{"text": "Ada"}]})
        assert (refused.status_code, refused.json()["issue"][0]["code"]) == (422, "not-supported")


@pytest.mark.parametrize("counts", [True, False])
class TestClaimed:
    @pytest.fixture
    def rules(self, counts):
        return Rules(claims_count=counts)

    async def test_what_a_resource_says_of_itself_counts_only_if_the_site_wants_it(self, ask, guide, counts):
        assert (await ask("POST", "Patient", CLAIMING)).status_code == (422 if counts else 201)
        unknown = {"resourceType": "Patient", "meta": {"profile": [UNKNOWN]}}
        assert (await ask("POST", "Patient", unknown)).status_code == 201


def test_packages_are_replaced_by_url_and_removed_by_label(store):
    other = {**named("https://quill.test/other"), "name": "Other"}
    assert packages.store(store, "default", GUIDE) == 2
    assert packages.store(store, "default", Package("quill.guide#2.0.0", (named(), other))) == 2
    assert packages.stored(store, "default") == {"quill.guide#1.0.0": 1, "quill.guide#2.0.0": 2}
    assert packages.remove(store, "default", "quill.guide#2.0.0") == 2
    assert packages.stored(store, "default") == {"quill.guide#1.0.0": 1}
    assert packages.remove(store, "default", "quill.guide#2.0.0") == 0
    assert packages.store(store, "default", GUIDE) == 2
    assert packages.stored(store, "default") == {"quill.guide#1.0.0": 2}
