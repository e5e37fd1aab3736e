"""``causeway serve`` as a process of its own, spoken to by real clients."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from interfaces.mllp.sender import Sender
from interfaces.serving import NotServing, announced, serving

MESSAGE = (
    b"MSH|^~\\&|ADT|RIVER|CAUSEWAY|RIVER|20260301080000+0000||ADT^A04|c-1|P|2.5.1\rEVN|A04|20260301080000+0000\r"
    b"PID|1||M1^^^RIVER^MR||Abel^Ann||19700102|F\rPV1|1|O|||||||||||||||||V1^^^RIVER^VN\r"
)
COMMAND = (sys.executable, "-m", "interfaces", "serve", "--log-level", "warning")


@contextmanager
def started(*options):
    process = subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def sent(address, *messages, ssl=None):
    async with Sender(*address, ssl=ssl) as sender:
        return [await sender.send(each) for each in messages]


def children(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.fixture
def store(tmp_path):
    return f"sqlite:///{tmp_path}/causeway.db"


def test_it_says_where_it_is_and_answers_there(store):
    with serving(store, "127.0.0.1:0", "127.0.0.1:0") as server:
        (ack,) = asyncio.run(sent(server.mllp, MESSAGE))
        assert b"\rMSA|AA|c-1" in ack
        assert httpx.get(f"{server.http}/livez").status_code == 200
        assert httpx.get(f"{server.http}/readyz").status_code == 200
        assert httpx.get(f"{server.http}/fhir/metadata").json()["fhirVersion"] == "4.0.1"
        assert httpx.get(f"{server.http}/fhir/Patient").status_code == 401


def test_what_was_acknowledged_is_there_after_kill_9_and_gets_the_same_answer(store):
    with serving(store, "127.0.0.1:0", "127.0.0.1:0") as server:
        (first,) = asyncio.run(sent(server.mllp, MESSAGE))
        os.kill(server.pid, signal.SIGKILL)
    with serving(store, "127.0.0.1:0", "127.0.0.1:0") as server:
        (second,) = asyncio.run(sent(server.mllp, MESSAGE))
    assert first == second


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_it_ends_well_when_it_is_told_to(store, signum):
    with started("--store", store, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0") as process:
        announced(process)
        process.send_signal(signum)
        assert process.wait(10) == 0


def test_several_processes_share_the_ports_and_the_store(store):
    options = ("--store", store, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0", "--workers", "2")
    with started(*options) as process:
        server = announced(process)
        messages = [MESSAGE.replace(b"c-1", b"c-%d" % n) for n in range(20)]

        async def every():
            return await asyncio.gather(*(sent(server.mllp, each) for each in messages))

        answers = asyncio.run(every())
        assert all(b"\rMSA|AA|" in answer for (answer,) in answers)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_a_worker_that_dies_is_replaced(store):
    options = ("--store", store, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0", "--workers", "2")
    with started(*options) as process:
        server = announced(process)
        os.kill(children(process)[0], signal.SIGKILL)
        (ack,) = asyncio.run(sent(server.mllp, MESSAGE))
        assert b"\rMSA|AA|" in ack
        deadline = time.monotonic() + 15
        while len(children(process)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(children(process)) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_workers_end_with_whoever_started_them_and_leave_the_ports(store):
    options = ("--store", store, "--http", "127.0.0.1:0", "--workers", "2")
    with started(*options, "--mllp", "127.0.0.1:0") as process:
        server, workers = announced(process), children(process)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 15
        while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
    with started(*options, "--mllp", "{}:{}".format(*server.mllp)) as process:
        assert announced(process).mllp == server.mllp


def test_roles_that_are_not_asked_for_are_not_played(store):
    with started("--store", store, "--mllp", "127.0.0.1:0", "--roles", "mllp") as process:
        line = process.stdout.readline()
        assert line.startswith("ready mllp=127.0.0.1:")
        assert "http=" not in line


REFUSED = {
    "a role that is none": (("--roles", "http,ftp"), 2, "no such role: ftp"),
    "an address that is none": (("--http", "8080"), 2, "is not HOST:PORT"),
    "half of TLS": (("--mllp-tls",), 2, "--tls-cert"),
    "a store that is none": (("--store", "redis://x"), 1, "a store's URL is"),
    "a settings file that is not there": (("--settings", "/nowhere.toml"), 1, "/nowhere.toml"),
}


@pytest.mark.parametrize(("options", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_served_is_said(store, options, code, said):
    given = ("--store", store) if "--store" not in options else ()
    with started("--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0", *given, *options) as process:
        _, errors = process.communicate(timeout=20)
        assert process.returncode == code
        assert said in " ".join(errors.split())


def test_a_port_that_is_taken_is_said(store):
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(NotServing),
        serving(store, f"127.0.0.1:{taken.getsockname()[1]}", "127.0.0.1:0"),
    ):
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def test_tls_on_both(store, certificate):
    cert, key = certificate
    options = ("--tls-cert", str(cert), "--tls-key", str(key), "--mllp-tls")
    trusting = ssl.create_default_context(cafile=cert)
    with started("--store", store, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0", *options) as process:
        server = announced(process)
        assert server.http.startswith("https://")
        assert httpx.get(f"{server.http}/livez", verify=trusting).status_code == 200
        (ack,) = asyncio.run(sent(server.mllp, MESSAGE, ssl=trusting))
        assert b"\rMSA|AA|c-1" in ack
