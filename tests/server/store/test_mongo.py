"""What only the distributed engine has: round trips, what it asks of a server, replies that are lost."""

import threading

import pytest
from pymongo import WriteConcern
from pymongo.errors import AutoReconnect, BulkWriteError
from pymongo.monitoring import CommandListener

from server.store import mongo_log, mongo_server
from server.store.engine import Unavailable, Uncertain, Unusable
from server.store.entry import Entry, Key, Write
from server.store.journal import Journal
from server.store.mongo import MongoEngine
from server.store.mongo_project import current_operations, held_operations, written
from server.store.mongo_schema import MIGRATIONS, introduce
from server.store.query import EVERYTHING, Holds, Not, Search, Sort, equals, starts

pytestmark = [pytest.mark.mongodb, pytest.mark.timeout(600)]


class Commands(CommandListener):
    """The commands that were sent."""

    def __init__(self):
        self.names = []

    def started(self, event):
        self.names.append(event.command_name)

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


@pytest.fixture
def commands(monkeypatch):
    listener = Commands()
    monkeypatch.setitem(mongo_server.PATIENCE, "event_listeners", [listener])
    return listener


@pytest.fixture
def opened(commands, mongodb_url):
    engine = MongoEngine(mongodb_url)
    yield engine
    engine.close()


def create(n):
    value = f"Patient?identifier=mrn|{n}"

    def fold(snapshot):
        assert snapshot.holders([value]) == {}
        write = Write(Key("Patient", snapshot.new_id(value)), 0, b"{}", (f"mrn\x1f{n}",), (value,))
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "app", "mllp", (write,))

    fold.wants = lambda: (value,)
    return fold


def in_one_batch(journal, folds):
    """They wait together while one before them is folded."""
    begun, gate = threading.Event(), threading.Event()

    def hold(snapshot):
        begun.set()
        gate.wait()
        return create(f"before {id(folds)}")(snapshot)

    first = journal.submit("clinic", hold)
    begun.wait()
    futures = [journal.submit("clinic", fold, dedupe=fold.wants()[0], wants=fold.wants) for fold in folds]
    gate.set()
    return [first.result(), *(each.result() for each in futures)]


def test_a_batch_of_any_size_takes_the_same_round_trips(opened, commands):
    journal, trips = Journal(opened), []
    for size in (1, 2, 40):  # the first also looks where the journal ends
        commands.names.clear()
        in_one_batch(journal, [create(f"{size}.{n}") for n in range(size)])
        trips.append(sorted(commands.names))
    journal.close()
    assert trips[1] == trips[2]
    assert {name: trips[1].count(name) for name in trips[1]} == {"find": 6, "insert": 4, "update": 2}
    assert opened.count("clinic", "Patient", EVERYTHING) == 46


def test_indexes_are_there(opened):
    indexes = {each.name: list(each.index_information()) for each in opened._server.collections}
    assert indexes["entry"] == ["_id_", "tenant_1_facts_1"]
    assert indexes["current"] == ["_id_", "place_1_terms_1"]
    assert all(each.write_concern == WriteConcern("majority", 10_000, True) for each in opened._server.collections)


def test_an_index_that_was_dropped_is_made_again(opened, mongodb_url):
    opened._current.drop_index("place_1_terms_1")
    again = MongoEngine(mongodb_url)
    assert "place_1_terms_1" in again._current.index_information()
    again.close()


def test_an_index_that_is_another_is_told(opened, mongodb_url):
    opened._current.drop_index("place_1_terms_1")
    opened._current.create_index([("place", 1), ("terms", 1)], name="place_1_terms_1", sparse=True)
    with pytest.raises(Unusable, match="drop it, and start again"):
        MongoEngine(mongodb_url)


HOSTILE = ("$where", "$exists", "a.$b", "__raw__", "terms__contains", "$$ROOT", "{$ne: 1}")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_asked_for_is_a_value_in_every_command(opened, monkeypatch, entry, write, text):
    """Never a field or an operator; and no query language but the server's own is in between."""
    sent = []
    monkeypatch.setattr(Commands, "started", lambda _, event: sent.append(event.command))
    key = Key(text, text)
    opened.append(text, [entry(1, write(f"{text}/{text}", terms=(text,), reserves=(text,)), tenant=text, dedupe=text)])
    opened.project(text)
    opened.read(text, key), opened.vread(text, key, 1), opened.holders(text, [text]), opened.entry(text, text)
    opened.answered(text, [text]), opened.tail(text, 0, 1), opened.messages(text, {text: text}, None, 1)
    opened.history(text, key, limit=1, before=None), opened.current(text, text, text, 1), opened.held(text, text, 1)
    for where in (equals(text), starts(text), Holds(text, text), Not(equals(text))):
        opened.search(text, Search(text, where, (Sort(text),)))
        opened.count(text, text, where)
    opened.lease(text, text, entry(1).at, entry(1).at), opened.progress(text)
    opened.note(text, text), opened.noted(text), opened.reindex(text, opened.current(text, text, "", 9))
    assert len(sent) > 25
    names = {name for command in sent for name in fields(command)}
    assert not {name for name in names if text in name}


