"""``causeway client``, as it is typed."""

import json

import pytest
from joserfc.jwk import ECKey
from typer.testing import CliRunner

from interfaces.cli.client import app

KEY = ECKey.generate_key("P-384", {"kid": "one"}, private=True)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_STORE", f"sqlite:///{tmp_path}/clients.db")
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def jwks(tmp_path):
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    return str(file)


def test_a_backend_service_is_registered_listed_and_revoked(run, jwks) -> None:
    added = json.loads(run("add", "--name", "A payer", "--jwks", jwks, "--scope", "system/*.rs").output)
    assert added["client_name"] == "A payer"
    assert added["token_endpoint_auth_method"] == "private_key_jwt"
    assert "client_secret" not in added
    assert json.loads(run("list", "--json").output) == [added]
    assert added["client_id"] in run("list").output
    revoked = run("revoke", added["client_id"], "--json")
    assert json.loads(revoked.output) == {"client_id": added["client_id"], "revoked": True}
    assert json.loads(run("list", "--json").output) == []
    assert run("revoke", added["client_id"]).exit_code == 1


def test_an_app_gets_its_secret_once(run, tmp_path) -> None:
    uris = ("--redirect-uri", "https://app.test/a", "--redirect-uri", "https://app.test/b")
    added = run("add", "--name", "An app", *uris, "--secret", "--scope", "openid", "--scope", "patient/*.rs")
    shown = json.loads(added.output)
    assert shown["redirect_uris"] == ["https://app.test/a", "https://app.test/b"]
    assert shown["scope"] == "openid patient/*.rs"
    secret = shown.pop("client_secret")
    assert json.loads(run("list", "--json").output) == [shown]
    assert all(secret.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_the_store_may_be_named(run, jwks, tmp_path) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    run("add", "--name", "A payer", "--jwks", jwks, "--scope", "system/*.rs", "--store", other)
    assert len(json.loads(run("list", "--json", "--store", other).output)) == 1
    assert json.loads(run("list", "--json").output) == []


REFUSED = {
    "no keys": (("--scope", "system/*.rs"), 1, "needs its public keys"),
    "no SMART scope": (("--redirect-uri", "https://app.test/", "--scope", "all"), 1, "scope 1 is not a SMART scope"),
    "no scope": (("--redirect-uri", "https://app.test/"), 2, "scope"),
    "an address for scripts": (("--redirect-uri", "javascript:x", "--scope", "openid"), 1, "https"),
    "keys at an address that is none": (("--jwks-url", "file:///jwks", "--scope", "system/*.rs"), 1, "has to be https"),
    "a file that is not there": (("--jwks", "/nowhere", "--scope", "system/*.rs"), 2, "does not exist"),
    "a store that is none": (
        ("--redirect-uri", "https://app.test/", "--scope", "openid", "--store", "redis://x"),
        1,
        "causeway: ",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_said_on_one_line(run, arguments, code, told) -> None:
    done = run("add", "--name", "X", *arguments)
    assert done.exit_code == code
    assert told in " ".join(done.output.replace("│", " ").split())
    assert "Traceback" not in done.output


def test_private_keys_are_refused(run, tmp_path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [KEY.as_dict(private=True)]}))
    done = run("add", "--name", "X", "--jwks", str(file), "--scope", "system/*.rs")
    assert done.exit_code == 1
    assert "private key material" in done.output
    assert KEY.as_dict(private=True)["d"] not in done.output
