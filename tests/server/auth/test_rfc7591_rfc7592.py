"""Apps that register themselves. https://www.rfc-editor.org/rfc/rfc7591, https://www.rfc-editor.org/rfc/rfc7592"""

from dataclasses import replace

import pytest

from server.auth import clients
from server.auth.clients import Client
from server.auth.policy import Policy
from server.auth.pruning import prune
from server.auth.rfc7591 import AN_HOUR, WAITS

APP = {"client_name": "Growth chart", "redirect_uris": ["https://app.test/back"], "token_endpoint_auth_method": "none"}


async def register(world, **changed: object):
    body = {name: value for name, value in {**APP, **changed}.items() if value is not None}
    return await world.http.post("/auth/register", json=body)


async def manage(world, method: str, said: dict, body: object = None, token: str | None = None):
    headers = {"authorization": f"Bearer {token or said['registration_access_token']}"}
    return await world.http.request(method, said["registration_client_uri"], json=body, headers=headers)


@pytest.fixture
def open_house(world) -> None:
    """A site at which nobody has to approve."""
    authority = world.authority
    object.__setattr__(authority, "policy", replace(authority.policy, approval=False))


async def test_an_app_registers_and_waits(world) -> None:
    answer = await register(world)
    said = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert said["client_name"] == "Growth chart"
    assert said["redirect_uris"] == ["https://app.test/back"]
    assert said["token_endpoint_auth_method"] == "none"
    assert said["approved"] is False
    assert "client_secret" not in said
    assert said["registration_client_uri"] == f"https://causeway.test/auth/register/{said['client_id']}"
    assert clients.find(world.store, said["client_id"]) is None
    assert clients.approve(world.store, said["client_id"], "test")
    assert clients.find(world.store, said["client_id"]).redirect_uris == ("https://app.test/back",)


async def test_who_waits_cannot_sign_in(world) -> None:
    key = world.keys["ES384"].as_dict(private=False)
    ways = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key]}, "scope": "system/*.rs"}
    said = (await register(world, redirect_uris=None, **ways)).json()
    known = clients.known(world.store, said["client_id"])
    service = replace_client(world, known)
    assert (await world.post(service.form())).status_code == 401
    clients.approve(world.store, known.client_id, "test")
    assert (await world.post(service.form())).status_code == 200


def replace_client(world, client: Client):
    return replace(world.register(), client=client)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", None])
async def test_a_secret_is_told_once(world, method) -> None:
    said = (await register(world, token_endpoint_auth_method=method)).json()
    kept = clients.known(world.store, said["client_id"])
    assert clients.is_secret_of(kept, said["client_secret"])
    assert said["client_secret_expires_at"] == 0
    assert "client_secret" not in (await manage(world, "GET", said)).json()


BAD = {
    "A20 a script": {"redirect_uris": ["javascript:alert(1)"]},
    "A20 plain http": {"redirect_uris": ["http://app.test/back"]},
    "A20 a fragment": {"redirect_uris": ["https://app.test/#x"]},
    "A20 a thousand addresses": {"redirect_uris": [f"https://app.test/{n}" for n in range(1000)]},
    "A20 a long name": {"client_name": "x" * 10_000},
    "no name": {"client_name": None},
    "a name that is none": {"client_name": "\u202e\x07"},
    "no address": {"redirect_uris": []},
    "addresses that are none": {"redirect_uris": "https://app.test/"},
    "no SMART scope": {"scope": "everything"},
    "keys that are none": {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}},
    "keys without a word": {"token_endpoint_auth_method": "private_key_jwt"},
    "keys at a file": {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "file:///etc/passwd"},
    "a method that is none": {"token_endpoint_auth_method": "tls_client_auth"},
}


@pytest.mark.parametrize("changed", BAD.values(), ids=BAD)
async def test_a20_what_cannot_be_registered_is_refused(world, changed) -> None:
    answer = await register(world, **changed)
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_client_metadata", "invalid_redirect_uri"}
    assert clients.every(world.store) == []


BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "not UTF-8": b'{"client_name": "\xff"}',
    "deep": b"[" * 10_000,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a20_what_is_no_metadata_is_refused(world, body) -> None:
    assert (await world.http.post("/auth/register", content=body)).status_code == 400


