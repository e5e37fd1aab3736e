"""The journal under every fault, in seeded interleavings: nothing lost, nothing doubled, nothing stale.

Several writers and a follower, each with the real committer over the real distributed engine, share one replica set
(``replica_set.py``). Each step of each call is a point where another may go on, where the call may fail, be done later
or twice, or lose its reply, where the process may end, or the primary be replaced. One task runs at a time, so a seed
is one interleaving: a failure names its seed, and the least that fails so.

CAUSEWAY_FAULTS_SEEDS says how many, CAUSEWAY_FAULTS_SEED which one alone."""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from pymongo import ReplaceOne
from pymongo.read_concern import ReadConcern
from replica_set import Client, Collection, ReplicaSet
from schedule import Crash, Schedule

from server.store import commit, mongo, mongo_project, mongo_server
from server.store.ahead import Ahead
from server.store.batch import Submission
from server.store.commit import Committer
from server.store.documents import Collections
from server.store.engine import Unavailable, Uncertain
from server.store.entry import Entry, Key, Write
from server.store.mongo_rows import entry, version
from server.store.mongo_schema import MIGRATIONS
from server.store.mongo_server import safe
from server.store.query import EVERYTHING, term

SEEDS = int(os.environ.get("CAUSEWAY_FAULTS_SEEDS", "400"))
ALONE = os.environ.get("CAUSEWAY_FAULTS_SEED")
PARTS = 40

TENANT = "clinic"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ABOUT = {"_id": "store", "schema": 1 + len(MIGRATIONS), "namespace": "00000000-0000-0000-0000-000000000001"}


class Beside:
    """What is done in another thread of the process is another task."""

    def __init__(self, schedule):
        self._schedule = schedule

    def submit(self, call, *arguments):
        return Task(self._schedule, lambda: call(*arguments))


class Task:
    def __init__(self, schedule, call):
        self._schedule, self._call, self._value, self._raised = schedule, call, None, None
        self._task = schedule.start(self._run)

    def _run(self):
        try:
            self._value = self._call()
        except BaseException as error:
            self._raised = error

    def result(self):
        while not self._task.dead:
            self._schedule.point()
        if self._raised:
            raise self._raised
        return self._value


class Lock:
    """Whoever waits for it lets others go on."""

    def __init__(self, schedule):
        self._schedule, self._taken = schedule, False

    def __enter__(self):
        while self._taken:
            self._schedule.point()
        self._taken = True

    def __exit__(self, *error):
        self._taken = False


class Process:
    """A process's engine, from its start to its end."""

    def __init__(self, servers, schedule):
        self._client, self._schedule = Client(servers, schedule), schedule

    def engine(self):
        while True:
            try:
                opened = mongo.MongoEngine(self._client)
            except Unavailable:
                continue
            opened._projections._beside, opened._projections._lock = Beside(self._schedule), Lock(self._schedule)
            return opened

    def ahead(self, new_id):
        """As the journal has it: the next batch is folded while the last one is being written."""
        made = Ahead(Committer(self.engine(), lambda: NOON, new_id, lambda _: self._schedule.point()))
        made._writer = Beside(self._schedule)
        return made


class Server:
    """In the place of ``server/store/mongo_server.py``'s: there is nothing to connect to."""

    def __init__(self, client):
        self.collections = safe(Collections(*(Collection(client, name) for name in Collections._fields)))

    def close(self):
        pass


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


def refused(control_id):
    """A message that cannot be applied is kept all the same, without a write."""
    return lambda snapshot: Entry(
        snapshot.tenant, snapshot.new_id(), snapshot.at, "app", "mllp", (), control_id.encode()
    )


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

    def __init__(self, servers, schedule, name, messages):
        self._servers, self._schedule, self._name, self._ids = servers, schedule, name, 0
        self._messages, self.answers, self.doubtful, self.refused = messages, {}, [], []

    def run(self):
        while self._messages:
            try:
                self._send(Process(self._servers, self._schedule).ahead(self._new_id))
            except Crash:
                self._messages = [each for each in self._messages if not self._once_only(each)]

    def _once_only(self, sent):
        """What has no dedupe key is not sent again by one who may have sent it."""
        if sent[1]:
            return False
        self.doubtful.append(sent[0])
        return True

    def _send(self, ahead):
        while self._messages:
            batches, left = [], self._messages
            while left:
                most = self._schedule.random.randint(1, 3)
                batches.append({each: Submission(each[2], each[1]) for each in left[:most]})
                left = left[most:]
            for batch in batches:
                ahead.commit(TENANT, list(batch.values()))
            if ahead._as_planned:
                ahead._as_planned.result()
            for sent, submission in (each for batch in batches for each in batch.items()):
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
    """Reads the tail, starts again where it was, and now and then projects: a worker, as far as the store knows."""

    def __init__(self, servers, schedule):
        self._servers, self._schedule, self.seen = servers, schedule, []

    def run(self):
        engine = None
        for turn in range(8):
            try:
                engine = engine or Process(self._servers, self._schedule).engine()
                self.seen += engine.tail(TENANT, len(self.seen), 3)
                if turn % 3 == 0:
                    engine.project(TENANT)
            except Unavailable:
                continue
            except Crash:
                engine = None


