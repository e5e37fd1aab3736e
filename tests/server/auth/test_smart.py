"""https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html"""

import pytest

from server.auth import scopes

PATHS = ["/fhir/.well-known/smart-configuration", "/.well-known/smart-configuration"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("accept", ["application/json", "application/fhir+json", "text/html", "*/*"])
async def test_discovery_is_json_whatever_is_accepted(world, path, accept) -> None:
    answer = await world.http.get(path, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["token_endpoint"] == "https://causeway.test/auth/token"


async def test_discovery_says_what_is_true(world) -> None:
    said = (await world.http.get(PATHS[0])).json()
    assert said["grant_types_supported"] == ["authorization_code", "refresh_token", "client_credentials"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert said["issuer"] == "https://causeway.test"
    assert len(scopes.parse(" ".join(said["scopes_supported"]))) == len(said["scopes_supported"])


G10 = """launch-ehr launch-standalone client-public client-confidential-symmetric client-confidential-asymmetric
sso-openid-connect context-banner context-style context-ehr-patient context-standalone-patient permission-offline
permission-user permission-patient authorize-post permission-v2 permission-v1"""


async def test_discovery_names_the_capabilities_that_onc_asks_for(world) -> None:
    said = (await world.http.get(PATHS[0])).json()
    assert set(G10.split()) <= set(said["capabilities"])
    assert "context-standalone-encounter" not in said["capabilities"]


async def test_every_address_is_absolute_and_there(world) -> None:
    said = (await world.http.get(PATHS[0])).json()
    addresses = [value for name, value in said.items() if name.endswith("_endpoint")]
    assert len(addresses) == 6
    for address in addresses:
        assert address.startswith("https://causeway.test/")
        assert (await world.http.post(address, data={"x": "y"})).status_code in {303, 400, 401, 405}


async def test_scripts_of_any_origin_may_read_it(world) -> None:
    answer = await world.http.get(PATHS[0], headers={"origin": "https://app.test"})
    assert answer.headers["access-control-allow-origin"] == "*"
    asked = {"origin": "https://app.test", "access-control-request-method": "GET"}
    preflight = await world.http.options(PATHS[0], headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")
