"""``causeway chaos``, as it is typed, and that it finds what is wrong."""

import json
from dataclasses import replace
from itertools import islice

import pytest
from typer.testing import CliRunner

from interfaces.chaos.findings import TENANT, findings
from interfaces.chaos.senders import Feed
from interfaces.cli.main import app
from mappings.v2.message import parse
from server.intake.receive import Intake
from server.settings import Settings
from server.store.store import open_store


def test_a_few_kills_lose_and_double_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/chaos.db"
    done = CliRunner().invoke(app, ["chaos", "--kills", "3", "--connections", "3", "--store", url, "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["found"]) == (0, [])
    assert sum(told["kills"].values()) == 3
    with open_store(url) as store:
        assert store.last(TENANT) == told["acknowledged"] > 0
    again = CliRunner().invoke(app, ["chaos", "--kills", "0", "--store", url])
    assert (again.exit_code, again.stderr) == (1, "causeway: the store is not empty: name one that is\n")


@pytest.fixture
def fed(store):
    """A store with two connections' messages, and what the senders know of them."""
    feeds = [Feed(number, seed=4) for number in range(2)]
    intake = Intake(store, Settings().site_of)
    for each in feeds:
        each.sent = list(islice(each.messages(), 6))
        each.answers = [intake.receive(message, "mllp").result().reply for message in each.sent]
    return store, feeds


def test_what_is_as_it_was_promised_is_found_so(fed):
    assert findings(*fed) == []


def test_one_message_less_is_found(fed):
    store, feeds = fed
    lost = Feed(2, seed=4)
    lost.sent = list(islice(lost.messages(), 1))
    lost.answers = [b"MSA|AA|"]
    assert findings(store, [*feeds, lost])[0] == f"was acknowledged and is not kept: {parse(lost.sent[0]).control_id}"


def test_one_message_twice_is_found(fed):
    store, feeds = fed
    twice = feeds[0].sent[0]
    Intake(store, Settings().site_of).receive(twice, "mllp", replay_of="x").result()
    assert f"is kept more than once: {parse(twice).control_id}" in findings(store, feeds)


def test_another_answer_is_found(fed):
    store, feeds = fed
    feeds[1].answers[2] = b"MSA|AA|other"
    assert findings(store, feeds) == [f"was answered otherwise: {parse(feeds[1].sent[2]).control_id}"]


def test_another_state_is_found(fed):
    store, feeds = fed
    patient = next(key for entry in store.tail(TENANT, 0, 9) for key in (w.key for w in entry.writes))

    def touched(snapshot):
        version = snapshot.read(patient)
        entry = store.tail(TENANT, 0, 1)[0]
        write = replace(entry.writes[0], key=patient, base=version.version, reserves=version.reserves)
        return replace(entry, id="other", writes=(write,), about={})

    store.submit(TENANT, touched).result()
    assert f"is not as in an undisturbed run: {patient}" in findings(store, feeds)


def test_a_projection_that_is_not_its_journals_is_found(fed):
    store, feeds = fed
    store.submit(TENANT, lambda s: replace(store.tail(TENANT, 0, 1)[0], id="x", writes=())).result()
    with store.engine._file.writing() as db:
        db.execute("UPDATE resource SET newest = 1 WHERE n = 2")
    assert any(each.startswith("is not as its journal says: ") for each in findings(store, feeds))
