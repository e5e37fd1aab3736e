"""https://hl7.org/fhir/R4/http.html#capabilities: what is said of the server is what it does."""

import httpx
import pytest

from mappings.fhir.checker import check
from mappings.fhir.json import loads
from server.app import application
from server.fhir.registry import names, resource_type


async def test_statement(ask):
    response = await ask("GET", "metadata")

    body = loads(response.content)
    assert response.status_code == 200
    assert check(body) == []
    assert (body["fhirVersion"], body["kind"]) == ("4.0.1", "instance")
    assert body["implementation"]["url"] == "http://causeway.test/fhir"
    rows = {each["type"]: each for each in body["rest"][0]["resource"]}
    assert rows.keys() == {name for name in names() if resource_type(name).interactions}
    patient = rows["Patient"]
    assert {each["code"] for each in patient["interaction"]} == resource_type("Patient").interactions
    assert {each["name"] for each in patient["searchParam"]} == resource_type("Patient").parameters.keys()
    assert (patient["versioning"], patient["updateCreate"], patient["conditionalCreate"]) == ("versioned", True, True)


async def test_every_parameter_that_is_told_can_be_searched_by(ask):
    """For the types of the hospital's day; the others are made the same way."""
    values = {"date": "2026", "number": "1", "quantity": "1", "reference": "Patient/a"}
    for type in ("Patient", "Encounter", "Coverage", "Claim", "ExplanationOfBenefit", "Observation"):
        for parameter in resource_type(type).parameters.values():
            value = "$".join(values.get(each.type, "a") for each in parameter.components or (parameter,))
            response = await ask("GET", f"{type}?{parameter.code}={value}")
            assert response.status_code == 200, (type, parameter.code, response.text)


MODES = {"": "CapabilityStatement", "?mode=full": "CapabilityStatement", "?mode=normative": "CapabilityStatement",
         "?mode=terminology": "TerminologyCapabilities"}  # fmt: skip


@pytest.mark.parametrize(("query", "type"), MODES.items(), ids=MODES)
async def test_modes(ask, query, type):
    body = loads((await ask("GET", f"metadata{query}")).content)

    assert body["resourceType"] == type
    assert check(body) == []


async def test_less_of_it(ask, issues):
    body = (await ask("GET", "metadata?_summary=true")).json()
    assert "rest" in body
    assert body["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert (await ask("GET", "metadata?_elements=fhirVersion")).json().keys() >= {"fhirVersion", "status"}

    refused = await ask("GET", "metadata?mode=brief")
    assert issues(refused) == [("invalid", None, "mode is one of full, normative, terminology")]


async def test_head(ask):
    response = await ask("HEAD", "metadata")

    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 1000


async def test_authorization_servers_addresses_for_older_clients(ask):
    security = (await ask("GET", "metadata")).json()["rest"][0]["security"]

    (extension,) = security["extension"]
    assert extension["url"] == "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
    assert {each["url"]: each["valueUri"] for each in extension["extension"]}["token"] == (
        "http://causeway.test/auth/token"
    )
    assert security["cors"] is True
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"


async def test_is_for_everybody_and_nothing_else_is(store):
    app = application(store, base_url="http://causeway.test")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://causeway.test/fhir/") as client:
        assert (await client.get("metadata")).status_code == 200
        for path in ("Patient/a", "Patient", "Patient/a/_history/1", "Patient/a/$meta", "nothing/at/all"):
            response = await client.get(path)
            assert response.status_code == 401, path
            assert response.headers["www-authenticate"] == 'Bearer realm="causeway"'
            assert response.json()["issue"][0]["code"] == "login"
