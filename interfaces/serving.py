"""A server of one's own: ``causeway serve`` as another process, for the demo and for measurements."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from typing import NamedTuple

STOPPING = 15
QUIET = ("--log-level", "warning")


class Serving(NamedTuple):
    """Where it is: ``http`` is a URL, ``mllp`` an address."""

    http: str
    mllp: tuple[str, int]
    pid: int


class NotServing(Exception):
    """It ended before it took requests; the text is what it said."""


@contextmanager
def serving(store: str, http: str, mllp: str, *options: str) -> Iterator[Serving]:
    """``options``: more of ``serve``'s. Raises NotServing. Whatever happens, the process ends with the block."""
    where = ("--store", store, "--http", http, "--mllp", mllp)
    command = [sys.executable, "-m", "interfaces", "serve", *where, *QUIET, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 our own command
        try:
            yield announced(process)
        finally:
            process.terminate()
            ended(process)


def ended(process: "subprocess.Popen[str]") -> None:
    try:
        process.wait(STOPPING)
    except subprocess.TimeoutExpired:
        process.kill()


def announced(process: "subprocess.Popen[str]") -> Serving:
    line = process.stdout.readline() if process.stdout else ""
    words = dict(word.split("=", 1) for word in line.split()[1:])
    if not line.startswith("ready "):
        raise NotServing(line.strip() or "the server did not start")
    host, _, port = words["mllp"].rpartition(":")
    return Serving(words["http"], (host.strip("[]"), int(port)), process.pid)


def free(host: str, wanted: Sequence[int]) -> str:
    """``host`` with the first of the ports that nobody uses, else with 0, which finds one."""
    for port in wanted:
        with socket() as probe:
            probe.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return f"{host}:{port}"
    return f"{host}:0"
