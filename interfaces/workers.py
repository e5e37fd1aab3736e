"""Several processes that share the listening sockets and the store: one for each core, say."""

import os
import select
import signal
import time
from collections.abc import Callable
from threading import Thread
from types import FrameType

from interfaces.process import Plan, run

PAUSE = 1.0
"""Seconds before a process that ended is started again, so that one that cannot run does not do so all the time."""

ENDING = (signal.SIGINT, signal.SIGTERM)


class Workers:
    """The parent: it serves nothing, and holds nothing that a child could inherit half-used."""

    def __init__(self, plan: Plan, count: int) -> None:
        self._plan, self._count = plan, count
        self._children: set[int] = set()
        self._stopping = False
        self._ready, self._alive = os.pipe(), os.pipe()

    def run(self, announce: Callable[[], None]) -> None:
        """Until SIGINT or SIGTERM, which every child gets as well."""
        for each in ENDING:
            signal.signal(each, self._stop)
        for _ in range(self._count):
            self._start()
        if self._all_ready():
            announce()
        while self._children:
            self._replace(os.wait()[0])

    def _start(self) -> None:
        """A signal that comes meanwhile waits, until the child is known to the parent, or has none of its handlers."""
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        if self._stopping or self._forked():
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        else:
            self._serve()

    def _forked(self) -> bool:
        """Whether this is still the parent."""
        if pid := os.fork():
            self._children.add(pid)
        return pid > 0

    def _serve(self) -> None:
        code = 1
        try:
            for each in ENDING:
                signal.signal(each, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            os.close(self._alive[1])
            Thread(target=self._end_with_parent, daemon=True).start()
            run(self._plan, self._say_ready)
            code = 0
        finally:
            os._exit(code)

    def _end_with_parent(self) -> None:
        """However the parent ends: a child that stayed would hold the ports against whoever starts it again."""
        os.read(self._alive[0], 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _say_ready(self) -> None:
        os.write(self._ready[1], b".")

    def _all_ready(self) -> bool:
        """Waits until every child takes requests; False when one ended, or all were stopped, before that."""
        waiting = self._count
        while waiting and not self._stopping:
            readable, _, _ = select.select([self._ready[0]], [], [], PAUSE)
            waiting -= len(os.read(self._ready[0], waiting)) if readable else 0
        return not waiting

    def _replace(self, ended: int) -> None:
        self._children.discard(ended)
        if not self._stopping:
            time.sleep(PAUSE)
        self._start()

    def _stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._stopping = True
        for child in self._children:
            os.kill(child, signal.SIGTERM)
