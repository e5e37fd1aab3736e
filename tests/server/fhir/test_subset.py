"""https://hl7.org/fhir/R4/search.html#summary, https://hl7.org/fhir/R4/search.html#elements"""

import pytest

from mappings.fhir.checker import check
from mappings.fhir.json import loads
from mappings.fhir.r4.tables import resource_types
from server.fhir.subset import SUBSETTED, Extent, mandatory, subset, summarised

NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o",
    "text": NARRATIVE,
    "modifierExtension": [{"url": "urn:m", "valueBoolean": True}],
    "status": "final",
    "code": {"text": "x"},
    "issued": "2026-01-01T00:00:00Z",
    "_issued": {"extension": [{"url": "urn:e", "valueBoolean": True}]},
    "valueQuantity": {"value": 1.00, "unit": "mm"},
    "note": [{"text": "n"}],
    "component": [{"code": {"text": "c"}, "valueInteger": 1, "interpretation": [{"text": "i"}]}],
}

ASKED = {
    "true": (
        "_summary=true",
        {"modifierExtension", "status", "code", "issued", "_issued", "valueQuantity", "component"},
    ),
    "text": ("_summary=text", {"text", "modifierExtension", "status", "code"}),
    "data": ("_summary=data", OBSERVATION.keys() - {"resourceType", "id", "text"}),
    "elements": ("_elements=issued,value", {"modifierExtension", "status", "code", "issued", "_issued",
                                            "valueQuantity"}),
    "an element by its name in JSON": ("_elements=valueQuantity", {"modifierExtension", "status", "code",
                                                                   "valueQuantity"}),
    "one of a type": ("_elements=Observation.note,Patient.issued", {"modifierExtension", "status", "code", "note"}),
    "an unknown one": ("_elements=colour", {"modifierExtension", "status", "code"}),
    "both": ("_elements=note,issued&_summary=true", {"modifierExtension", "status", "code", "issued", "_issued"}),
}  # fmt: skip


@pytest.fixture
async def stored(ask):
    assert (await ask("PUT", "Observation/o", OBSERVATION)).status_code == 201


@pytest.mark.parametrize(("query", "names"), ASKED.values(), ids=ASKED)
async def test_read_and_search(ask, stored, query, names):
    read = await ask("GET", f"Observation/o?{query}")
    searched = (await ask("GET", f"Observation?{query}")).json()

    body = read.json()
    assert body.keys() == {"resourceType", "id", "meta", *names}
    assert body["meta"]["tag"] == [SUBSETTED]
    assert (body["meta"]["versionId"], read.headers["etag"]) == ("1", 'W/"1"')
    assert searched["entry"][0]["resource"] == body
    assert query in searched["link"][0]["url"]


async def test_below_what_is_declared_where_it_is_used(ask, stored):
    body = (await ask("GET", "Observation/o?_summary=true")).json()

    assert body["component"] == [{"code": {"text": "c"}, "valueInteger": 1}]


async def test_digits_are_kept(ask):
    sent = (
        b'{"resourceType":"Observation","id":"d","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.00}}'
    )
    await ask("PUT", "Observation/d", sent)

    assert '"value":1.00' in (await ask("GET", "Observation/d?_summary=true")).text


async def test_all_of_it(ask, stored):
    whole = await ask("GET", "Observation/o")

    assert (await ask("GET", "Observation/o?_summary=false")).content == whole.content
    counted = (await ask("GET", "Observation?_summary=count")).json()
    assert (counted["total"], "entry" in counted) == (1, False)


REFUSED = {
    "an unknown summary": ("Observation/o?_summary=some", "_summary is one of true, text, data, count, false"),
    "two": ("Observation?_summary=true&_summary=data", "_summary is given twice"),
    "no element": ("Observation?_elements=", "_elements is a list of elements' names"),
    "text and more": (
        "Observation?_summary=text&_include=*",
        "_include and _revinclude cannot be asked for with _summary=text",
    ),
}


@pytest.mark.parametrize(("path", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, stored, issues, path, text):
    response = await ask("GET", path)

    assert response.status_code == 400
    assert issues(response)[0][2] == text


@pytest.mark.parametrize("type", sorted(resource_types()))
def test_every_type_has_a_summary_with_all_that_must_be_there(type):
    summary = summarised(type)

    assert {"id", "meta"} <= summary.keys()
    assert {"text", "contained", "extension"}.isdisjoint(summary)
    assert mandatory(type) <= summary.keys()


def test_examples_stay_what_they_are(shared):
    """A part of a resource that conforms still conforms."""
    files = sorted((shared / "fhir-examples").rglob("*.json"))[:400:8]
    assert files
    for file in files:
        body = loads(file.read_bytes())
        if isinstance(body, dict) and body.get("resourceType") in resource_types() and not check(body):
            for summary in ("true", "text", "data"):
                part = subset(body, Extent(summary))
                assert not [each for each in check(part) if each.code in {"structure", "required", "value"}], file
