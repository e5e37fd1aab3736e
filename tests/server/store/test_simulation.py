"""The journal under every fault, in seeded interleavings: nothing lost, nothing doubled, nothing stale.

Several writers commit to one store in memory. Each step of each call is a point where another writer may go on, where
the store may fail, lose its reply or do the work later, or where the writer may crash. One task runs at a time, so a
seed is one interleaving: a failure names its seed, and that seed fails again."""

import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random

import pytest

from server.store.batch import Submission
from server.store.commit import Committer
from server.store.engine import Page, Unavailable, Uncertain
from server.store.entry import Entry, Key, Write
from server.store.query import EVERYTHING, matches, term

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Crash(BaseException):
    """The end of a process."""


class Schedule:
    """Tasks take turns; which is next, and what goes wrong, the seed decides."""

    def __init__(self, seed):
        self.random, self.faults, self._tasks, self._turn = Random(seed), True, {}, threading.Semaphore(0)

    def start(self, task):
        go = threading.Semaphore(0)
        thread = threading.Thread(target=self._run, args=(task, go), daemon=True)
        self._tasks[thread] = go
        thread.start()

    def _run(self, task, go):
        go.acquire()
        try:
            task()
        finally:
            del self._tasks[threading.current_thread()]
            self._turn.release()

    def point(self):
        """Others may go on here."""
        self._turn.release()
        self._tasks[threading.current_thread()].acquire()

    def run(self):
        while self._tasks:
            self.random.choice(list(self._tasks.values())).release()
            self._turn.acquire()

    def strikes(self, share):
        return self.faults and self.random.random() < share


class Disk:
    """What the store keeps of one tenant, as documents that are written one at a time."""

    def __init__(self):
        self.entries, self.current, self.held, self.cursor = [], {}, {}, 0


class Memory:
    """One process's way to the disk."""

    def __init__(self, disk, schedule):
        self._disk, self._schedule = disk, schedule

    @contextmanager
    def _call(self):
        self._schedule.point()
        if self._schedule.strikes(0.02):
            raise Crash
        if self._schedule.strikes(0.03):
            raise Unavailable("down")
        yield
        self._schedule.point()
        if self._schedule.strikes(0.02):
            raise Crash

    def last(self, tenant):
        with self._call():
            return len(self._disk.entries)

    def append(self, tenant, entries):
        with self._call():
            if self._schedule.strikes(0.05):
                self._schedule.start(lambda: self._insert(entries))
                raise Uncertain("done later, or never")
            stand = self._insert(entries)
        if self._schedule.strikes(0.05):
            raise Uncertain("the reply was lost")
        return stand

    def _insert(self, entries):
        for count, entry in enumerate(entries):
            self._schedule.point()
            if entry.seq != len(self._disk.entries) + 1:
                return count
            self._disk.entries.append(entry)
        return len(entries)

    def project(self, tenant):
        with self._call():
            while self._disk.cursor < len(self._disk.entries):
                self._project(self._disk.entries[self._disk.cursor])
            return self._disk.cursor

    def _project(self, entry):
        for version in entry.versions():
            self._guarded(self._disk.current, version.key, entry.seq, version)
        for write in entry.writes:
            for value in write.frees:
                self._guarded(self._disk.held, value, entry.seq, None)
        for write in entry.writes:
            for value in write.reserves:
                self._guarded(self._disk.held, value, entry.seq, write.key, again=True)
        self._schedule.point()
        self._disk.cursor = max(self._disk.cursor, entry.seq)

    def _guarded(self, documents, key, seq, value, again=False):
        self._schedule.point()
        if self._schedule.strikes(0.01):
            raise Crash
        if documents.get(key, (0, None))[0] < seq + again:
            documents[key] = (seq, value)

    def newest(self, tenant, keys):
        with self._call():
            return {key: self._disk.current[key][1] for key in keys if key in self._disk.current}

    def holders(self, tenant, values):
        with self._call():
            found = {value: self._disk.held.get(value, (0, None))[1] for value in values}
            return {value: key for value, key in found.items() if key}

    def search(self, tenant, search):
        with self._call():
            there = (v for _, v in self._disk.current.values() if v.key.type == search.type and not v.deleted)
            return Page(tuple(v for v in there if matches(search.where, v.terms)))

    def answered(self, tenant, dedupes):
        with self._call():
            return {entry.dedupe: entry for entry in self._disk.entries if entry.dedupe in dedupes}

    def entry(self, tenant, id):
        with self._call():
            return next((entry for entry in self._disk.entries if entry.id == id), None)

    def tail(self, tenant, after, limit):
        with self._call():
            return self._disk.entries[after : after + limit]

    def namespace(self):
        return "00000000-0000-0000-0000-000000000001"


def message(control_id, mrn, other):
    """Counts one up in the patient who holds the number; now and then a number goes from one to another."""

    def fold(snapshot):
        value = f"Patient?identifier=mrn|{mrn}"
        key = snapshot.holders([value]).get(value) or Key("Patient", snapshot.new_id(value))
        stored = snapshot.read(key)
        body = str(int(stored.body if stored else 0) + 1).encode()
        assert int(body) == (stored.version if stored else 0) + 1, "half of an entry was seen"
        assert len({v.version for v in snapshot.find("Counter", EVERYTHING)}) <= 1, "half of an entry was seen"
        counters = [count(snapshot, name) for name in ("a", "b")]
        write = Write(key, stored.version if stored else 0, body, (term("mrn", mrn),), (value,))
        writes = (write, *counters) if other is None else (write, *counters, *rename(snapshot, key, other))
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "app", "mllp", writes, control_id.encode())

    return fold


