"""What every test may ask for."""

import fcntl
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pymongo import MongoClient

from server.store.store import Store, open_store

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real messages, examples and packages beside the project; tests that need them skip where they are absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data here")
    return folder


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store in memory."""
    opened = open_store("sqlite://")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A server of MongoDB's protocol: the one that CAUSEWAY_TEST_MONGODB names, else one that is started once for all
    workers and ends with the run. Skips where there is none, unless CAUSEWAY_REQUIRE_MONGODB says that it must not."""
    if named := os.environ.get("CAUSEWAY_TEST_MONGODB"):
        return named
    serve = ROOT.parent / "shared" / "documentdb" / "serve"
    if not serve.is_file():
        absent("name one in CAUSEWAY_TEST_MONGODB, or have ../shared/documentdb")
    in_worker = "PYTEST_XDIST_WORKER" in os.environ
    base = tmp_path_factory.getbasetemp()
    return _serve_once(serve, base.parent if in_worker else base, os.getppid() if in_worker else os.getpid())


def absent(why: str) -> None:
    """Skips, or fails where it must not."""
    end = pytest.fail if os.environ.get("CAUSEWAY_REQUIRE_MONGODB") else pytest.skip
    end(f"no server of MongoDB's protocol: {why}")


def _serve_once(serve: Path, base: Path, run: int) -> str:
    """The first that comes starts it, under a shell that ends it when the whole run has ended."""
    with (base / "mongodb.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if url := lock.read():
            return url
        data, port = base / "mongodb", _free_port()
        data.mkdir()
        environment = {**os.environ, "DOCUMENTDB_PORT": str(port), "DOCUMENTDB_PG_PORT": str(_free_port())}
        watch = f"while kill -0 {run} 2>/dev/null && kill -0 $!; do sleep 1; done"
        ends = f'"$0" "$1" & {watch}; kill $!; wait; touch "$1/ended"'
        with (data / "serve.log").open("w") as log:
            command = ["setsid", "--fork", "sh", "-c", ends, str(serve), str(data)]
            subprocess.run(command, env=environment, stdout=log, stderr=log, check=True)
        deadline = time.monotonic() + 500
        while not (data / "ready").exists():
            if (data / "ended").exists() or time.monotonic() > deadline:
                absent((data / "serve.log").read_text()[-500:])
            time.sleep(0.1)
        lock.write(f"mongodb://127.0.0.1:{port}/")
        lock.flush()
        return f"mongodb://127.0.0.1:{port}/"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def mongodb_url(mongodb: str) -> Iterator[str]:
    """An empty database."""
    name = f"causeway_{uuid4().hex[:12]}"
    head, mark, options = mongodb.partition("?")
    yield f"{head.rstrip('/')}/{name}{mark}{options}"
    with MongoClient(mongodb) as client:
        client.drop_database(name)
