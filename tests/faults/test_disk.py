"""The embedded store's disk in trouble while a server is fed: nothing is acknowledged that is not kept, ``/readyz``
says no, and when it ends all goes on by itself."""

import asyncio
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from interfaces.chaos.findings import findings
from interfaces.chaos.senders import Connection, Feed, until_taken
from interfaces.serving import NotServing, serving
from server.intake.receive import Intake
from server.settings import Settings
from server.store.store import open_store

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

STRACE = shutil.which("strace")


@contextmanager
def injected(server, path, what):
    """The system calls on the store's files fail: https://man7.org/linux/man-pages/man1/strace.1.html"""
    files = [option for end in ("", "-wal") for option in ("-P", f"{path}{end}")]
    command = [STRACE, "-f", "-p", str(server.pid), *files, "-e", f"inject={what}", "-o", "/dev/null"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        try:
            said = tracer.stderr.readline()
            if "attached" not in said:
                pytest.skip(f"strace may not attach here: {said.strip()}")
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(20)
            tracer.stderr.close()


@contextmanager
def no_larger(server, path):
    """No file may grow: what a quota or ``ulimit -f`` does."""
    wal = Path(f"{path}-wal").stat().st_size
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (wal + 100, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def full(server, path):
    """All that is left of the file system is taken."""
    filler = path.parent / "filler"
    with filler.open("wb", buffering=0) as taken:
        try:
            while True:
                taken.write(bytes(4096))
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def locked(server, path):
    """Another program has begun to write, and does not end."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def failing(what):
    def fault(server, path):
        return injected(server, path, what)

    return pytest.param(fault, marks=pytest.mark.skipif(STRACE is None, reason="no strace here"))


FAULTS = {
    "fsync fails": failing("fdatasync,fsync:error=EIO"),
    "writing fails": failing("pwrite64:error=EIO"),
    "no space": failing("pwrite64:error=ENOSPC"),
    "read-only all at once": failing("pwrite64:error=EROFS"),
    "a file may not grow": no_larger,
    "locked": locked,
}


def ready(server):
    return httpx.get(f"{server.http}/readyz", timeout=60).status_code


async def taken(server, kept, message):
    sender = Connection(server.mllp)
    kept.sent.append(message)
    try:
        kept.answers.append(await asyncio.wait_for(until_taken(sender, message, kept), 60))
    finally:
        await sender.close()


async def refused(server, message):
    """Whether it is not acknowledged; as often as a sender would try within some seconds."""
    sender, ends, answers = Connection(server.mllp), time.monotonic() + 3, []
    while time.monotonic() < ends:
        answers.append(await sender.send(message))
        await asyncio.sleep(0.05)
    await sender.close()
    return all(b"\rMSA|AR|" in answer or not answer for answer in answers)


def lived_through(server, path, fault, url):
    """Three messages before, one that is not taken, then that one and two more."""
    kept = Feed(0, seed=5)
    given = kept.messages()
    for _ in range(3):
        asyncio.run(taken(server, kept, next(given)))
    held = next(given)
    with fault(server, path):
        assert asyncio.run(refused(server, held)), "acknowledged, though it could not be kept"
        assert ready(server) == 503
        assert httpx.get(f"{server.http}/livez").status_code == 200
    for message in (held, next(given), next(given)):
        asyncio.run(taken(server, kept, message))
    assert ready(server) == 200
    with open_store(url) as store:
        assert findings(store, [kept]) == []


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_disk_in_trouble_is_said_and_survived(tmp_path, fault):
    path = tmp_path / "store.db"
    with serving(f"sqlite:///{path}", "127.0.0.1:0", "127.0.0.1:0") as server:
        lived_through(server, path, fault, f"sqlite:///{path}")


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "none", folder], check=False, capture_output=True
    ).returncode:
        pytest.skip("only root may mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_said_and_survived(small_disk):
    path = small_disk / "store.db"
    with serving(f"sqlite:///{path}", "127.0.0.1:0", "127.0.0.1:0") as server:
        lived_through(server, path, full, f"sqlite:///{path}")


def test_a_read_only_disk_is_said_at_start(small_disk):
    url = f"sqlite:///{small_disk}/store.db"
    open_store(url).close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(NotServing), serving(url, "127.0.0.1:0", "127.0.0.1:0"):
        pass
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    with serving(url, "127.0.0.1:0", "127.0.0.1:0") as server:
        assert ready(server) == 200


def written(path):
    """A store whose last entry is in the log alone, as a crash leaves it; and where the log ended before that."""
    kept = Feed(0, seed=6)
    given = kept.messages()
    with open_store(f"sqlite:///{path}") as store:
        for _ in range(4):
            fill(store, kept, next(given))
        before = Path(f"{path}-wal").stat().st_size
        fill(store, kept, next(given))
        after = Path(f"{path}-wal").stat().st_size
        return kept, Path(path).read_bytes(), Path(f"{path}-wal").read_bytes(), before, after


def fill(store, kept, message):
    kept.sent.append(message)
    kept.answers.append(Intake(store, Settings().site_of).receive(message, "mllp").result().reply)


def cut(log, at):
    return log[:at]


def flipped(log, at):
    return log[:at] + bytes([log[at] ^ 0x40]) + log[at + 1 :]


def zeroed(log, at):
    """A page that was not written yet, though the file is long enough."""
    return log[:at] + bytes(min(4096, len(log) - at)) + log[at + 4096 :]


@pytest.mark.parametrize("tear", [cut, flipped, zeroed], ids=lambda each: each.__name__)
def test_a_last_page_that_is_torn_takes_its_entry_with_it_and_nothing_else(tmp_path, tear):
    kept, file, log, before, after = written(tmp_path / "store.db")
    assert after > before
    torn = tmp_path / "torn.db"
    for at in range(before, after, 499):
        torn.write_bytes(file)
        Path(f"{torn}-wal").write_bytes(tear(log, at))
        Path(f"{torn}-shm").unlink(missing_ok=True)
        with open_store(f"sqlite:///{torn}") as store:
            assert store.last("default") in {4, 5}
            whole = Feed(0, 6, kept.sent[: store.last("default")], kept.answers[: store.last("default")])
            assert findings(store, [whole]) == [], f"torn at {at - before} of {after - before} bytes"
