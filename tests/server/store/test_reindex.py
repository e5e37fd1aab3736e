"""What is found by something else now is found by that, while the store is in use, after a kill."""

import json
import subprocess
import sys
import threading

import pytest

from server.store.check import check
from server.store.query import EVERYTHING, equals
from server.store.reindex import reindex


def newer(version):
    """The search parameters of a next release: names in capitals, and one more."""
    said = json.loads(version.body)["terms"]
    return tuple(sorted([*(each.upper() for each in said), "kind\x1fnew"]))


@pytest.fixture
def found(engine):
    return lambda *texts: {text: engine.count("clinic", "Patient", equals(text)) for text in texts}


def test_resources_are_found_by_what_their_bodies_say_now(engine, fill, found):
    fill(engine, "clinic", 400)
    fill(engine, "other", 4)
    assert found("name\x1fbob", "NAME\x1fBOB", "kind\x1fnew") == {
        "name\x1fbob": 100,
        "NAME\x1fBOB": 0,
        "kind\x1fnew": 0,
    }
    looked = []
    assert reindex(engine, "clinic", "Patient", newer, looked.append) == 100
    assert sum(looked) == 200
    assert found("name\x1fbob", "NAME\x1fBOB", "kind\x1fnew") == {
        "name\x1fbob": 0,
        "NAME\x1fBOB": 100,
        "kind\x1fnew": 100,
    }
    assert engine.count("other", "Patient", equals("name\x1fbob")) == 1
    assert engine.count("clinic", "Encounter", equals("name\x1fvisit")) == 100
    assert reindex(engine, "clinic", "Patient", newer) == 0


def test_the_journal_says_the_same_afterwards(engine, fill):
    fill(engine, "clinic", 8)
    for type in engine.types("clinic"):
        reindex(engine, "clinic", type, newer)
    assert [each.faults for each in check(engine, newer).values()] == [[], []]
    entry = engine.tail("clinic", 2, 1)[0]
    assert [write.terms for write in entry.writes if write.key.id == "1b"] == [
        ("N\x1f3", "NAME\x1fBOB", "kind\x1fnew"),
    ]
    assert [write.terms for write in entry.writes if write.key.id == "1a"] == [("n\x1f3", "name\x1fanna")]


def test_what_was_written_again_meanwhile_is_left_as_it_is(engine, fill, write, entry):
    fill(engine, "clinic", 2)
    old = engine.read("clinic", write("Patient/1b").key)
    engine.append("clinic", [entry(3, write("Patient/1b", 1, terms=("later",)))])
    engine.project("clinic")
    assert engine.reindex("clinic", [old]) == 0
    assert engine.read("clinic", old.key).terms == ("later",)
    assert engine.count("clinic", "Patient", equals("later")) == 1
    assert engine.count("clinic", "Patient", equals("name\x1fbob")) == 0


def test_an_interrupted_one_goes_on(engine, fill, found):
    def stop(_):
        raise KeyboardInterrupt

    fill(engine, "clinic", 500)
    with pytest.raises(KeyboardInterrupt):
        reindex(engine, "clinic", "Patient", newer, stop)
    before = found("kind\x1fnew")["kind\x1fnew"]
    looked = []
    assert 0 < before < 125
    assert reindex(engine, "clinic", "Patient", newer, looked.append) == 125 - before
    assert sum(looked) == 50
    assert found("kind\x1fnew") == {"kind\x1fnew": 125}


REINDEX = """
import json, sys
from server.store.reindex import reindex
from server.store.store import open_engine

def newer(version):
    said = json.loads(version.body)["terms"]
    return tuple(sorted([*(each.upper() for each in said), "kind\\x1fnew"]))

reindex(open_engine(sys.argv[1]), "clinic", "Patient", newer, lambda done: print(done, flush=True))
"""


def test_one_that_is_killed_goes_on_while_others_write(url, engine, reopen, fill, found):
    fill(engine, "clinic", 800)
    writer, stop = reopen(), threading.Event()

    def write():
        while not stop.is_set():
            fill(writer, "clinic", 4)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        working = subprocess.Popen([sys.executable, "-c", REINDEX, url], stdout=subprocess.PIPE, text=True)
        working.stdout.readline()
        working.kill()
        working.communicate()
        assert found("kind\x1fnew")["kind\x1fnew"] > 0
        reindex(engine, "clinic", "Patient", newer)
    finally:
        stop.set()
        thread.join()
    for type in ("Patient", "Encounter"):
        reindex(engine, "clinic", type, newer)
    assert found("kind\x1fnew") == {"kind\x1fnew": engine.count("clinic", "Patient", EVERYTHING)}
    assert [each.faults for each in check(engine, newer).values()] == [[], []]
