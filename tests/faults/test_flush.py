"""What was acknowledged was flushed to the disk before: seen from outside of the processes, by their system calls."""

import asyncio
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from itertools import islice

import pytest

from interfaces.chaos.senders import Connection, Feed
from interfaces.serving import serving
from server.store.entry import Entry
from server.store.store import open_store

STRACE = shutil.which("strace")

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(240),
    pytest.mark.skipif(STRACE is None, reason="no strace here"),
]


@contextmanager
def traced(pids, log, calls):
    """https://man7.org/linux/man-pages/man1/strace.1.html"""
    options = ["-f", "-y", "-ttt", "-T", "-s", "300", "-e", f"trace={calls}", "-o", str(log)]
    who = [option for pid in pids for option in ("-p", str(pid))]
    with subprocess.Popen([STRACE, *options, *who], stderr=subprocess.PIPE, text=True) as tracer:
        try:
            for _ in pids:
                said = tracer.stderr.readline()
                if "attached" not in said:
                    pytest.skip(f"strace may not attach here: {said.strip()}")
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(30)
            tracer.stderr.close()


async def sent(address, messages):
    sender = Connection(address)
    answers = [await sender.send(message) for message in messages]
    await sender.close()
    return answers


def test_the_embedded_stores_log_is_flushed_between_any_two_acknowledgements(tmp_path):
    url, log = f"sqlite:///{tmp_path}/store.db", tmp_path / "calls"
    messages = list(islice(Feed(0, seed=8).messages(), 6))
    with (
        serving(url, "127.0.0.1:0", "127.0.0.1:0") as server,
        traced([server.pid], log, "fdatasync,fsync,write,writev,sendto,sendmsg"),
    ):
        assert all(b"\rMSA|AA|" in answer for answer in asyncio.run(sent(server.mllp, messages)))
    lines = log.read_text().splitlines()
    answers = [place for place, line in enumerate(lines) if "MSA|AA|" in line]
    assert len(answers) == 6
    for before, answer in zip([0, *answers], answers, strict=False):
        flushes = [line for line in lines[before:answer] if "sync(" in line and "store.db-wal" in line]
        assert flushes, "acknowledged, and not flushed before"


FLUSH = re.compile(r"(\d+\.\d+) .*(?:fdatasync|fsync)\(.*pg_wal/.*= 0 <(\d+\.\d+)>")


@pytest.mark.mongodb
@pytest.mark.xdist_group("database")
def test_the_databases_log_is_flushed_within_each_append(database, tmp_path):
    """PostgreSQL's write-ahead log, beneath DocumentDB and FerretDB."""
    log, appends = tmp_path / "calls", []
    with (
        open_store(f"mongodb://127.0.0.1:{database.port}/flushed") as store,
        traced(database.tree("postgres"), log, "fdatasync,fsync"),
    ):
        for _ in range(5):
            begun = time.time()
            store.submit("clinic", lambda s: Entry(s.tenant, s.new_id(), s.at, "a", "cli")).result()
            appends.append((begun, time.time()))
    flushes = [(float(at), float(at) + float(took)) for at, took in FLUSH.findall(log.read_text())]
    for begun, ended in appends:
        assert any(begun <= since and until <= ended for since, until in flushes), "answered, and not flushed before"
