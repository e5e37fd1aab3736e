"""Signing in with a signed assertion, as the specifications and those who attack it have it.

https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html, https://www.rfc-editor.org/rfc/rfc7523"""

import asyncio
import base64
import hmac
import json
import time

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from server.auth import clients
from server.auth.rfc7523 import LEEWAY, LONGEST

TOKEN_URL = "https://causeway.test/auth/token"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(service, header: str | None = None, claims: str | None = None, sign=None, **extra: object) -> str:
    """A JWS of texts that a proper library would not write, with a signature that holds."""
    head = header or json.dumps({"alg": service.alg, "kid": service.key.kid, **extra})
    signing = f"{base64url(head.encode())}.{base64url((claims or json.dumps(service.claims())).encode())}"
    algorithm = jws.JWSRegistry.algorithms[service.alg]
    signature = sign(signing.encode()) if sign else algorithm.sign(signing.encode(), service.key)
    return f"{signing}.{base64url(signature)}"


def hmac_of(secret: bytes, algorithm: str):
    return lambda data: hmac.digest(secret, data, algorithm)


def twice(service, name: str, value: str) -> str:
    """The service's claims, with one said once more."""
    return json.dumps(service.claims())[:-1] + f', "{name}": {value}}}'


async def refused(world, form) -> str:
    """The description of the one error that there is for a client that did not authenticate."""
    answer = await world.post(form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["www-authenticate"] == 'Basic realm="causeway", error="invalid_client"'
    return answer.json()["error_description"]


@pytest.mark.parametrize("alg", ["RS384", "ES384"])
@pytest.mark.parametrize(
    "aud", [TOKEN_URL, "https://causeway.test", "https://causeway.test/fhir", [TOKEN_URL]], ids=str
)
async def test_an_assertion_signs_a_client_in(world, alg, aud) -> None:
    service = world.register(alg=alg)
    answer = await world.post(service.form(client_assertion=service.assertion(aud=aud)))
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"].lower() == "bearer"


async def test_client_id_may_be_said_again_but_not_of_another(world) -> None:
    service = world.register()
    assert (await world.post(service.form(client_id=service.client.client_id))).status_code == 200
    assert await refused(world, service.form(client_id="another")) == "client_id is not the one of the assertion."


CLAIMS = {
    "A13 expired": ({"exp": -LEEWAY}, "The assertion has expired."),
    "A14 an hour to live": ({"exp": 3600}, "exp may be at most 300 seconds from now."),
    "A14 a little over five minutes": ({"exp": LONGEST + LEEWAY + 1}, "exp may be at most 300 seconds from now."),
    "A13 not yet": ({"nbf": LEEWAY + 1}, "The assertion is not valid yet: nbf or iat is in the future."),
    "A13 issued in the future": ({"iat": LEEWAY + 1}, "The assertion is not valid yet: nbf or iat is in the future."),
}


@pytest.mark.parametrize(("times", "told"), CLAIMS.values(), ids=CLAIMS)
async def test_a13_a14_times(world, times, told) -> None:
    service = world.register()
    now = int(world.clock().timestamp())
    assertion = service.assertion(**{name: now + offset for name, offset in times.items()})
    assert await refused(world, service.form(client_assertion=assertion)) == told


TIME = "exp, nbf and iat have to be numbers of seconds, and exp has to be there."
AUD = "aud has to be the URL of the token endpoint."
CHANGED = {
    "A12 no exp": ({"exp": None}, TIME),
    "exp is text": ({"exp": "soon"}, TIME),
    "exp is true": ({"exp": True}, TIME),
    "A13 no iss": ({"iss": None}, "iss and sub have to be the client_id."),
    "A13 another iss": ({"iss": "https://elsewhere.test"}, "iss and sub have to be the client_id."),
    "A13 A14 another aud": ({"aud": "https://elsewhere.test/token"}, AUD),
    "A13 for others as well": ({"aud": [TOKEN_URL, "https://elsewhere.test/token"]}, AUD),
    "for nobody": ({"aud": []}, AUD),
    "no aud": ({"aud": None}, AUD),
    "aud is an object": ({"aud": {"url": TOKEN_URL}}, AUD),
    "the address as a prefix": ({"aud": TOKEN_URL + ".elsewhere.test"}, AUD),
    "no jti": ({"jti": None}, "jti has to be a text of 1 to 255 characters."),
    "an empty jti": ({"jti": ""}, "jti has to be a text of 1 to 255 characters."),
    "a number as jti": ({"jti": 7}, "jti has to be a text of 1 to 255 characters."),
    "a long jti": ({"jti": "x" * 256}, "jti has to be a text of 1 to 255 characters."),
}


@pytest.mark.parametrize(("changed", "told"), CHANGED.values(), ids=CHANGED)
async def test_a12_a13_a14_claims(world, changed, told) -> None:
    service = world.register()
    assert await refused(world, service.form(client_assertion=service.assertion(**changed))) == told


UNVERIFIED = "The client assertion could not be verified."


async def test_an_unknown_client_is_answered_like_a_signature_that_does_not_hold(world) -> None:
    service, other = world.register(), ECKey.generate_key("P-384", {"kid": "ec"}, private=True)
    unknown = service.assertion(iss="nobody", sub="nobody")
    forged = jwt.encode({"alg": "ES384", "kid": "ec"}, service.claims(), other, algorithms=["ES384"])
    assert await refused(world, service.form(client_assertion=unknown)) == UNVERIFIED
    assert await refused(world, service.form(client_assertion=forged)) == UNVERIFIED


GARBAGE = {
    "text": "nonsense",
    "four parts": "a.b.c.d",
    "empty parts": "..",
    "not base64": "!.!.!",
    "not JSON": f"{base64url(b'{')}.{base64url(b'{}')}.x",
    "not objects": f"{base64url(b'[]')}.{base64url(b'7')}.x",
    "bad UTF-8": f"{base64url(b'{}')}.{base64url(bytes([0xFF, 0xFE]))}.x",
    "deep": f"{base64url(b'{}')}.{base64url(b'[' * 5000)}.x",
    "not ASCII": "ä.ö.ü",
}


@pytest.mark.parametrize("assertion", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_is_refused(world, assertion) -> None:
    assert await refused(world, world.register().form(client_assertion=assertion)) == UNVERIFIED


@pytest.mark.parametrize("type", ["urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt", None])
async def test_an_assertion_of_another_type_is_none(world, type) -> None:
    assert "cannot authenticate" in await refused(world, world.register().form(client_assertion_type=type))


MINE = ECKey.generate_key("P-384", {"kid": "ec"}, private=True)


def by_me(data: bytes) -> bytes:
    return jws.JWSRegistry.algorithms["ES384"].sign(data, MINE)


FORGERIES = {
    "alg none": lambda s: signed(s, '{"alg": "none", "kid": "ec"}', sign=lambda _: b""),
    "alg None": lambda s: signed(s, '{"alg": "None", "kid": "ec"}', sign=lambda _: b""),
    "no alg": lambda s: signed(s, '{"kid": "ec"}'),
    "HS384 with the public key": lambda s: signed(s, alg="HS384", sign=hmac_of(s.key.as_pem(private=False), "sha384")),
    "HS256 with the key set's text": lambda s: signed(
        s, alg="HS256", sign=hmac_of(json.dumps(s.client.jwks).encode(), "sha256")
    ),
    "a key in the header": lambda s: signed(s, jwk=MINE.as_dict(private=False), sign=by_me),
    "a key's address in the header": lambda s: signed(s, jku="https://evil.test/jwks", sign=by_me),
    "a certificate's address in the header": lambda s: signed(s, x5u="https://evil.test/cert", sign=by_me),
    "no kid": lambda s: signed(s, '{"alg": "ES384"}'),
    "a kid that is none of its": lambda s: signed(s, kid="other"),
    "a kid that is a path": lambda s: signed(s, kid="../../../dev/null"),
    "a kid that is SQL": lambda s: signed(s, kid="x' UNION SELECT 'key' --"),
    "a kid that is an object": lambda s: signed(s, kid={"$ne": None}),
    "an unknown crit": lambda s: signed(s, crit=["exp"], exp=1),
    "unencoded payload": lambda s: signed(s, crit=["b64"], b64=False),
    "another typ": lambda s: signed(s, typ="at+jwt"),
    "a claim twice": lambda s: signed(s, claims=twice(s, "exp", "9999999999")),
    "alg twice": lambda s: signed(s, '{"alg": "none", "alg": "ES384", "kid": "ec"}'),
    "a time that is no number": lambda s: signed(s, claims=twice(s, "nbf", "NaN")),
    "claims that are a list": lambda s: signed(s, claims="[]"),
    "another's signature": lambda s: signed(s, sign=by_me),
    "half a signature": lambda s: s.assertion()[:-64],
    "no signature": lambda s: s.assertion().rpartition(".")[0] + ".",
    "a header of 6 kB": lambda s: signed(s, x="y" * 4500),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_a12_a14_forgeries(world, forge) -> None:
    service = world.register()
    assert (await world.post(service.form(client_assertion=signed(service)))).status_code == 200
    forged = service.form(client_assertion=forge(service))
    before = time.perf_counter()
    assert await refused(world, forged) == UNVERIFIED
    assert time.perf_counter() - before < 0.5


async def test_a14_rs256_is_refused_for_every_key(world, keys) -> None:
    for alg in keys:
        service = world.register(alg=alg)
        made = jwt.encode({"alg": "RS256", "kid": service.key.kid}, service.claims(), keys["RS384"], ["RS256"])
        assert await refused(world, service.form(client_assertion=made)) == UNVERIFIED


async def test_a12_what_is_too_long_is_not_parsed(world) -> None:
    service = world.register()
    before = time.perf_counter()
    assert await refused(world, service.form(client_assertion=service.assertion() + "x" * 8192)) == UNVERIFIED
    answer = await world.post(service.form(client_assertion="x" * 20_000_000))
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")
    assert time.perf_counter() - before < 2


async def test_another_clients_key_does_not_do(world) -> None:
    one, other = world.register(alg="ES384"), world.register(alg="RS384")
    made = jwt.encode({"alg": "RS384", "kid": "rsa"}, one.claims(), other.key, algorithms=["RS384"])
    assert await refused(world, one.form(client_assertion=made)) == UNVERIFIED


USED = "The assertion was used before: its jti has to be new."


async def test_a14_an_assertion_is_good_once(world) -> None:
    service = world.register()
    form = service.form()
    assert (await world.post(form)).status_code == 200
    assert await refused(world, form) == USED
    again = service.form(client_assertion=service.assertion(jti=service_jti(form)))
    assert await refused(world, again) == USED


async def test_a14_an_assertion_is_good_once_at_the_same_time(world) -> None:
    form = world.register().form()
    answers = await asyncio.gather(*(world.post(form) for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [200] + [401] * 7


async def test_a14_an_assertion_is_good_once_whatever_for(world) -> None:
    service = world.register()
    form = service.form(scope="system/Claim.cud")
    assert (await world.post(form)).json()["error"] == "invalid_scope"
    assert await refused(world, form) == USED
    introspected = await world.post(form | {"token": "x"}, "/auth/introspect")
    assert (introspected.status_code, introspected.json()["error"]) == (401, "invalid_client")


async def test_two_clients_may_have_the_same_jti(world) -> None:
    for service in (world.register(), world.register()):
        form = service.form(client_assertion=service.assertion(jti="one"))
        assert (await world.post(form)).status_code == 200


async def test_a14_what_does_not_hold_uses_nothing_up(world) -> None:
    service = world.register()
    wrong = jwt.encode(
        {"alg": "ES384", "kid": "ec"},
        service.claims(jti="mine"),
        ECKey.generate_key("P-384", {"kid": "ec"}, private=True),
        algorithms=["ES384"],
    )
    assert await refused(world, service.form(client_assertion=wrong)) == UNVERIFIED
    assert (await world.post(service.form(client_assertion=service.assertion(jti="mine")))).status_code == 200


async def test_a22_a_revoked_client_cannot_sign_in(world) -> None:
    service = world.register()
    assert clients.revoke(world.store, service.client.client_id, "test")
    assert await refused(world, service.form()) == UNVERIFIED


async def test_a_key_is_chosen_by_its_kid(world) -> None:
    service = world.register()
    old, new = (RSAKey.generate_key(2048, {"kid": kid}, private=True) for kid in ("old", "new"))
    shown = [service.key, old, new]
    rotating = clients.Client(
        client_id="rotating",
        name="A payer",
        tenant="default",
        scope="system/*.rs",
        registered_at=world.clock(),
        jwks={"keys": [each.as_dict(private=False) for each in shown]},
    )
    clients.register(world.store, rotating, "test")
    for key in (old, new):
        claims = service.claims(iss="rotating", sub="rotating")
        made = jwt.encode({"alg": "RS384", "kid": key.kid}, claims, key, algorithms=["RS384"])
        assert (await world.post(service.form(client_assertion=made))).status_code == 200
    crossed = jwt.encode({"alg": "RS384", "kid": "old"}, claims, new, algorithms=["RS384"])
    assert await refused(world, service.form(client_assertion=crossed)) == UNVERIFIED


def service_jti(form: dict[str, str]) -> str:
    claims = form["client_assertion"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["jti"]
