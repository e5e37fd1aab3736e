"""What judges: Inferno and HL7's validator, from beside the project, or an Inferno that somebody else runs."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import socket

import httpx

SHARED = Path(__file__).parents[3] / "shared"
PATIENCE = 900


class Absent(Exception):
    """There is no Inferno here."""


@contextmanager
def inferno(logs: Path, authority: Path) -> Iterator[str]:
    """The URL of one that is ours until the block ends, and trusts the authority. Raises Absent."""
    folder = SHARED / "inferno"
    if not folder.is_dir():
        raise Absent("no ../shared/inferno here: name an Inferno of your own, make conformance INFERNO=URL")
    web, redis, validator, fhirpath = (free_port() for _ in range(4))
    of_validator = {"VALIDATOR_PORT": validator, "FHIRPATH_PORT": fhirpath}
    of_inferno = {
        "INFERNO_PORT": web,
        "INFERNO_REDIS_PORT": redis,
        "FHIR_RESOURCE_VALIDATOR_URL": f"http://localhost:{validator}",
        "FHIRPATH_URL": f"http://localhost:{fhirpath}",
        "INFERNO_CA": str(authority),
    }
    url = f"http://localhost:{web}"
    with ExitStack() as running:
        running.enter_context(process(SHARED / "validator" / "serve", of_validator, logs))
        running.enter_context(process(folder / "serve", of_inferno, logs))
        answering(f"http://127.0.0.1:{validator}/")
        answering(f"{url}/api/test_suites")
        yield url


@contextmanager
def process(command: Path, settings: Mapping[str, str], logs: Path) -> Iterator[None]:
    """Ends with the block, and with whoever runs it, however that ends."""
    with (logs / f"{command.parent.name}.log").open("wb") as log:
        started = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", command],
            stdout=log,
            stderr=log,
            env={**os.environ, **settings},
            start_new_session=True,
        )
    try:
        yield
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait(30)


def free_port() -> str:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def answering(url: str) -> None:
    """Waits until something answers there; the first time, it is installed first."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=30).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise Absent(f"{url} does not answer")
