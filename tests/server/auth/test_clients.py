"""What can be registered, and what is kept of it."""

from base64 import urlsafe_b64encode
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from mappings.fhir.json import dumps
from server.auth import clients, records, rfc7517, tokens
from server.auth.clients import BadClient, Client
from server.auth.rfc7517 import BadKeys
from server.auth.tokens import Token
from server.store.store import open_store

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
JWKS = {"keys": [ECKey.generate_key("P-384", {"kid": "one"}, private=False).as_dict(private=False)]}
SERVICE = Client(
    client_id="a", name="A clearing house", tenant="default", scope="system/*.rs", registered_at=AT, jwks=JWKS
)
APP = replace(SERVICE, jwks=None, redirect_uris=("https://app.test/cb",), launch_uri="https://app.test/launch")


def test_a_client_is_kept_and_shown_in_the_words_of_rfc_7591(store) -> None:
    clients.register(store, SERVICE, "test")
    assert clients.find(store, "a") == SERVICE
    assert clients.find(store, "b") is None
    assert SERVICE.metadata == {
        "client_id": "a",
        "client_name": "A clearing house",
        "tenant": "default",
        "scope": "system/*.rs",
        "token_endpoint_auth_method": "private_key_jwt",
        "client_id_issued_at": 1772366400,
        "jwks": JWKS,
    }


def test_clients_are_listed_in_the_order_they_came_until_they_are_revoked(store) -> None:
    for number in range(60):
        clients.register(store, replace(SERVICE, client_id=str(number), registered_at=AT.replace(second=number)), "x")
    assert clients.revoke(store, "7", "test")
    assert not clients.revoke(store, "7", "test")
    assert not clients.revoke(store, "never", "test")
    assert [each.client_id for each in clients.every(store)] == [str(each) for each in range(60) if each != 7]


def test_a14_what_is_kept_outlives_the_process(tmp_path) -> None:
    url = f"sqlite:///{tmp_path}/kept.db"
    token, kept = tokens.new(), Token(client_id="a", tenant="default", scope="system/*.rs", issued_at=1, expires_at=2)
    with closing(open_store(url)) as first:
        clients.register(first, SERVICE, "test")
        tokens.keep(first, token, kept)
        assert records.once(first, "jti|a|1", "a", 10)
    with closing(open_store(url)) as second:
        assert clients.find(second, "a") == SERVICE
        assert tokens.find(second, token) == kept
        assert not records.once(second, "jti|a|1", "a", 10)
        assert records.once(second, "jti|a|2", "a", 10)


BAD = {
    "no name": (SERVICE, {"name": " "}, "the name"),
    "a name with control characters": (SERVICE, {"name": "A\x1b[2J"}, "the name"),
    "a long name": (SERVICE, {"name": "x" * 201}, "the name"),
    "the server's own tenant": (SERVICE, {"tenant": "-auth"}, "a tenant's name"),
    "no tenant": (SERVICE, {"tenant": ""}, "a tenant's name"),
    "keys and a secret": (SERVICE, {"secret": "x"}, "but one of them"),
    "nothing to sign in with": (SERVICE, {"jwks": None}, "needs its public keys"),
    "no scope": (SERVICE, {"scope": ""}, "at least one scope"),
    "no SMART scope": (SERVICE, {"scope": "system/*.rs everything"}, "scope 2"),
    "A20 a script as address": (APP, {"redirect_uris": ("javascript:alert(1)",)}, "https"),
    "A20 data as address": (APP, {"redirect_uris": ("data:text/html,x",)}, "https"),
    "A20 http elsewhere": (APP, {"redirect_uris": ("http://app.test/cb",)}, "https"),
    "A20 a fragment": (APP, {"redirect_uris": ("https://app.test/cb#x",)}, "fragment"),
    "A20 somebody before the host": (APP, {"redirect_uris": ("https://app.test@evil.test/",)}, "https"),
    "A20 no host": (APP, {"redirect_uris": ("https:///cb",)}, "https"),
    "A20 a space": (APP, {"redirect_uris": ("https://app.test/c b",)}, "URI"),
    "A20 not even an address": (APP, {"redirect_uris": ("https://[::1",)}, "URI"),
    "a launch address without TLS": (APP, {"launch_uri": "http://app.test/launch"}, "https"),
}


