"""``causeway messages``: the log, one message, and taking it in once more."""

import json

import pytest
from typer.testing import CliRunner

from interfaces.cli.main import app
from server.intake.receive import Intake
from server.settings import Settings
from server.store.store import open_store

GOOD = (
    b"MSH|^~\\&|ADT|RIVER|X|Y|20260301080000+0000||ADT^A04|good|P|2.5.1\rEVN|A04\rPID|1||M1^^^RIVER^MR||Abel^Ann\r"
    b"PV1|1|O|||||||||||||||||V1^^^RIVER^VN\r"
)
BAD = b"MSH|^~\\&|LAB|EAST|X|Y|20260301080000+0000||ADT^A04|bad|P|2.5.1\rEVN|A04\rPID|1||||Abel^Ann\r"


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path}/causeway.db"
    with open_store(url) as store:
        intake = Intake(store, Settings().site_of)
        for raw in (GOOD, BAD):
            intake.receive(raw, "mllp").result()
    return url


@pytest.fixture
def run(url):
    def invoke(*arguments):
        return CliRunner().invoke(app, ["messages", *arguments, "--store", url])

    return invoke


FILTERS = {
    "all, newest first": ((), ["bad", "good"]),
    "by status": (("--status", "error"), ["bad"]),
    "by control id": (("--control-id", "good"), ["good"]),
    "by sender": (("--sender", "ADT|RIVER"), ["good"]),
    "since a day to come": (("--since", "2999-01-01"), []),
    "as many as wanted": (("--limit", "1"), ["bad"]),
}


@pytest.mark.parametrize(("options", "expected"), FILTERS.values(), ids=FILTERS)
def test_the_list(run, options, expected):
    found = json.loads(run("list", "--json", *options).stdout)
    assert [each["control_id"] for each in found] == expected
    assert all(set(each) == {"id", "at", "sender", "control_id", "type", "status", "ack"} for each in found)


def test_the_list_for_people(run):
    shown = run("list").stdout
    assert "good" in shown
    assert "accepted" in shown


def test_one_message_with_all_that_came_of_it(run):
    (listed,) = json.loads(run("list", "--json", "--control-id", "good").stdout)
    shown = json.loads(run("show", listed["id"], "--json").stdout)
    assert shown["raw"].encode() == GOOD
    assert "MSA|AA|good" in shown["reply"]
    assert any(each.startswith("Patient/") for each in shown["resources"])
    assert "PID|1||M1" in run("show", listed["id"]).stdout


def test_a_message_taken_in_again(run):
    good, bad = (json.loads(run("list", "--json", "--control-id", name).stdout)[0] for name in ("good", "bad"))
    assert run("replay", good["id"]).exit_code == 0
    assert run("replay", bad["id"]).exit_code == 1
    assert len(json.loads(run("list", "--json").stdout)) == 4


@pytest.mark.parametrize("command", ["show", "replay"])
def test_one_that_is_not_there(run, command):
    result = run(command, "nothing")
    assert (result.exit_code, result.stderr.strip()) == (1, "no message nothing")


def test_a_date_that_is_none(run):
    assert run("list", "--since", "yesterday").exit_code == 2


def test_one_that_is_past_its_time_is_not_taken_in_again(run, url):
    with open_store(url) as store:
        store.engine.purge("default", store.tail("default", 0, 9), messages=True, versions=False)
    (good,) = json.loads(run("list", "--json", "--control-id", "good").stdout)
    result = run("replay", good["id"])
    assert (result.exit_code, result.stderr.strip()) == (
        1,
        f"message {good['id']} is past the time for which messages are kept",
    )
    assert json.loads(run("show", good["id"], "--json").stdout)["raw"] == ""