async def test_a20_metadata_without_end_is_refused(world) -> None:
    assert (await register(world, contacts=["x" * 100_000])).status_code == 413


async def test_a20_only_so_many_register_in_an_hour(world) -> None:
    answers = [(await register(world)).status_code for _ in range(AN_HOUR + 2)]
    assert answers == [201] * AN_HOUR + [429] * 2
    world.clock.forward(3600)
    assert (await register(world)).status_code == 201


async def test_who_is_never_approved_is_forgotten(world) -> None:
    said, kept = (await register(world)).json(), (await register(world)).json()
    clients.approve(world.store, kept["client_id"], "test")
    world.clock.forward(WAITS)
    prune(world.store, world.seconds())
    assert clients.known(world.store, said["client_id"]) is None
    assert clients.find(world.store, kept["client_id"])


async def test_a_site_may_let_apps_in_at_once(world, open_house) -> None:
    said = (await register(world)).json()
    assert "approved" not in said
    assert clients.find(world.store, said["client_id"])


async def test_but_nobody_gets_at_everything_by_registering(world, open_house) -> None:
    assert (await register(world, scope="patient/*.rs system/*.rs")).json()["approved"] is False


async def test_an_app_reads_changes_and_ends_its_registration(world, open_house) -> None:
    said = (await register(world)).json()
    assert (await manage(world, "GET", said)).json() == said
    changed = {**APP, "client_id": said["client_id"], "client_name": "Another name", "scope": "openid"}
    answer = await manage(world, "PUT", said, changed)
    assert (answer.status_code, answer.json()["client_name"], answer.json()["scope"]) == (200, "Another name", "openid")
    assert clients.find(world.store, said["client_id"]).name == "Another name"
    assert (await manage(world, "DELETE", said)).status_code == 204
    assert clients.find(world.store, said["client_id"]) is None
    assert (await manage(world, "GET", said)).status_code == 401


async def test_what_was_approved_is_approved_anew_when_it_changes(world) -> None:
    said = (await register(world)).json()
    clients.approve(world.store, said["client_id"], "test")
    changed = {**APP, "client_id": said["client_id"], "redirect_uris": ["https://evil.test/"]}
    assert (await manage(world, "PUT", said, changed)).json()["approved"] is False
    assert clients.find(world.store, said["client_id"]) is None


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_nobody_manages_anothers_registration(world, open_house, method) -> None:
    one, other = (await register(world)).json(), (await register(world)).json()
    body = {**APP, "client_id": one["client_id"]}
    for token in (other["registration_access_token"], "x"):
        assert (await manage(world, method, one, body, token)).status_code == 401
    by_hand = world.register()
    unknown = {
        "registration_client_uri": f"/auth/register/{by_hand.client.client_id}",
        "registration_access_token": "x",
    }
    assert (await manage(world, method, unknown, body)).status_code == 401
    assert clients.find(world.store, one["client_id"])


async def test_a_change_names_the_client(world, open_house) -> None:
    said = (await register(world)).json()
    assert (await manage(world, "PUT", said, APP)).status_code == 400


async def test_an_administrator_lets_in_who_waits(world) -> None:
    world.user("root", "administrator")
    said = (await register(world)).json()
    browser = world.browser()
    await browser.open("/auth/clients")
    page = await browser.sign_in("root")
    assert "Waits to be approved" in page.text
    page = await browser.send("/auth/clients", decision="approve")
    assert "Waits to be approved" not in page.text
    assert clients.find(world.store, said["client_id"])
    await browser.send("/auth/clients", decision="revoke")
    assert clients.known(world.store, said["client_id"]) is None


async def test_nobody_else_does(world) -> None:
    world.user()
    said = (await register(world)).json()
    browser = world.browser()
    await browser.open("/auth/clients")
    assert (await browser.sign_in("dr.grey")).status_code == 403
    await browser.open("/auth/apps")
    csrf = browser.page.text.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": csrf, "client_id": said["client_id"], "decision": "approve"}
    assert (await browser.http.post("/auth/clients", data=form)).status_code == 403
    assert clients.find(world.store, said["client_id"]) is None


def test_approval_is_the_policy_unless_a_site_says_otherwise() -> None:
    assert Policy().approval is True
