"""Codes, refresh tokens and grants: used once, bound, and ended together.

https://www.rfc-editor.org/rfc/rfc9700, https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html"""

import asyncio

import pytest

from server.auth import clients, users
from server.auth.policy import Policy
from server.auth.pruning import prune

LASTING = "launch/patient openid offline_access patient/*.rs"


@pytest.fixture(autouse=True)
def ann(put) -> None:
    put("Patient", "ann", body=b'{"resourceType":"Patient","id":"ann"}')


async def code(world, app, scope: str = LASTING) -> str:
    answer = await world.launched(app, scope)
    return answer.headers["location"].partition("code=")[2].partition("&")[0]


async def refused(answer, error: str = "invalid_grant") -> None:
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"


async def test_the_token_response_is_of_the_right_types_and_kept_by_nobody(world) -> None:
    app, _ = world.app(), world.user()
    answer = await app.exchange(await code(world, app))
    body = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert "no-store" in answer.headers["cache-control"]
    assert "no-cache" in answer.headers["pragma"]
    for name in ("access_token", "refresh_token", "id_token", "token_type", "scope", "patient", "smart_style_url"):
        assert isinstance(body[name], str)
    assert isinstance(body["expires_in"], int)
    assert isinstance(body["need_patient_banner"], bool)


async def test_a3_a_code_that_comes_again_ends_what_came_of_it(world) -> None:
    app, _ = world.app(), world.user()
    given = await code(world, app)
    first = (await app.exchange(given)).json()
    assert (await world.read(first["access_token"])).status_code == 200
    await refused(await app.exchange(given))
    assert (await world.read(first["access_token"])).status_code == 401
    await refused(await app.refresh(first["refresh_token"]))


async def test_a3_of_two_who_come_at_once_with_a_code_neither_keeps_anything(world) -> None:
    app, _ = world.app(), world.user()
    given = await code(world, app)
    answers = await asyncio.gather(*(app.exchange(given) for _ in range(4)))
    assert sum(answer.status_code == 200 for answer in answers) <= 1
    for answer in answers:
        if answer.status_code == 200:
            assert (await world.read(answer.json()["access_token"])).status_code == 401


WRONG = {
    "A2 no verifier": ({"code_verifier": None}, "invalid_request"),
    "A2 a blank verifier": ({"code_verifier": ""}, "invalid_request"),
    "A2 A4 another verifier": ({"code_verifier": "another-verifier-of-forty-three-characters-000"}, "invalid_grant"),
    "A4 another redirect": ({"redirect_uri": "https://app.test/other"}, "invalid_grant"),
    "A4 no redirect": ({"redirect_uri": None}, "invalid_grant"),
    "a bad code": ({"code": "nonsense"}, "invalid_grant"),
    "no code": ({"code": None}, "invalid_request"),
    "a blank code": ({"code": ""}, "invalid_request"),
}


@pytest.mark.parametrize(("changed", "error"), WRONG.values(), ids=WRONG)
async def test_a2_a4_a_code_is_bound(world, changed, error) -> None:
    app, _ = world.app(), world.user()
    given = await code(world, app)
    await refused(await app.exchange(**{"code": given, **changed}), error)


async def test_a2_the_challenge_is_no_verifier(world) -> None:
    """What ``plain`` would have let by."""
    app, _ = world.app(), world.user()
    given = await code(world, app)
    await refused(await app.exchange(given, code_verifier=app.asked("openid")["code_challenge"]))


@pytest.mark.parametrize("kind", ["public", "symmetric", "asymmetric"])
async def test_a4_another_client_gets_nothing_for_a_code_and_does_not_use_it_up(world, kind) -> None:
    app, thief, _ = world.app(), world.app(kind=kind), world.user()
    given = await code(world, app)
    await refused(await thief.exchange(given))
    assert (await app.exchange(given)).status_code == 200


async def test_a_code_lasts_a_minute(world) -> None:
    app, _ = world.app(), world.user()
    late, early = await code(world, app), await code(world, app)
    world.clock.forward(59)
    assert (await app.exchange(early)).status_code == 200
    world.clock.forward(1)
    await refused(await app.exchange(late))


