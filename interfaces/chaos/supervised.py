"""``causeway serve`` as it is run: somebody starts it again whenever it ends."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from interfaces.serving import QUIET, NotServing, Serving, announced, ended

AGAIN = 0.2
"""Seconds before it is started again."""


class Supervised:
    """A server over a store, on the same ports each time; ``workers`` processes beside the one that starts them."""

    def __init__(self, store: str, workers: int) -> None:
        self._options = ["--store", store, "--workers", str(workers), *QUIET]
        self._process: subprocess.Popen[str] | None = None
        self._where: Serving | None = None
        self.starts = 0

    @property
    def where(self) -> Serving:
        if self._where is None:
            raise NotServing("it has not been started")
        return self._where

    def start(self) -> None:
        """Raises NotServing."""
        http, mllp = ("127.0.0.1:0",) * 2
        if self._where:
            http, mllp = self._where.http.partition("//")[2], ":".join(map(str, self._where.mllp))
        command = [sys.executable, "-m", "interfaces", "serve", *self._options, "--http", http, "--mllp", mllp]
        self._process = subprocess.Popen(  # noqa: S603 our own command
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
        )
        self._where = announced(self._process)
        self.starts += 1

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            ended(self._process)
            self._close(self._process)

    async def keep(self) -> None:
        """Starts it again whenever it ended, until this is cancelled."""
        while self._process:
            await asyncio.to_thread(self._process.wait)
            self._close(self._process)
            await asyncio.sleep(AGAIN)
            with suppress(NotServing):
                await asyncio.to_thread(self.start)

    @staticmethod
    def _close(process: "subprocess.Popen[str]") -> None:
        if process.stdout:
            process.stdout.close()

    def processes(self) -> Sequence[int]:
        """The one that starts the others, then those, as far as they live."""
        if self._process is None or self._process.poll() is not None:
            return ()
        pid = self._process.pid
        with suppress(OSError):
            listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
            return (pid, *map(int, listed.split()))
        return ()


@asynccontextmanager
async def supervised(store: str, workers: int) -> AsyncIterator[Supervised]:
    """Raises NotServing when it does not start at first."""
    server = Supervised(store, workers)
    await asyncio.to_thread(server.start)
    keeping = asyncio.create_task(server.keep())
    try:
        yield server
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await asyncio.to_thread(server.stop)


def one_worker(server: Supervised) -> Sequence[int]:
    """Of those that serve, the oldest: it has been at work longest."""
    return server.processes()[1:2]


def parent(server: Supervised) -> Sequence[int]:
    return server.processes()[:1]


def everything(server: Supervised) -> Sequence[int]:
    return server.processes()


def killed(pids: Sequence[int], by: int = signal.SIGKILL) -> bool:
    """Whether there was anything to kill."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, by)
    return bool(pids)
