"""What a bearer token opens, and what it does not. https://www.rfc-editor.org/rfc/rfc6750"""

from pathlib import Path

import pytest

from server.auth import clients
from server.auth.policy import Policy


async def test_a_token_opens_what_its_scopes_say(world, put) -> None:
    put("Patient", "ann", body=b'{"resourceType":"Patient","id":"ann"}')
    token = await world.token(world.register(), "system/Patient.rs")
    answer = await world.read(token)
    assert (answer.status_code, answer.json()["id"]) == (200, "ann")


async def test_too_little_scope_is_403(world) -> None:
    token = await world.token(world.register(), "system/Claim.rs")
    answer = await world.read(token)
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    assert answer.json()["issue"][0]["code"] == "forbidden"


async def test_no_token_is_401(world) -> None:
    answer = await world.read(None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="causeway"'
    assert answer.json()["issue"][0]["code"] == "login"


HEADERS = {
    "another scheme": "Basic dXNlcjpwYXNz",
    "no scheme": "dXNlcjpwYXNz",
    "nothing after the scheme": "Bearer ",
    "a token that was never issued": "Bearer " + "x" * 43,
    "not a token's shape": "Bearer ../../-client",
    "20 kB": "Bearer " + "x" * 20_000,
    "a JWT that says it is none": "Bearer eyJhbGciOiJub25lIn0.e30.",
    "not ASCII": "Bearer ä".encode("latin-1").decode("latin-1"),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
async def test_a12_what_is_no_token_is_401(world, header) -> None:
    answer = await world.http.get("/fhir/Patient/ann", headers={"authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="causeway"')


async def test_a13_an_assertion_is_no_access_token(world) -> None:
    answer = await world.read(world.register().assertion())
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="causeway", error="invalid_token"'


async def test_two_tokens_are_none(world, put) -> None:
    put("Patient", "ann")
    token = await world.token(world.register())
    both = [("authorization", f"Bearer {token}")] * 2
    assert (await world.http.get("/fhir/Patient/ann", headers=both)).status_code == 401


async def test_a_token_in_the_address_is_none(world, put) -> None:
    put("Patient", "ann")
    token = await world.token(world.register())
    assert (await world.http.get("/fhir/Patient/ann", params={"access_token": token})).status_code == 401


async def test_a13_a_token_ends_in_time(world, put) -> None:
    put("Patient", "ann")
    token = await world.token(world.register())
    world.clock.forward(Policy().backend_token - 1)
    assert (await world.read(token)).status_code == 200
    world.clock.forward(1)
    assert (await world.read(token)).status_code == 401


async def test_a22_a_revoked_clients_token_is_401_at_once(world, put) -> None:
    put("Patient", "ann")
    service = world.register()
    token = await world.token(service)
    assert (await world.read(token)).status_code == 200
    clients.revoke(world.store, service.client.client_id, "test")
    assert (await world.read(token)).status_code == 401


async def test_b16_a_token_opens_its_own_tenant_alone(world, put) -> None:
    put("Patient", "ann", tenant="north", body=b'{"id":"ann","gender":"female"}')
    put("Patient", "ann", tenant="south", body=b'{"id":"ann","gender":"male"}')
    put("Patient", "ben", tenant="south")
    token = await world.token(world.register(tenant="north"))
    answer = await world.http.get(
        "/fhir/Patient/ann",
        headers={"authorization": f"Bearer {token}", "x-tenant": "south", "x-forwarded-host": "south"},
    )
    assert answer.json()["gender"] == "female"
    assert (await world.read(token, "/fhir/Patient/ben")).status_code == 404


async def test_tokens_are_not_kept_as_they_are(world, tmp_path) -> None:
    token = await world.token(world.register())
    assert token.encode() not in written(tmp_path)


def written(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


@pytest.mark.parametrize("type", ["-client", "-token"])
async def test_the_servers_own_records_are_no_resources(world, type) -> None:
    service = world.register("system/*.cruds")
    token = await world.token(service, "system/*.cruds")
    assert (await world.read(token, f"/fhir/{type}/{service.client.client_id}")).status_code == 403