def fields(value):
    """The names in a command, at every depth; what stands for a value as it is (``$literal``) has none."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from fields(inner)
    elif isinstance(value, list):
        for each in value:
            yield from fields(each)


REFUSED = {
    "not from the primary": "readPreference=secondary",
    "one node is not enough": "w=1",
    "none is not at all": "w=0",
    "not on disk": "journal=false",
    "not understood": "w=majority&uuidRepresentation=nonsense",
}


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED)
def test_a_url_that_would_lose_writes_is_refused(mongodb_url, options):
    with pytest.raises(Unusable, match="URL"):
        MongoEngine(f"{mongodb_url}{'&' if '?' in mongodb_url else '?'}{options}")


def test_a_newer_schema_is_refused(opened, mongodb_url):
    opened._about.update_one({"_id": "store"}, {"$set": {"schema": 99}})
    with pytest.raises(Unusable, match=f"schema 99, this program knows {1 + len(MIGRATIONS)}"):
        MongoEngine(mongodb_url)


def test_an_older_store_is_brought_up(opened, mongodb_url):
    opened._about.update_one({"_id": "store"}, {"$set": {"schema": 1}})
    opened._lease.insert_one({"_id": "follower", "holder": "a", "until": 1})
    again = MongoEngine(mongodb_url)
    assert again.progress("follower") == 0
    assert again.namespace() == opened.namespace()
    assert again._about.find_one()["schema"] == 1 + len(MIGRATIONS)
    again.close()


def test_a_migration_that_died_is_done_again_and_none_before_it(opened):
    done, store = [], opened._server.collections
    opened._about.update_one({"_id": "store"}, {"$set": {"schema": 1}})

    def dies(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        introduce(store, (lambda _: done.append(1), dies))
    introduce(store, (lambda _: done.append(1), lambda _: done.append(2)))
    assert done == [1, 2]


def test_no_server_is_unavailable(monkeypatch):
    monkeypatch.setitem(mongo_server.PATIENCE, "serverSelectionTimeoutMS", 50)
    with pytest.raises(Unavailable, match="ServerSelectionTimeoutError"):
        MongoEngine("mongodb://127.0.0.1:1/none")


class Breaking:
    """A journal's collection whose next insert loses its reply, before or after it was done."""

    def __init__(self, collection, done, error):
        self._collection, self._done, self._error = collection, done, error

    def __getattr__(self, name):
        return getattr(self._collection, name)

    def insert_many(self, docs, ordered):
        if self._error is None:
            return self._collection.insert_many(docs, ordered=ordered)
        error, self._error = self._error, None
        if self._done:
            self._collection.insert_many(docs, ordered=ordered)
        raise error


TIMEOUT = {"code": 64, "errmsg": "waiting for replication timed out"}
LOST = {
    "after it was done": (True, AutoReconnect("gone")),
    "before it was done": (False, AutoReconnect("gone")),
    "no majority in time": (True, BulkWriteError({"writeErrors": [], "writeConcernErrors": [TIMEOUT]})),
}


@pytest.mark.parametrize(("done", "error"), LOST.values(), ids=LOST)
def test_a_lost_reply_is_looked_for_and_nothing_is_applied_twice(opened, done, error):
    opened._entry = Breaking(opened._entry, done, error)
    journal = Journal(opened, sleep=lambda _: None)
    entry = journal.submit("clinic", create(1)).result()
    journal.close()
    assert [each.id for each in opened.tail("clinic", 0, 9)] == [entry.id]
    assert opened.count("clinic", "Patient", EVERYTHING) == 1


def test_an_insert_that_was_sent_twice_on_its_way_is_not_taken_for_anothers(opened, entry):
    mine = entry(1)
    assert opened.append("clinic", [mine]) == 1
    with pytest.raises(Uncertain):
        opened.append("clinic", [mine])
    assert opened.append("clinic", [entry(1, id="other")]) == 0


def test_a_gap_that_is_read_is_not_passed(opened, entry):
    opened.append("clinic", [entry(1), entry(2)])
    opened._entry.insert_one({**mongo_log.entry_document(entry(4))})
    assert [each.seq for each in opened.tail("clinic", 0, 9)] == [1, 2]
    assert opened.project("clinic") == 2


def test_what_is_projected_late_changes_nothing(opened, entry, write):
    first = entry(1, write("Patient/a", terms=("old",), reserves=("r",)))
    second = entry(2, write("Patient/a", 1, terms=("new",), frees=("r",)))
    opened.append("clinic", [first, second])
    opened.project("clinic")
    written(opened._current, current_operations("clinic", [first]))
    written(opened._held, held_operations("clinic", [first]))
    assert opened.read("clinic", Key("Patient", "a")) == second.versions()[0]
    assert opened.count("clinic", "Patient", equals("old")) == 0
    assert opened.holders("clinic", ["r"]) == {}


def test_a_process_that_is_alone_notes_now_and_then_how_far_it_is(opened, mongodb_url, entry):
    def noted():
        return [doc["seq"] for doc in opened._server.collections.cursor.find()]

    for seq in range(1, 70):
        opened.append("clinic", [entry(seq)])
        opened.project("clinic")
    assert noted() == [64]
    other = MongoEngine(mongodb_url)
    assert other.project("clinic") == 69
    assert noted() == [69]
    other.append("clinic", [entry(70)])
    other.project("clinic")
    other.close()
    assert noted() == [70]
    assert opened.project("clinic") == 70