@pytest.mark.parametrize("kind", ["symmetric", "asymmetric"])
async def test_a_confidential_client_has_to_authenticate(world, kind) -> None:
    app, _ = world.app(kind=kind), world.user()
    given = await code(world, app)
    form = {"grant_type": "authorization_code", "code": given, "redirect_uri": "https://app.test/back"}
    form["code_verifier"], form["client_id"] = app.verifier, app.client.client_id
    bare = await world.post(form)
    assert (bare.status_code, bare.json()["error"]) == (401, "invalid_client")
    wrong = await world.post({**form, "client_secret": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    basic = await world.http.post("/auth/token", data=form, auth=(app.client.client_id, "wrong"))
    assert basic.headers["www-authenticate"].startswith("Basic")


async def test_a_bad_client_id_is_400_or_401(world) -> None:
    app, _ = world.app(), world.user()
    answer = await app.exchange(await code(world, app), client_id="nobody")
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] == "invalid_client"


async def test_a_secret_may_come_in_the_form(world) -> None:
    app, _ = world.app(kind="symmetric"), world.user()
    given, secret = await code(world, app), app.secret
    app.secret = None
    assert (await app.exchange(given, client_id=app.client.client_id, client_secret=secret)).status_code == 200


@pytest.mark.parametrize("kind", ["public", "symmetric", "asymmetric"])
async def test_a_refresh_token_gives_the_same_and_another_one(world, kind) -> None:
    app, _ = world.app(kind=kind), world.user()
    first = (await app.exchange(await code(world, app))).json()
    world.clock.forward(Policy().access_token)
    assert (await world.read(first["access_token"])).status_code == 401
    answer = await app.refresh(first["refresh_token"])
    again = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert again["scope"] == LASTING
    assert again["patient"] == "ann"
    assert again["expires_in"] == 3600
    assert again["refresh_token"] != first["refresh_token"]
    assert (await world.read(again["access_token"])).status_code == 200
    assert (await app.refresh(again["refresh_token"])).status_code == 200


async def test_a_refresh_may_ask_for_less(world) -> None:
    app, _ = world.app(), world.user()
    first = (await app.exchange(await code(world, app))).json()
    less = (await app.refresh(first["refresh_token"], scope="patient/Patient.r")).json()
    assert less["scope"] == "patient/Patient.r"
    assert (await app.refresh(less["refresh_token"])).json()["scope"] == LASTING


MORE = ["patient/*.cruds", "user/*.rs", "system/*.rs", "patient/Patient.rs fhirUser", "nonsense", 'patient/*.rs "']


@pytest.mark.parametrize("scope", MORE)
async def test_a6_a_refresh_cannot_ask_for_more(world, scope) -> None:
    app, _ = world.app(), world.user()
    first = (await app.exchange(await code(world, app))).json()
    await refused(await app.refresh(first["refresh_token"], scope=scope), "invalid_scope")
    assert (await app.refresh(first["refresh_token"])).status_code == 200


async def test_a5_a_refresh_token_that_comes_again_ends_the_family(world) -> None:
    app, _ = world.app(), world.user()
    first = (await app.exchange(await code(world, app))).json()
    second = (await app.refresh(first["refresh_token"])).json()
    await refused(await app.refresh(first["refresh_token"]))
    await refused(await app.refresh(second["refresh_token"]))
    for each in (first, second):
        assert (await world.read(each["access_token"])).status_code == 401


async def test_a5_of_two_who_refresh_at_once_neither_keeps_anything(world) -> None:
    app, _ = world.app(), world.user()
    first = (await app.exchange(await code(world, app))).json()
    answers = await asyncio.gather(*(app.refresh(first["refresh_token"]) for _ in range(2)))
    for answer in answers:
        if answer.status_code == 200:
            assert (await world.read(answer.json()["access_token"])).status_code == 401
            await refused(await app.refresh(answer.json()["refresh_token"]))
    assert sum(answer.status_code == 200 for answer in answers) <= 1


async def test_another_client_gets_nothing_for_a_refresh_token_and_does_not_use_it_up(world) -> None:
    app, thief, _ = world.app(), world.app(), world.user()
    first = (await app.exchange(await code(world, app))).json()
    await refused(await thief.refresh(first["refresh_token"]))
    assert (await app.refresh(first["refresh_token"])).status_code == 200


@pytest.mark.parametrize("token", ["nonsense", "", "x" * 43, None])
async def test_an_invalid_refresh_token_is_400(world, token) -> None:
    app = world.app()
    await refused(await app.refresh(token), "invalid_grant" if token else "invalid_request")


async def test_offline_access_lasts_more_than_three_months_and_not_for_ever(world) -> None:
    app, _ = world.app(), world.user()
    token = (await app.exchange(await code(world, app))).json()["refresh_token"]
    world.clock.forward(95 * 86_400)
    token = (await app.refresh(token)).json()["refresh_token"]
    world.clock.forward(6 * 86_400)
    await refused(await app.refresh(token))


async def test_online_access_lasts_as_long_as_the_session(world) -> None:
    app, _ = world.app(), world.user()
    first = (await app.exchange(await code(world, app, "openid online_access user/*.rs"))).json()
    assert first["scope"] == "openid online_access user/*.rs"
    again = (await app.refresh(first["refresh_token"])).json()
    world.clock.forward(Policy().session_idle)
    await refused(await app.refresh(again["refresh_token"]))


async def test_without_lasting_access_there_is_no_refresh_token(world) -> None:
    app, _ = world.app(), world.user()
    assert "refresh_token" not in (await app.exchange(await code(world, app, "openid user/*.rs"))).json()


ENDED = {
    "a disabled user": lambda world, app: users.change(world.store, "dr.grey", "test", disabled=True),
    "a revoked client": lambda world, app: clients.revoke(world.store, app.client.client_id, "test"),
}


@pytest.mark.parametrize("end", ENDED.values(), ids=ENDED)
async def test_a22_who_is_gone_is_401_at_once(world, end) -> None:
    app, _ = world.app(), world.user()
    first = (await app.exchange(await code(world, app))).json()
    end(world, app)
    assert (await world.read(first["access_token"])).status_code == 401
    assert (await app.refresh(first["refresh_token"])).status_code in {400, 401}


async def test_a_role_that_was_narrowed_narrows_what_was_granted_before(world, put) -> None:
    put("Claim", "c1")
    app, _ = world.app(), world.user()
    token = (await app.exchange(await code(world, app, "user/*.rs"))).json()["access_token"]
    assert (await world.read(token, "/fhir/Claim/c1")).status_code == 200
    users.change(world.store, "dr.grey", "test", role="support-1")
    assert (await world.read(token, "/fhir/Claim/c1")).status_code == 403
    assert (await world.read(token)).status_code == 200


async def test_a22_with_a_refresh_token_its_family_is_revoked(world) -> None:
    app, _ = world.app(), world.user()
    first = (await app.exchange(await code(world, app))).json()
    assert (await app.post({"token": first["refresh_token"]}, "/auth/revoke")).status_code == 200
    assert (await world.read(first["access_token"])).status_code == 401
    await refused(await app.refresh(first["refresh_token"]))


async def test_an_access_token_is_revoked_alone(world) -> None:
    app, _ = world.app(), world.user()
    first = (await app.exchange(await code(world, app))).json()
    assert (await app.post({"token": first["access_token"]}, "/auth/revoke")).status_code == 200
    assert (await world.read(first["access_token"])).status_code == 401
    assert (await app.refresh(first["refresh_token"])).status_code == 200


@pytest.mark.parametrize("kind", ["symmetric", "asymmetric"])
async def test_introspection_tells_the_launch(world, kind) -> None:
    """https://hl7.org/fhir/smart-app-launch/STU2.2/token-introspection.html"""
    app, user = world.app(kind=kind), world.user()
    body = (await app.exchange(await code(world, app, "launch/patient openid fhirUser patient/*.rs"))).json()
    told = (await app.post({"token": body["access_token"]}, "/auth/introspect")).json()
    assert told["active"] is True
    assert told["scope"] == body["scope"]
    assert (told["client_id"], told["sub"], told["iss"]) == (app.client.client_id, user.sub, "https://causeway.test")
    assert told["patient"] == "ann"
    assert told["fhirUser"] == "https://causeway.test/fhir/Practitioner/grey"
    assert told["exp"] - told["iat"] == body["expires_in"]


async def test_introspection_with_the_token_itself(world) -> None:
    app, _ = world.app(), world.user()
    token = (await app.exchange(await code(world, app))).json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    told = await world.http.post("/auth/introspect", data={"token": token}, headers=bearer)
    assert told.json()["active"] is True
    assert (await world.http.post("/auth/introspect", data={"token": "x"}, headers=bearer)).json() == {"active": False}
    other = await world.http.post("/auth/introspect", data={"token": token}, headers={"authorization": "Bearer x"})
    assert other.status_code == 401


async def test_a13_an_id_token_or_a_refresh_token_opens_nothing(world) -> None:
    app, _ = world.app(), world.user()
    body = (await app.exchange(await code(world, app))).json()
    assert (await world.read(body["id_token"])).status_code == 401
    assert (await world.read(body["refresh_token"])).status_code == 401


async def test_what_has_expired_is_pruned(world) -> None:
    app, _ = world.app(), world.user()
    first = (await app.exchange(await code(world, app))).json()
    assert prune(world.store, world.seconds()) == 0
    world.clock.forward(61)
    assert prune(world.store, world.seconds()) == 1
    assert (await app.refresh(first["refresh_token"])).status_code == 200
    world.clock.forward(101 * 86_400)
    assert prune(world.store, world.seconds()) == 6
    assert prune(world.store, world.seconds()) == 0
    assert [user.name for user in users.every(world.store)] == ["dr.grey"]
