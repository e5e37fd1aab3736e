"""Introspection and revocation. https://www.rfc-editor.org/rfc/rfc7662, https://www.rfc-editor.org/rfc/rfc7009"""

import pytest

from server.auth import clients
from server.auth.policy import Policy

INTROSPECT, REVOKE = "/auth/introspect", "/auth/revoke"


async def asked(world, service, path: str, **form: str):
    return await world.post(service.form(grant_type=None, scope=None, **form), path)


async def test_a_client_learns_what_its_token_is_worth(world) -> None:
    service = world.register("system/*.rs")
    token = await world.token(service, "system/Patient.rs")
    answer = await asked(world, service, INTROSPECT, token=token)
    now = int(world.clock().timestamp())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "active": True,
        "client_id": service.client.client_id,
        "iss": "https://causeway.test",
        "sub": service.client.client_id,
        "scope": "system/Patient.rs",
        "token_type": "Bearer",
        "iat": now,
        "exp": now + Policy().backend_token,
    }


async def test_a_token_that_is_none_is_not_active_and_no_more_is_said(world) -> None:
    answer = await asked(world, world.register(), INTROSPECT, token="nonsense")
    assert (answer.status_code, answer.json()) == (200, {"active": False})


async def test_a16_another_clients_token_is_not_active(world) -> None:
    one, other = world.register(), world.register()
    answer = await asked(world, other, INTROSPECT, token=await world.token(one))
    assert (answer.status_code, answer.json()) == (200, {"active": False})


async def test_a16_another_clients_token_is_not_revoked(world, put) -> None:
    put("Patient", "ann")
    one, other = world.register(), world.register()
    token = await world.token(one)
    answer = await asked(world, other, REVOKE, token=token)
    assert (answer.status_code, answer.json()) == (200, {})
    assert (await world.read(token)).status_code == 200


@pytest.mark.parametrize("path", [INTROSPECT, REVOKE])
async def test_a16_nobody_asks_without_authenticating(world, path) -> None:
    token = await world.token(world.register())
    answer = await world.post({"token": token}, path)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a22_a_revoked_token_is_401_at_once(world, put) -> None:
    put("Patient", "ann")
    service = world.register()
    token, kept = await world.token(service), await world.token(service)
    assert (await asked(world, service, REVOKE, token=token)).status_code == 200
    assert (await world.read(token)).status_code == 401
    assert (await world.read(kept)).status_code == 200
    assert (await asked(world, service, INTROSPECT, token=token)).json() == {"active": False}


async def test_revoking_what_is_no_token_is_200(world) -> None:
    service = world.register()
    assert (await asked(world, service, REVOKE, token="nonsense")).status_code == 200
    token = await world.token(service)
    for _ in range(2):
        assert (await asked(world, service, REVOKE, token=token)).status_code == 200


@pytest.mark.parametrize("path", [INTROSPECT, REVOKE])
async def test_a_request_without_token_is_400(world, path) -> None:
    answer = await asked(world, world.register(), path)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_an_expired_token_is_not_active(world) -> None:
    service = world.register()
    token = await world.token(service)
    world.clock.forward(Policy().backend_token)
    assert (await asked(world, service, INTROSPECT, token=token)).json() == {"active": False}


async def test_a_revoked_client_learns_nothing(world) -> None:
    service = world.register()
    token = await world.token(service)
    clients.revoke(world.store, service.client.client_id, "test")
    assert (await asked(world, service, INTROSPECT, token=token)).status_code == 401
