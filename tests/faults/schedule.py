"""Tasks that take turns in one thread: which is next, and what goes wrong, the seed decides.

A task is a greenlet, so that the store's own code, which knows nothing of this, can be left and taken up again within
any of its calls: in less than a microsecond, where threads take thirty."""

from random import Random

from greenlet import getcurrent, greenlet


class Crash(BaseException):
    """The end of a process."""


class Schedule:
    def __init__(self, seed):
        self.random, self.faults, self._tasks, self._hub = Random(seed), True, [], getcurrent()

    def start(self, task):
        """Returns what says whether the task has ended."""
        self._tasks.append(greenlet(task, self._hub))
        return self._tasks[-1]

    def point(self):
        """Others may go on here."""
        self._hub.switch()

    def run(self):
        while self._tasks:
            task = self._tasks[int(self.random.random() * len(self._tasks))]
            task.switch()
            if task.dead:
                self._tasks.remove(task)

    def strikes(self, share):
        return self.faults and self.random.random() < share
