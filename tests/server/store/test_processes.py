"""Several processes on one store, and processes that die in the middle."""

import subprocess
import sys
import time

import pytest

from server.store.query import EVERYTHING, Search, equals, term

WRITER = """
import sys
from server.store.entry import Entry, Key, Write
from server.store.query import term
from server.store.store import open_store

url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])

def admit(n):
    value = f"Patient?identifier=mrn|{n % 7}"
    def fold(snapshot):
        key = snapshot.holders([value]).get(value) or Key("Patient", snapshot.new_id(value))
        base = stored.version if (stored := snapshot.read(key)) else 0
        visit = Key("Encounter", snapshot.new_id(f"{name}|{n}"))
        writes = (
            Write(key, base, b"%d" % (base + 1), (term("mrn", str(n % 7)), term("version", str(base + 1))), (value,)),
            Write(visit, 0, b"{}", (term("patient", key.id),)),
        )
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, name, "mllp", writes)
    return fold

store = open_store(url)
waiting = []
for n in range(count):
    waiting.append((n, store.submit("clinic", admit(n), dedupe=f"{name}|{n}")))
    if len(waiting) == 8 or n == count - 1:
        for sent, future in waiting:
            future.result()
            print(sent, flush=True)
        waiting = []
store.close()
"""


def start(url, name, count):
    command = [sys.executable, "-c", WRITER, url, name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def consistent(engine):
    """Every entry wrote its patient's next version and a visit; what is found agrees."""
    entries = engine.tail("clinic", 0, 10_000)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    newest = {}
    for entry in entries:
        patient, _ = entry.writes
        assert patient.base == newest.get(patient.key, 0)
        newest[patient.key] = patient.base + 1
    for key, version in newest.items():
        stored = engine.read("clinic", key)
        assert (stored.version, stored.body) == (version, b"%d" % version)
        found = engine.search("clinic", Search("Patient", equals(term("version", str(version))))).versions
        assert stored in found
        assert engine.count("clinic", "Encounter", equals(term("patient", key.id))) == version
    assert engine.count("clinic", "Patient", EVERYTHING) == len(newest) <= 7
    return entries


def test_two_processes_write_one_journal(url, reopen):
    writers = [start(url, name, 60) for name in ("a", "b")]
    for each in writers:
        each.communicate(timeout=90)
        assert each.returncode == 0
    entries = consistent(reopen())
    assert sorted(entry.dedupe for entry in entries) == sorted(f"{name}|{n}" for name in "ab" for n in range(60))
    assert len({entry.actor for entry in entries[:100]}) == 2


@pytest.mark.parametrize("kills", [4])
def test_a_killed_process_leaves_what_it_acknowledged_once_and_nothing_by_halves(url, reopen, kills):
    acknowledged = set()
    for round in range(kills):
        writer = start(url, "a", 100_000)
        for line in writer.stdout:
            acknowledged.add(f"a|{int(line)}")
            if len(acknowledged) > (round + 1) * 40:
                time.sleep(0.003 * round)
                writer.kill()
                break
        acknowledged |= {f"a|{int(line)}" for line in writer.stdout if line.endswith("\n")}
        writer.wait()
        writer.stdout.close()
    engine = reopen()
    engine.project("clinic")
    kept = [entry.dedupe for entry in consistent(engine)]
    assert len(kept) == len(set(kept))
    assert acknowledged <= set(kept)
