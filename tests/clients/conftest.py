"""A real server, and the clients that ``make clients`` has installed for these tests."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from interfaces.demo.backend import registered
from interfaces.serving import Serving, serving

HERE = Path(__file__).parent
ANYWHERE = "127.0.0.1:0"
SCOPE = "system/*.cruds"

Run = Callable[[str], None]


@pytest.fixture(scope="session")
def installed() -> Path:
    """The folder of ``make clients``; it says where that is."""
    folder = os.environ.get("CAUSEWAY_CLIENTS")
    if not folder:
        pytest.skip("make clients installs the clients and runs this")
    return Path(folder).absolute()


@pytest.fixture(scope="session")
def server(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, str]]:
    """A server with a store of its own, and an authorization for it."""
    store = f"sqlite:///{tmp_path_factory.mktemp('clients')}/clients.db"
    with ExitStack() as stack:
        running = stack.enter_context(serving(store, ANYWHERE, ANYWHERE))
        service = stack.enter_context(registered(store, f"{running.http}/fhir", "A client", SCOPE))
        service.sign_in(SCOPE)
        yield running, service.authorization


@pytest.fixture
def run(installed: Path, server: tuple[Serving, str], tmp_path: Path) -> Run:
    """Runs a script of this folder with what it is written in; it has to end well, so none of its asserts failed."""
    running, authorization = server
    told = {"BASE": f"{running.http}/fhir", "TOKEN": authorization.removeprefix("Bearer ")}

    def ran(name: str) -> None:
        command = [str(installed / "bin" / "python"), str(HERE / name)]
        if name.endswith(".mjs"):
            if not (installed / "node_modules").is_dir():
                pytest.skip("no npm here")
            command = ["node", shutil.copy(HERE / name, installed)]  # modules are looked for beside the script
        env = {**os.environ, **told}
        done = subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    return ran
