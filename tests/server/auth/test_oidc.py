"""OpenID Connect. https://openid.net/specs/openid-connect-core-1_0.html"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from server.auth.oidc import keys

ISSUER = "https://causeway.test"


async def verified(world, token: str) -> jwt.Token:
    """As a client does it: by what discovery says."""
    said = (await world.http.get(f"{ISSUER}/.well-known/openid-configuration")).json()
    found = KeySet.import_key_set((await world.http.get(said["jwks_uri"])).json())
    return jwt.decode(token, found, algorithms=["RS256"])


async def test_discovery_has_what_openid_asks_for(world) -> None:
    answer = await world.http.get("/.well-known/openid-configuration")
    said = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert said["issuer"] == ISSUER
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"):
        assert said[name].startswith(f"{ISSUER}/auth/")
    assert said["response_types_supported"] == ["code"]
    assert said["subject_types_supported"] == ["public"]
    assert "RS256" in said["id_token_signing_alg_values_supported"]


async def test_an_id_token_says_who_signed_in(world) -> None:
    app, user = world.app(), world.user()
    body = await world.granted(app, "openid fhirUser user/*.rs")
    token, now = await verified(world, body["id_token"]), int(world.clock().timestamp())
    assert token.header["alg"] == "RS256"
    assert token.header["kid"]
    claims = token.claims
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, app.client.client_id, user.sub)
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now, now + 3600, now)
    assert claims["fhirUser"] == "https://causeway.test/fhir/Practitioner/grey"
    assert "nonce" not in claims
    assert "preferred_username" not in claims


async def test_a_nonce_comes_back(world) -> None:
    app, _ = world.app(), world.user()
    browser = world.browser()
    await browser.open(app.url("openid", nonce="n-1"))
    await browser.sign_in("dr.grey")
    answer = await browser.send("/auth/consent", decision="allow")
    code = answer.headers["location"].partition("code=")[2].partition("&")[0]
    token = await verified(world, (await app.exchange(code)).json()["id_token"])
    assert token.claims["nonce"] == "n-1"


async def test_without_openid_there_is_no_id_token(world) -> None:
    app, _ = world.app(), world.user()
    assert "id_token" not in await world.granted(app, "user/*.rs")


async def test_keys_are_public_and_change_with_an_overlap(world) -> None:
    app, _ = world.app(), world.user()
    first = (await world.granted(app, "openid"))["id_token"]
    shown = (await world.http.get("/auth/jwks")).json()["keys"]
    assert len(shown) == 1
    assert not {"d", "p", "q"} & shown[0].keys()
    assert (shown[0]["kty"], shown[0]["use"], shown[0]["alg"]) == ("RSA", "sig", "RS256")
    world.clock.forward(keys.LASTS)
    second = (await world.granted(app, "openid"))["id_token"]
    assert extract_compact(second.encode()).headers()["kid"] != extract_compact(first.encode()).headers()["kid"]
    shown = (await world.http.get("/auth/jwks")).json()["keys"]
    assert len(shown) == 2
    await verified(world, first)
    await verified(world, second)
    world.clock.forward(keys.LASTS)
    assert len((await world.http.get("/auth/jwks")).json()["keys"]) == 2


def test_of_several_that_make_a_key_at_once_one_does(world) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: keys.signing(world.store, 0), range(3)))
    assert len({key.kid for key in found}) == 1


async def test_userinfo_tells_as_much_as_the_scope(world) -> None:
    app, user = world.app(), world.user()
    told = {}
    for scope in ("openid", "openid fhirUser", "openid profile"):
        token = (await world.granted(app, scope))["access_token"]
        answer = await world.read(token, "/auth/userinfo")
        assert answer.headers["cache-control"] == "no-store"
        told[scope] = answer.json()
    who = "https://causeway.test/fhir/Practitioner/grey"
    assert told == {
        "openid": {"sub": user.sub},
        "openid fhirUser": {"sub": user.sub, "fhirUser": who},
        "openid profile": {"sub": user.sub, "fhirUser": who, "preferred_username": "dr.grey"},
    }


async def test_userinfo_is_for_whom_a_person_let_know(world) -> None:
    app, _ = world.app(), world.user()
    person = (await world.granted(app, "user/*.rs"))["access_token"]
    assert (await world.read(person, "/auth/userinfo")).status_code == 403
    service = await world.token(world.register())
    assert (await world.read(service, "/auth/userinfo")).status_code == 401
    assert (await world.read(None, "/auth/userinfo")).status_code == 401


@pytest.fixture
async def out(world):
    """A person who granted at a browser, the id_token that came of it, and the app."""
    app, _ = world.app(post_logout_redirect_uris=("https://app.test/bye",)), world.user()
    browser = world.browser()
    await browser.open(app.url("openid"))
    await browser.sign_in("dr.grey")
    answer = await browser.send("/auth/consent", decision="allow")
    code = answer.headers["location"].partition("code=")[2].partition("&")[0]
    return browser, (await app.exchange(code)).json()["id_token"], app


async def is_in(browser) -> bool:
    return "dr.grey" in (await browser.open("/auth/apps")).text


async def test_an_app_that_shows_whose_session_it_is_ends_it(out) -> None:
    browser, token, _ = out
    url = f"/auth/logout?id_token_hint={token}&post_logout_redirect_uri=https://app.test/bye&state=s"
    answer = await browser.open(url)
    assert answer.headers["location"] == "https://app.test/bye?state=s"
    assert not await is_in(browser)


async def test_an_expired_id_token_still_shows_it(world, out) -> None:
    browser, token, _ = out
    for _ in range(5):
        world.clock.forward(800)
        assert await is_in(browser)
    await browser.open(f"/auth/logout?id_token_hint={token}")
    assert not await is_in(browser)


@pytest.mark.parametrize("uri", ["https://evil.test/", "https://app.test/bye/more", "javascript:alert(1)"])
async def test_a21_signing_out_leads_nowhere_else(out, uri) -> None:
    browser, token, _ = out
    answer = await browser.open(f"/auth/logout?id_token_hint={token}&post_logout_redirect_uri={uri}")
    assert "location" not in answer.headers
    assert "Sign in" in answer.text


HINTS = ["", "id_token_hint=nonsense", "id_token_hint={token}x", "id_token_hint={token}&client_id=another"]


@pytest.mark.parametrize("hint", HINTS)
async def test_whoever_cannot_show_it_ends_nothing(out, hint) -> None:
    browser, token, _ = out
    answer = await browser.open(
        f"/auth/logout?{hint.format(token=token)}&post_logout_redirect_uri=https://app.test/bye"
    )
    assert "location" not in answer.headers
    assert await is_in(browser)


async def test_a_person_confirms_what_an_app_cannot_show(out) -> None:
    browser, _, _ = out
    assert "Sign out?" in (await browser.open("/auth/logout")).text
    await browser.send("/auth/sign-out")
    assert not await is_in(browser)