def count(snapshot, name):
    """Two resources that always have the same version: every entry writes both."""
    key = Key("Counter", name)
    stored = snapshot.read(key)
    return Write(key, stored.version if stored else 0, b"")


def rename(snapshot, key, other):
    """Takes a value from whoever has it."""
    value = f"Alias?{other}"
    holder = snapshot.holders([value]).get(value)
    if holder == Key("Alias", key.id):
        return []
    mine = snapshot.read(Key("Alias", key.id))
    taken = [Write(Key("Alias", key.id), mine.version if mine else 0, b"", (), (value,))]
    if holder:
        taken.append(Write(holder, snapshot.read(holder).version, b""))
    return taken


class Writer:
    """A sender that sends each message again until it is answered, and the process that it sends to."""

    def __init__(self, disk, schedule, name, messages):
        self._disk, self._schedule, self._name, self._ids = disk, schedule, name, 0
        self._messages, self.answers, self.doubtful, self.refused = messages, {}, [], []

    def run(self):
        while self._messages:
            try:
                self._send(Committer(Memory(self._disk, self._schedule), lambda: NOON, self._new_id, lambda _: None))
            except Crash:
                self._messages = [each for each in self._messages if not self._once_only(each)]

    def _once_only(self, sent):
        """What has no dedupe key is not sent again by one who may have sent it."""
        if sent[1]:
            return False
        self.doubtful.append(sent[0])
        return True

    def _send(self, committer):
        while self._messages:
            batch = self._messages[: self._schedule.random.randint(1, 4)]
            submissions = {each: Submission(message(each[0], each[2], each[3]), each[1]) for each in batch}
            committer.commit("clinic", list(submissions.values()))
            for sent, submission in submissions.items():
                self._note(sent, submission.future)

    def _note(self, sent, future):
        error = future.exception(timeout=0)
        if error is None:
            self.answers[sent[0]] = future.result()
        elif not isinstance(error, Unavailable):
            raise error
        elif sent[1]:
            return
        else:
            (self.doubtful if isinstance(error, Uncertain) else self.refused).append(sent[0])
        self._messages.remove(sent)

    def _new_id(self):
        self._ids += 1
        return f"{self._name}-{self._ids}"


class Follower:
    """Reads the tail, and starts again where it was."""

    def __init__(self, disk, schedule):
        self._disk, self._schedule, self.seen = disk, schedule, []

    def run(self):
        for _ in range(30):
            try:
                self.seen += Memory(self._disk, self._schedule).tail("clinic", len(self.seen), 3)
            except (Crash, Unavailable):
                continue


def simulate(seed):
    schedule, disk = Schedule(seed), Disk()
    random = Random(seed)
    writers = []
    for name in ("w1", "w2", "w3")[: random.randint(1, 3)]:
        messages = []
        for n in range(random.randint(1, 6)):
            control_id, mrn = f"{name}.{n}", str(random.randint(1, 2))
            dedupe = None if random.random() < 0.2 else control_id
            messages.append((control_id, dedupe, mrn, random.choice([None, None, "x", "y"])))
        writers.append(Writer(disk, schedule, name, messages))
    follower = Follower(disk, schedule)
    for task in (*writers, follower):
        schedule.start(task.run)
    schedule.run()
    schedule.faults = False
    schedule.start(lambda: Memory(disk, schedule).project("clinic"))
    schedule.run()
    return disk, writers, follower


def rebuilt(entries):
    """The state by the journal alone. Fails on a stale write and on a value that two hold."""
    current, held = {}, {}
    for entry in entries:
        for version, write in zip(entry.versions(), entry.writes, strict=True):
            assert write.base == (current[write.key].version if write.key in current else 0), "a stale write"
            current[write.key] = version
        for write in entry.writes:
            for value in write.frees:
                assert held.pop(value) == write.key
        for write in entry.writes:
            for value in write.reserves:
                assert held.setdefault(value, write.key) == write.key, "a value that two hold"
    return current, held


def check(disk, writers, follower):
    entries = disk.entries
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    written = Counter(entry.reply.decode() for entry in entries)
    assert set(written.values()) <= {1}, "doubled"
    for writer in writers:
        for control_id, entry in writer.answers.items():
            assert entries[entry.seq - 1] == entry, "answered, and not kept"
            assert entry.reply.decode() == control_id
        assert not any(written[control_id] for control_id in writer.refused), "refused, and kept"
    answered = {control_id for writer in writers for control_id in writer.answers}
    doubtful = {control_id for writer in writers for control_id in writer.doubtful}
    assert set(written) - doubtful <= answered
    current, held = rebuilt(entries)
    assert {key: version for key, (_, version) in disk.current.items()} == current
    assert {value: key for value, (_, key) in disk.held.items() if key} == held
    assert follower.seen == entries[: len(follower.seen)]


@pytest.mark.parametrize("part", range(8))
def test_no_interleaving_loses_doubles_or_overwrites(part):
    for seed in range(part * 40, part * 40 + 40):
        try:
            check(*simulate(seed))
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {error}") from error
