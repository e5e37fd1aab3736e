"""Databases to be hurt."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer
from uuid import uuid4

import pytest
from pymongo import MongoClient


@pytest.fixture
def mongodb_databases(mongodb: str) -> Iterator[Callable[[], str]]:
    """Each call gives the URL of one more empty database."""
    names: list[str] = []
    head, mark, options = mongodb.partition("?")

    def another() -> str:
        names.append(f"causeway_{uuid4().hex[:12]}")
        return f"{head.rstrip('/')}/{names[-1]}{mark}{options}"

    yield another
    with MongoClient(mongodb) as client:
        for each in names:
            client.drop_database(each)


ROOT = Path(__file__).parent.parent.parent


class Database:
    """A server of MongoDB's protocol of these tests' own: the database, and the gateway that speaks the protocol.

    Whatever is killed is started again by the script that started it: see ../shared/documentdb/README.md."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port

    def pid(self, name: str) -> int:
        return int((self.data / f"{name}.pid").read_text())

    def tree(self, name: str) -> list[int]:
        """The process, and its own: PostgreSQL has one for each connection."""
        pid = self.pid(name)
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def send(self, name: str, signum: int) -> bool:
        with suppress(OSError, ValueError):
            for pid in self.tree(name):
                os.kill(pid, signum)
            return True
        return False

    def freeze(self, name: str, seconds: float) -> bool:
        """For a time; another thread lets it go on."""
        stopped = self.send(name, signal.SIGSTOP)
        Timer(seconds, self.send, (name, signal.SIGCONT)).start()
        return stopped


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    serve = ROOT.parent / "shared" / "documentdb" / "serve"
    if not serve.is_file():
        pytest.skip("no ../shared/documentdb here: the database itself cannot be hurt")
    data = tmp_path_factory.mktemp("database") / "data"
    data.mkdir()
    with socket.socket() as free, socket.socket() as other:
        free.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, inner = free.getsockname()[1], other.getsockname()[1]
    environment = {**os.environ, "DOCUMENTDB_PORT": str(port), "DOCUMENTDB_PG_PORT": str(inner)}
    with (data / "serve.log").open("w") as log:
        process = subprocess.Popen([serve, data], env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 300
        while not (data / "ready").exists():
            assert process.poll() is None, (data / "serve.log").read_text()[-500:]
            assert time.monotonic() < deadline, "it did not start in time"
            time.sleep(0.1)
        yield Database(data, port)
    finally:
        process.terminate()
        process.wait(20)


class Proxy:
    """A way to a server, which can be cut, slowed down, or lose what comes back."""

    def __init__(self, port: int) -> None:
        self._to, self._delay, self._deaf = port, 0.0, False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._cut = False
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()
        self._drop()

    def cut(self, seconds: float) -> bool:
        """No way at all, for a time."""
        self._cut = True
        self._drop()
        Timer(seconds, self._mend).start()
        return True

    def slow(self, delay: float, seconds: float) -> bool:
        """Whatever comes through waits, for a time."""
        self._delay = delay
        Timer(seconds, self._mend).start()
        return True

    def lose_replies(self, seconds: float) -> bool:
        """What is asked arrives and is done; instead of its answer, the connection ends."""
        self._deaf = True
        Timer(seconds, self._mend).start()
        return True

    def _mend(self) -> None:
        self._cut, self._deaf, self._delay = False, False, 0.0

    def _drop(self) -> None:
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near = self._listening.accept()[0]
            except OSError:
                return
            if self._cut:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                near.close()
                continue
            self._open |= {near, far}
            Thread(target=self._pump, args=(near, far, False), daemon=True).start()
            Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, back: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if back and self._deaf:
                    break
                time.sleep(self._delay)
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        source.close()
        self._open.discard(source)


@pytest.fixture
def proxy(database: Database) -> Iterator[Proxy]:
    opened = Proxy(database.port)
    yield opened
    opened.close()
