"""https://hl7.org/fhir/R4/resource-operation-meta.html"""

from typing import Any

import pytest

A, B, C = ({"system": "urn:t", "code": each} for each in "abc")
PROFILES = ["http://example.org/p", "http://example.org/q"]


def labelled(**meta: Any) -> dict[str, Any]:
    return {"meta": meta}


STORED = {
    "Patient/a": labelled(tag=[A, B], profile=PROFILES[:1]),
    "Patient/b": labelled(tag=[B]),
    "Patient/c": labelled(tag=[C], security=[A]),
    "Group/g": {"type": "person", "actual": True, **labelled(profile=PROFILES[1:])},
}


@pytest.fixture
def labels(put):
    put(STORED)


def parameters(meta):
    return {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": meta}]}


def shown(answer):
    assert answer.status_code == 200, answer.text
    [parameter] = answer.json()["parameter"]
    assert parameter["name"] == "return"
    return parameter["valueMeta"]


IN_USE = {
    "a type": ("Patient/$meta", {"profile": PROFILES[:1], "tag": [A, B, C], "security": [A]}),
    "another type": ("Group/$meta", {"profile": PROFILES[1:]}),
    "a type that nobody stored": ("Claim/$meta", {}),
    "everything": ("$meta", {"profile": PROFILES, "tag": [A, B, C], "security": [A]}),
}


@pytest.mark.parametrize(("address", "expected"), IN_USE.values(), ids=IN_USE)
async def test_labels_in_use(ask, put, address, expected):
    put(STORED)

    found = shown(await ask("GET", address))

    assert {name: sorted(each, key=str) for name, each in found.items()} == {
        name: sorted(each, key=str) for name, each in expected.items()
    }


CHANGES = {
    "add": ("add", {"tag": [C], "profile": PROFILES}, {"tag": [A, B, C], "profile": PROFILES}, "2"),
    "add what is there, displayed otherwise": (
        "add",
        {"tag": [{**A, "display": "A"}]},
        {"tag": [A, B], "profile": PROFILES[:1]},
        "1",
    ),
    "delete": ("delete", {"tag": [A, C], "profile": PROFILES}, {"tag": [B]}, "2"),
    "delete nothing": ("delete", {"security": [A]}, {"tag": [A, B], "profile": PROFILES[:1]}, "1"),
}


@pytest.mark.parametrize(("what", "given", "expected", "version"), CHANGES.values(), ids=CHANGES)
async def test_changing_labels(ask, put, what, given, expected, version):
    put(STORED)

    changed = shown(await ask("POST", f"Patient/a/$meta-{what}", parameters(given)))

    assert {name: each for name, each in changed.items() if name in {"tag", "profile", "security"}} == expected
    assert changed["versionId"] == version
    assert (await ask("GET", "Patient/a")).json()["meta"] == changed


REFUSED = {
    "by GET": ("GET", "Patient/a/$meta-add", None, 405),
    "nobody": ("POST", "Patient/nobody/$meta-add", parameters({"tag": [A]}), 404),
    "nothing": ("POST", "Patient/a/$meta-add", {"resourceType": "Parameters"}, 400),
    "no Meta": ("POST", "Patient/a/$meta-add", parameters({"tag": "x"}), 400),
    "of a type": ("POST", "Patient/$meta-add", parameters({"tag": [A]}), 404),
    "another parameter": ("GET", "Patient/a/$meta?x=y", None, 400),
}


@pytest.mark.parametrize(("method", "address", "body", "status"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, labels, method, address, body, status):
    answer = await ask(method, address, body)

    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


async def test_a_deleted_one_has_none(ask, put):
    put(STORED)
    await ask("DELETE", "Patient/a")

    assert (await ask("POST", "Patient/a/$meta-add", parameters({"tag": [C]}))).status_code == 410
