"""What a measurement has to itself: a store, a server over it, and a backend service that is signed in there."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from interfaces.demo.backend import Backend, registered
from interfaces.serving import Serving, serving

ANYWHERE = "127.0.0.1:0"
SCOPE = "system/*.cruds"
RENEWED = 200
"""Seconds after which a token is not used any more: it lives for 300."""


@contextmanager
def own_store() -> Iterator[str]:
    """The URL of a new embedded store, which goes with the measurement."""
    with TemporaryDirectory(prefix="causeway-bench-") as folder:
        yield f"sqlite:///{Path(folder, 'bench.db')}"


def resident_mb(pid: int) -> float:
    """https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html"""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


def own_server(store: str) -> AbstractContextManager[Serving]:
    return serving(store, ANYWHERE, ANYWHERE)


@contextmanager
def own_service(store: str, base: str) -> "Iterator[Service]":
    """``base``: the FHIR base URL of a server over the store."""
    with registered(store, base, "A measurement", SCOPE) as backend:
        yield Service(base, backend)


class Service:
    """One that stays signed in."""

    def __init__(self, base: str, backend: Backend) -> None:
        self.base, self._backend = base, backend
        self._until = monotonic()

    def authorization(self) -> str:
        """The header's value; every few minutes it takes a moment to sign in again."""
        if monotonic() >= self._until:
            self._backend.sign_in(SCOPE)
            self._until = monotonic() + RENEWED
        return self._backend.authorization
