"""Followers of the journal: every entry, in order, whoever dies."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from server.store.duty import Follower
from server.store.lease import LASTS, Lease

GO_ON = threading.Event()


class Clock:
    """Stands still until it is told."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at

    def wait(self, seconds):
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock(entry):
    return Clock(entry(1).at)


@pytest.fixture
def following(clock):
    """``following(engine, seen, holder)``: one process's part in it. Each call of what it returns is one look."""

    def make(engine, seen, holder="one", handle=None, **more):
        follower = Follower(engine, "clinic", "test", handle or (lambda entry: seen.append(entry.seq)), **more)
        lease = Lease(engine, follower.name, holder, clock, follower.first)

        def look(stop=GO_ON):
            return lease.held() and follower.advance(lease, stop)

        look.lease = lease
        return look

    return make


def append(engine, entry, *seqs):
    engine.append("clinic", [entry(seq) for seq in seqs])


def test_every_entry_is_seen_in_order_and_none_twice(engine, entry, following):
    seen = []
    look = following(engine, seen)
    assert not look()
    append(engine, entry, *range(1, 251))
    assert [look(), look(), look(), look()] == [True, True, True, False]
    append(engine, entry, 251)
    assert look()
    assert seen == list(range(1, 252))


def test_another_process_goes_on_where_the_first_ended(engine, reopen, entry, following):
    seen = []
    append(engine, entry, 1, 2)
    first, second = following(engine, seen), following(reopen(), seen, "two")
    assert first()
    append(engine, entry, 3)
    assert not second()
    first.lease.release()
    assert second()
    assert not first()
    assert seen == [1, 2, 3]


def test_when_one_dies_another_takes_over_and_passes_nothing_over(engine, reopen, entry, following, clock):
    seen = []

    def dies(one):
        if one.seq == 3:
            raise KeyboardInterrupt
        seen.append(one.seq)

    append(engine, entry, *range(1, 6))
    with pytest.raises(KeyboardInterrupt):
        following(engine, seen, handle=dies)()
    heir = following(reopen(), seen, "two")
    assert not heir()
    clock.wait(LASTS.total_seconds())
    assert heir()
    assert seen == [1, 2, 3, 4, 5]


def test_one_who_comes_back_late_sees_that_another_has_gone_on(engine, reopen, entry, following, clock):
    seen = []
    slow, other = following(engine, seen), following(reopen(), seen, "two")
    append(engine, entry, 1)
    slow()
    clock.wait(LASTS.total_seconds() + 1)
    append(engine, entry, 2)
    assert other()
    assert not slow()
    clock.wait(LASTS.total_seconds() + 1)
    append(engine, entry, 3)
    assert slow()
    assert seen == [1, 2, 3]


def test_a_lease_that_ends_in_the_middle_is_renewed_and_what_was_done_is_noted(engine, entry, following, clock):
    seen = []

    def slow(one):
        seen.append(one.seq)
        clock.wait(LASTS.total_seconds() * 0.6)
        noted.append(engine.progress("clinic/test"))

    noted = []
    append(engine, entry, *range(1, 5))
    assert following(engine, seen, handle=slow)()
    assert (seen, noted) == ([1, 2, 3, 4], [0, 1, 2, 3])


def test_what_fails_comes_again_and_nothing_before_it(engine, entry, following):
    seen, failing = [], [True, True, False]

    def fails(one):
        if one.seq == 2 and failing.pop(0):
            raise ValueError
        seen.append(one.seq)

    append(engine, entry, 1, 2, 3)
    look = following(engine, seen, handle=fails)
    for _ in range(2):
        with pytest.raises(ValueError):  # noqa: PT011 its own
            look()
    assert engine.progress("clinic/test") == 1
    assert look()
    assert seen == [1, 2, 3]


def test_one_that_is_told_to_stop_ends_after_its_entry(engine, reopen, entry, following):
    seen, stop = [], threading.Event()

    def stopping(one):
        seen.append(one.seq)
        if one.seq == 2:
            stop.set()

    append(engine, entry, 1, 2, 3)
    look = following(engine, seen, handle=stopping)
    assert not look(stop)
    look.lease.release()
    assert following(reopen(), seen, "two")()
    assert seen == [1, 2, 3]


def test_a_new_follower_may_begin_with_what_comes_next(engine, entry, following):
    seen = []
    append(engine, entry, 1, 2)
    look = following(engine, seen, from_now=True)
    assert not look()
    append(engine, entry, 3)
    assert look()
    assert seen == [3]


def test_on_an_empty_journal_the_next_entry_is_the_first(engine, reopen, entry, following):
    seen = []
    following(engine, seen, from_now=True)()
    append(engine, entry, 1)
    assert following(reopen(), seen, "one", from_now=True)()
    assert seen == [1]


def test_two_race_while_others_write_and_each_entry_is_seen_once(url, reopen, entry, following):
    seen, engines, writer, stop = [], [reopen(), reopen()], reopen(), threading.Event()

    def race(engine, holder):
        look = following(engine, seen, holder)
        while not stop.wait(0.001):
            look()
            look.lease.release()

    threads = [threading.Thread(target=race, args=(each, str(n))) for n, each in enumerate(engines)]
    for each in threads:
        each.start()
    for seq in range(1, 121):
        append(writer, entry, seq)
    while len(seen) < 120 and threads[0].is_alive():
        stop.wait(0.01)
    stop.set()
    for each in threads:
        each.join()
    assert seen == list(range(1, 121))


WORKER = """
import os, sys
from datetime import timedelta
from server.store import lease
from server.store.duty import Follower
from server.store.store import open_store
from interfaces.worker import Worker

lease.LASTS = timedelta(seconds=1)
store = open_store(sys.argv[1])
follower = Follower(store.engine, "clinic", "test", lambda entry: os.write(1, b"%d\\n" % entry.seq), every=0.05)
Worker(store.engine, [follower]).start()
sys.stdin.read()
"""


def test_processes_that_are_killed_are_followed_by_others(url, engine, entry):
    """At least once, in order: each goes on where the one before had got to, or a little before."""
    seen, seq = [], 0
    for _ in range(3):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(20):
            append(engine, entry, seq := seq + 1)
        begun = len(seen)
        for line in worker.stdout:
            seen.append(int(line))
            if seen[-1] == seq - 3:
                break
        worker.kill()
        seen += map(int, worker.stdout.read().split())
        worker.communicate()
        assert seen[begun:] == list(range(seen[begun], seen[-1] + 1))
        assert seen[begun] <= (seen[begun - 1] + 1 if begun else 1)