@pytest.mark.parametrize(("client", "changed", "told"), BAD.values(), ids=BAD)
def test_a20_what_cannot_be_registered(store, client, changed, told) -> None:
    with pytest.raises(BadClient, match=told):
        clients.register(store, replace(client, **changed), "test")
    assert clients.every(store) == []


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.test/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:9/cb",
        "com.example.app:/cb",
    ],
)
def test_addresses_that_apps_have(uri) -> None:
    clients.check(replace(APP, redirect_uris=(uri,)))


def test_a_secret_is_kept_as_a_salted_hash() -> None:
    one, other = clients.hashed("secret"), clients.hashed("secret")
    assert one != other
    assert "secret" not in one
    assert [len(part) for part in one.split(":")] == [32, 128]


def public(key, **more: object) -> dict[str, object]:
    return {**key.as_dict(private=False), "kid": "one", **more}


EC, RSA = ECKey.generate_key("P-384", private=True), RSAKey.generate_key(2048, private=True)


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


GOOD = {
    "RS384": [public(RSA)],
    "ES384": [public(EC, alg="ES384", use="sig", key_ops=["verify"])],
    "both": [public(RSA, kid="a"), public(EC, kid="b")],
}


@pytest.mark.parametrize("keys", GOOD.values(), ids=GOOD)
def test_key_sets_that_will_do(keys) -> None:
    assert rfc7517.read(dumps({"keys": keys})) == {"keys": keys}


BAD_KEYS = {
    "not JSON": (b"{", "not JSON"),
    "too long": (b" " * 70_000, "longer than"),
    "a list": (b"[]", "not a JSON Web Key Set"),
    "one key alone": (dumps(public(EC)), "not a JSON Web Key Set"),
    "no keys": (b'{"keys": []}', "not a JSON Web Key Set"),
    "too many keys": (dumps({"keys": [public(EC, kid=str(each)) for each in range(21)]}), "1 to 20 keys"),
    "keys that are no objects": (b'{"keys": ["x"]}', "key 1 has no kid"),
    "no kid": (dumps({"keys": [EC.as_dict(private=False) | {"kid": ""}]}), "key 1 has no kid"),
    "a kid twice": (dumps({"keys": [public(EC), public(RSA)]}), "two keys have the same kid"),
    "a private key": (dumps({"keys": [EC.as_dict(private=True) | {"kid": "x"}]}), "key 1 holds private key material"),
    "a private RSA key": (
        dumps({"keys": [public(EC), RSA.as_dict(private=True) | {"kid": "x"}]}),
        "key 2 holds private",
    ),
    "a symmetric key": (dumps({"keys": [OctKey.generate_key(256).as_dict() | {"kid": "x"}]}), "key 1 holds private"),
    "for encryption": (dumps({"keys": [public(EC, use="enc")]}), "key 1 is not for signatures"),
    "for signing only": (dumps({"keys": [public(EC, key_ops=["sign"])]}), "key 1 is not for signatures"),
    "another curve": (dumps({"keys": [public(ECKey.generate_key("P-256"))]}), "neither RS384"),
    "too short": (dumps({"keys": [public(RSA, n=base64url(b"\x81" * 128))]}), "neither RS384"),
    "for another algorithm": (dumps({"keys": [public(RSA, alg="RS256")]}), "neither RS384"),
    "another kind": (b'{"keys": [{"kid": "x", "kty": "OKP", "crv": "Ed25519", "x": "AA"}]}', "not a public key"),
    "no kind": (b'{"keys": [{"kid": "x"}]}', "not a public key"),
    "a kind that is a list": (b'{"keys": [{"kid": "x", "kty": ["RSA"]}]}', "not a public key"),
    "not on the curve": (dumps({"keys": [public(EC, y=EC.as_dict()["x"])]}), "not a public key"),
    "parts missing": (b'{"keys": [{"kid": "x", "kty": "RSA", "n": "AQAB"}]}', "not a public key"),
}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(("data", "told"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_key_sets_that_will_not_do(data, told) -> None:
    with pytest.raises(BadKeys, match=told):
        rfc7517.read(data)
