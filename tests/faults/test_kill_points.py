"""kill -9 between any two writes of an entry: it stands whole or not at all, and sent again it stands once."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.store.query import EVERYTHING, term
from server.store.query import equals as equal
from server.store.store import open_engine

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

STRACE = shutil.which("strace")

PROGRAM = """
import os, signal, sys
from server.store.batch import Submission
from server.store.commit import Committer
from server.store.entry import Entry, Key, Write
from server.store.journal import new_id, now
from server.store.store import open_engine
from server.store.query import term

def fold(snapshot):
    "The next version of a patient, and three resources that are new."
    patient = Key("Patient", "anna")
    base = stored.version if (stored := snapshot.read(patient)) else 0
    number = term("entry", str(base + 1))
    writes = [Write(patient, base, b"%d" % (base + 1), (number,), (f"mrn|{base + 1}", "mrn"))]
    writes += [Write(Key("Observation", f"o{base}{n}"), 0, b"{}" * 500, (number,)) for n in range(3)]
    return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "a", "mllp", tuple(writes))

def send(engine, dedupe):
    submission = Submission(fold, dedupe)
    Committer(engine, now, new_id, lambda _: None).commit("clinic", [submission])
    return submission.future.result()
"""

ONE = (
    PROGRAM
    + """
engine = open_engine(sys.argv[1])
os.write(1, b"NOW")
send(engine, "two")
engine.close()
"""
)


def whole(engine):
    """How many entries there are; every one of them wrote all that it writes."""
    last = engine.project("clinic")
    patients = {entry.writes[0].body for entry in engine.tail("clinic", 0, 9)}
    assert patients == {b"%d" % n for n in range(1, last + 1)}
    assert engine.read("clinic", engine.tail("clinic", 0, 1)[0].writes[0].key).body == b"%d" % last
    assert set(engine.holders("clinic", [f"mrn|{n}" for n in range(1, 9)])) == {f"mrn|{last}"}
    for n in range(1, last + 1):
        assert engine.count("clinic", "Observation", equal(term("entry", str(n)))) == 3
        assert engine.count("clinic", "Patient", equal(term("entry", str(n)))) == (n == last)
    assert engine.count("clinic", "Observation", EVERYTHING) == 3 * last
    return last


def again(url):
    """The sender sends it again."""
    namespace = {}
    exec(PROGRAM, namespace)
    engine = open_engine(url)
    before = whole(engine)
    assert before in {1, 2}
    assert namespace["send"](engine, "two").seq == whole(engine) == 2
    engine.close()
    return before


def begun(url):
    namespace = {}
    exec(PROGRAM, namespace)
    engine = open_engine(url)
    namespace["send"](engine, "one")
    engine.close()


CALLS = ("pwrite64", "fdatasync", "ftruncate", "unlink")


@pytest.mark.skipif(STRACE is None, reason="no strace here")
@pytest.mark.parametrize("call", CALLS)
def test_of_the_embedded_store(tmp_path, call):
    """Every system call by which the file is changed, from the entry's first to the checkpoint's last."""
    first = tmp_path / "first.db"
    begun(f"sqlite:///{first}")
    stood = []
    for number in points(copied(first, tmp_path / "counted.db"), call):
        path = copied(first, tmp_path / f"{number}.db")
        traced = [STRACE, "-qq", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"]
        command = [*traced, "-o", "/dev/null", sys.executable, "-c", ONE, f"sqlite:///{path}"]
        assert subprocess.run(command, check=False, capture_output=True).returncode != 0
        stood.append(again(f"sqlite:///{path}"))
    assert stood == sorted(stood), "from one of the points on it stands"
    assert call in {"ftruncate", "unlink"} or {1, 2} == set(stood)


def copied(first, path):
    shutil.copy(first, path)
    return path


def points(path, call):
    """Which of the process's calls are made from the moment on that the entry is sent."""
    log = Path(f"{path}.strace")
    traced = [STRACE, "-qq", "-e", f"trace={call},write", "-o", str(log)]
    subprocess.run([*traced, sys.executable, "-c", ONE, f"sqlite:///{path}"], check=True, capture_output=True)
    before, _, after = log.read_text().partition('write(1, "NOW"')
    start = len(re.findall(rf"^{call}\(", before, re.MULTILINE))
    return range(start + 1, start + 1 + len(re.findall(rf"^{call}\(", after, re.MULTILINE)))


LISTENING = """
from pymongo.monitoring import CommandListener
from server.store import mongo_server

class Ending(CommandListener):
    "Ends the process when the command of that number is sent, or is done."
    def __init__(self, event, number):
        self.event, self.number, self.seen = event, number, -10**9
    def _count(self, event):
        if event == self.event:
            self.seen += 1
            if self.seen == self.number:
                os.kill(os.getpid(), signal.SIGKILL)
    def started(self, event): self._count("started")
    def succeeded(self, event): self._count("succeeded")
    def failed(self, event): self._count("succeeded")

ending = Ending(sys.argv[2], int(sys.argv[3]))
mongo_server.PATIENCE["event_listeners"] = [ending]
engine = open_engine(sys.argv[1])
ending.seen = 0
send(engine, "two")
print(ending.seen)
engine.close()
"""


@pytest.mark.mongodb
@pytest.mark.parametrize("event", ["started", "succeeded"])
def test_of_the_distributed_store(mongodb_databases, event):
    """Every command, when it is sent and when it is done."""
    stood, number = [], 0
    while True:
        number += 1
        url = mongodb_databases()
        begun(url)
        command = [sys.executable, "-c", PROGRAM + LISTENING, url, event, str(number)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        stood.append(again(url))
        if done.returncode == 0:
            break
    assert number > int(done.stdout) > 5, "every command was reached"
    assert {1, 2} == set(stood)
