"""The worker does its duties, whatever fails, and stops when it is told."""

import threading
from datetime import UTC, datetime

import pytest

from interfaces.worker import Worker, duties, slower
from server.settings import Settings
from server.store.duty import Chore, Follower
from server.store.entry import Entry


def admit(store):
    return store.submit("default", lambda s: Entry(s.tenant, s.new_id(), s.at, "app", "mllp")).result()


@pytest.fixture
def work(store):
    """``work(duty, ...)`` begins them; at the end they are stopped."""
    begun = []

    def begin(*duties):
        begun.append(Worker(store.engine, duties))
        begun[-1].start()
        return begun[-1]

    yield begin
    for each in begun:
        each.stop()


def test_a_follower_sees_what_is_written_and_stops(store, work):
    seen, all_seen = [], threading.Event()

    def handle(entry):
        seen.append(entry.seq)
        if entry.seq % 5 == 0:
            all_seen.set()

    worker = work(Follower(store.engine, "default", "test", handle, every=0.01))
    for _ in range(5):
        admit(store)
    assert all_seen.wait(10)
    worker.stop()
    admit(store)
    all_seen.clear()
    for _ in range(4):
        admit(store)
    work(Follower(store.engine, "default", "test", handle, every=0.01))
    assert all_seen.wait(10)
    assert seen == list(range(1, 11))


def test_what_fails_is_tried_again_and_told_without_what_it_was_about(store, work, caplog):
    failing, done = [True, True], threading.Event()

    def handle(entry):
        if failing and failing.pop():
            raise ValueError("Berg, Jonas")
        done.set()

    admit(store)
    work(Follower(store.engine, "default", "test", handle, every=0.01))
    assert done.wait(10)
    assert [record.getMessage() for record in caplog.records] == ["default/test stopped after 0: ValueError"] * 2


def test_a_chore_is_done_by_one_of_two(store, work):
    done, twice = [], threading.Event()

    def chore(name):
        def do():
            done.append(name)
            if len(done) == 4:
                twice.set()

        return Chore("sweep", 0.01, do)

    work(chore("a"))
    work(chore("b"))
    assert twice.wait(10)
    assert len(set(done[:4])) == 1


def test_one_failure_more_waits_longer_up_to_a_minute():
    delays = slower(0.5)
    assert [next(delays) for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


def test_the_projections_are_a_duty(store):
    at = datetime.now(UTC)
    (chore,) = (
        duty for duty in duties(store, Settings(), "http://causeway.test") if duty.name == "default/projections"
    )
    assert store.engine.lease(chore.name, "me", at, at)
    admit(store)
    assert chore.do() == 1