class Holder:
    """Takes a lease again and again, as far as its clock goes: nobody else may have it then."""

    def __init__(self, servers, schedule, name, held):
        self._servers, self._schedule, self._name, self._held = servers, schedule, name, held

    def run(self):
        for turn in range(4):
            now, until = NOON + timedelta(seconds=turn), NOON + timedelta(seconds=turn + 2)
            try:
                if Process(self._servers, self._schedule).engine().lease("tail", self._name, now, until):
                    self._held.append((self._name, now, until))
            except (Unavailable, Crash):
                continue


def simulate(seed, most=4):
    """``most``: messages of each writer."""
    schedule, random = Schedule(seed), Random(seed)
    servers = ReplicaSet(schedule)
    servers.primary.write("about", "store", ABOUT)
    servers.primary.confirm(1)
    writers = [Writer(servers, schedule, name, messages(random, name, most)) for name in names(random)]
    follower, held = Follower(servers, schedule), []
    holders = [Holder(servers, schedule, name, held) for name in ("h1", "h2")] if random.random() < 0.1 else []
    for task in (*writers, follower, *holders):
        schedule.start(task.run)
    schedule.start(servers.trouble)
    schedule.run()
    schedule.faults = False
    schedule.start(lambda: settle(servers, schedule))
    schedule.run()
    return servers, writers, follower, held


def settle(servers, schedule):
    servers.primary.confirm(len(servers.primary.done))
    Process(servers, schedule).engine().project(TENANT)


def names(random):
    return ("w1", "w2", "w3")[: random.choice((1, 2, 2, 3))]


def messages(random, name, most):
    made = []
    for n in range(random.randint(1, most)):
        control_id = f"{name}.{n}"
        dedupe = None if random.random() < 0.2 else control_id
        empty = random.random() < 0.2
        fold = message(control_id, str(random.randint(1, 2)), random.choice([None, None, "x", "y"]))
        made.append((control_id, dedupe, refused(control_id) if empty else fold))
    return made


def rebuilt(entries):
    """The state by the journal alone. Fails on a stale write and on a value that two hold."""
    current, held = {}, {}
    for each in entries:
        for new, write in zip(each.versions(), each.writes, strict=True):
            assert write.base == (current[write.key].version if write.key in current else 0), "a stale write"
            current[write.key] = new
        for write in each.writes:
            for value in write.frees:
                assert held.pop(value) == write.key
        for write in each.writes:
            for value in write.reserves:
                assert held.setdefault(value, write.key) == write.key, "a value that two hold"
    return current, held


def check(servers, writers, follower, holdings):
    kept = {name: list(docs.values()) for name, docs in servers.primary.local.items()}
    entries = sorted(map(entry, kept.get("entry", ())), key=lambda each: each.seq)
    assert [each.seq for each in entries] == list(range(1, len(entries) + 1)), "a gap"
    written = Counter(each.reply.decode() for each in entries)
    assert set(written.values()) <= {1}, "doubled"
    for writer in writers:
        for control_id, answer in writer.answers.items():
            assert entries[answer.seq - 1] == answer, "answered, and not kept"
            assert answer.reply.decode() == control_id
        assert not any(written[control_id] for control_id in writer.refused), "refused, and kept"
    answered = {control_id for writer in writers for control_id in writer.answers}
    doubtful = {control_id for writer in writers for control_id in writer.doubtful}
    assert set(written) - doubtful <= answered
    current, held = rebuilt(entries)
    assert {each.key: each for each in map(version, kept.get("current", ()))} == current
    assert {each["value"]: Key(*each["holder"]) for each in kept.get("held", ()) if each["holder"]} == held
    assert follower.seen == entries[: len(follower.seen)], "a follower was told what is not"
    for name, since, until in holdings:
        others = [each for each in holdings if each[0] != name]
        assert not any(since < end and begun < until for _, begun, end in others), "a lease that two hold"


def failure(seed, most=4):
    try:
        check(*simulate(seed, most))
    except Exception as error:
        return error
    return None


@pytest.fixture(autouse=True)
def _model(monkeypatch):
    monkeypatch.setattr(mongo, "Server", Server)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(1 if ALONE else PARTS))
def test_no_interleaving_loses_doubles_or_overwrites(part):
    seeds = [int(ALONE)] if ALONE else range(part * SEEDS // PARTS, (part + 1) * SEEDS // PARTS)
    for seed in seeds:
        if failure(seed):
            most = next(each for each in range(1, 5) if failure(seed, each))
            pytest.fail(f"CAUSEWAY_FAULTS_SEED={seed}, with {most} messages a writer: {failure(seed, most)!r}")


def unguarded(doc):
    return ReplaceOne({"_id": doc["_id"], "tenant": doc["tenant"]}, doc, upsert=True)


MISTAKES = {
    "reads what an election may undo": (mongo_server, "MAJORITY", ReadConcern("local")),
    "answers by what is not yet the journal's": (commit, "final", lambda steps, stand: steps),
    "does not look for what it has sent": (mongo.MongoEngine, "entry", lambda *asked: None),
    "does not look for what was answered": (mongo.MongoEngine, "answered", lambda *asked: {}),
    "projects what comes late": (mongo_project, "guarded", unguarded),
}


@pytest.mark.parametrize(("where", "name", "wrong"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_store_is_found(monkeypatch, where, name, wrong):
    monkeypatch.setattr(where, name, wrong)
    assert any(failure(seed) for seed in range(2000))
