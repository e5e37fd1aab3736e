"""``causeway user``, and what ``causeway client`` does for people's apps, as they are typed."""

import json

import pyotp
import pytest
from typer.testing import CliRunner

from interfaces.cli import client, user
from server.auth import users
from server.auth.sign_in import sign_in
from server.store.store import open_store

PASSWORD = "correct horse battery staple"


@pytest.fixture
def url(tmp_path, monkeypatch):
    found = f"sqlite:///{tmp_path}/users.db"
    monkeypatch.setenv("CAUSEWAY_STORE", found)
    return found


@pytest.fixture
def run(url):
    return lambda *arguments, typed=PASSWORD: CliRunner().invoke(user.app, arguments, input=f"{typed}\n")


@pytest.fixture
def run_client(url):
    return lambda *arguments: CliRunner().invoke(client.app, arguments)


def signs_in(url, name: str, password: str = PASSWORD, code: str = "", now: int = 1000) -> bool:
    with open_store(url) as store:
        return sign_in(store, name, password, code, now) is not None


def test_a_person_is_added_listed_and_disabled(run, url) -> None:
    added = json.loads(run("add", "Dr.Grey", "--role", "practitioner", "--practitioner", "grey", "--json").output)
    assert added == {
        "name": "dr.grey",
        "role": "practitioner",
        "tenant": "default",
        "practitioner": "grey",
        "second_factor": False,
        "disabled": False,
    }
    assert json.loads(run("list", "--json").output) == [added]
    assert "dr.grey" in run("list").output
    assert signs_in(url, "DR.GREY ")
    assert run("disable", "dr.grey").output == "dr.grey is disabled\n"
    assert not signs_in(url, "dr.grey")
    assert run("password", "dr.grey", typed="another password").exit_code == 0
    assert signs_in(url, "dr.grey", "another password")
    assert not signs_in(url, "dr.grey", PASSWORD)


def test_no_password_is_shown_or_kept(run, url, tmp_path) -> None:
    assert PASSWORD not in run("add", "ann", "--role", "coder", "--json").output
    assert all(PASSWORD.encode() not in file.read_bytes() for file in tmp_path.iterdir())
    with open_store(url) as store:
        assert users.find(store, "ann").password.startswith("$argon2id$")


def test_a_second_factor_is_asked_for_until_it_is_not(run, url) -> None:
    run("add", "ann", "--role", "coder")
    uri = json.loads(run("totp", "ann", "--json").output)["uri"]
    code = pyotp.parse_uri(uri).at(1000)
    assert not signs_in(url, "ann")
    assert signs_in(url, "ann", code=code)
    run("totp", "ann", "--off")
    assert signs_in(url, "ann")


REFUSED = {
    "a short password": (("add", "ann", "--role", "coder"), "short", "12 to 256 characters"),
    "no such role": (("add", "ann", "--role", "king"), PASSWORD, "there is no such role"),
    "a patient who is nobody": (("add", "ann", "--role", "patient"), PASSWORD, "needs the id of the Patient"),
    "an id that is none": (("add", "ann", "--role", "patient", "--patient", "../x"), PASSWORD, "an id of FHIR"),
    "a name that is none": (("add", "a b", "--role", "coder"), PASSWORD, "a user's name"),
    "nobody to disable": (("disable", "nobody"), "", "there is no such user"),
}


@pytest.mark.parametrize(("arguments", "typed", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_said_on_one_line(run, arguments, typed, told) -> None:
    done = run(*arguments, typed=typed)
    assert done.exit_code == 1
    assert told in done.output
    assert "Traceback" not in done.output


def test_a_name_is_given_once(run) -> None:
    assert run("add", "ann", "--role", "coder").exit_code == 0
    again = run("add", "ANN", "--role", "administrator")
    assert (again.exit_code, "already" in again.output) == (1, True)


def test_an_app_is_launched_by_hand(run_client) -> None:
    uris = ("--redirect-uri", "https://app.test/back", "--launch-uri", "https://app.test/launch")
    added = json.loads(run_client("add", "--name", "An app", *uris, "--scope", "launch").output)
    launch = ("launch", added["client_id"], "--base-url", "https://causeway.test/")
    said = json.loads(run_client(*launch, "--patient", "ann", "--json").output)
    assert said["url"] == f"https://app.test/launch?iss=https%3A%2F%2Fcauseway.test%2Ffhir&launch={said['launch']}"
    assert run_client(*launch).output.startswith("https://app.test/launch?iss=")
    assert run_client("launch", "nobody", "--base-url", "https://causeway.test").exit_code == 1
    assert run_client("approve", "nobody").exit_code == 1
    assert json.loads(run_client("approve", added["client_id"], "--json").output)["approved"] is True
