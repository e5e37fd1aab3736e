"""A check of the store finds what is wrong, and says where; and nothing where nothing is."""

import threading

import pytest

from server.store.check import check
from server.store.engine import Unavailable
from server.store.mongo import MongoEngine
from server.store.sqlite import SqliteEngine
from server.store.walk import CHUNK


@pytest.fixture
def checked(extract):
    def run(engine):
        found = check(engine, extract)
        return {tenant: each.faults for tenant, each in found.items() if each.wrong}

    return run


def test_an_empty_store_is_well(engine, checked):
    assert checked(engine) == {}


def test_a_store_is_counted(engine, fill, extract):
    fill(engine, "clinic", 40)
    fill(engine, "a.b", 3)
    found = check(engine, extract)
    assert list(found) == ["a.b", "clinic", ""]
    counts = found["clinic"]
    assert (counts.entries, counts.versions) == (40, 60)
    assert (counts.resources, counts.deleted, counts.held) == (20, 10, 10)
    assert [each.faults for each in found.values()] == [[], [], []]


def test_more_than_a_page_is_checked(engine, fill, extract):
    fill(engine, "clinic", CHUNK * 2 + 8)
    looked = []
    found = check(engine, extract, looked.append)
    assert sum(looked) == found["clinic"].entries == CHUNK * 2 + 8
    assert found["clinic"].faults == []


def test_a_store_that_is_written_meanwhile_is_well(url, reopen, fill, checked):
    engine, writer, stop = reopen(), reopen(), threading.Event()
    fill(engine, "clinic", 40)

    def write():
        while not stop.is_set():
            fill(writer, "clinic", 7)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        found = [checked(engine) for _ in range(3)]
    finally:
        stop.set()
        thread.join()
    assert found == [{}, {}, {}]


def test_other_search_parameters_are_told(engine, fill):
    fill(engine, "clinic", 2)
    found = check(engine, lambda version: (*version.terms, "z\x1fnew") if "ann" in str(version.body) else version.terms)
    assert found["clinic"].faults == [
        "Patient/1a: is found by other terms than its body has; causeway store reindex mends that"
    ]


@pytest.fixture
def sqlite(tmp_path, fill):
    opened = SqliteEngine(str(tmp_path / "broken.db"))
    fill(opened, "clinic", 8)
    yield opened
    opened.close()


R1B = "(SELECT n FROM resource WHERE id = '1b')"
BROKEN = {
    "a lost entry": ("DELETE FROM entry WHERE seq = 3", {"entry 4: comes after 2, so others are missing"}),
    "the last entries lost from the middle on": (
        "UPDATE entry SET seq = seq + 10 WHERE seq > 6",
        {"entry 17: comes after 6, so others are missing"},
    ),
    "a stale write": (
        f"UPDATE version SET version = 5 WHERE resource = {R1B} AND version = 2",
        {"entry 3: Patient/1b follows on version 4, and 1 was there"},
    ),
    "an old version is current": (
        f"UPDATE resource SET newest = (SELECT min(n) FROM version WHERE resource = {R1B}) WHERE id = '1b'",
        {
            "clinic Patient/1b: its newest version is not the one it is read by",
            "Patient/1b: version 1 is current, 2 by the journal",
        },
    ),
    "a term that is not in the index": (
        f"DELETE FROM term WHERE resource = {R1B} AND term = 'name\x1fbob'",
        {
            "clinic Patient/1b: the index lacks a term of it",
            "clinic Patient: the index has other terms than its resources",
        },
    ),
    "a term of nobody in the index": (
        "INSERT INTO term SELECT place, 'x', n FROM resource WHERE id = '1b'",
        {"clinic Patient: the index has other terms than its resources"},
    ),
    "a deletion that is found": (
        "UPDATE resource SET live = 1 WHERE id = '1a'",
        {"clinic Patient/1a: it is found though it was deleted, or the reverse"},
    ),
    "a number that is not held": (
        "DELETE FROM held WHERE value LIKE '%|1'",
        {"Patient/1b: does not hold what it reserves"},
    ),
    "a number that another holds": (
        "UPDATE held SET resource = (SELECT n FROM resource WHERE id = '2') WHERE value LIKE '%|1'",
        {"Patient/1b: does not hold what it reserves", "Encounter/2: holds a value that it does not reserve"},
    ),
    "a number of nobody": (
        "INSERT INTO held VALUES (1, 'Patient?identifier=mrn|secret', 99999)",
        {"clinic Patient?identifier=: a value is held by no resource"},
    ),
    "a version that came with no entry": (
        f"UPDATE version SET seq = 1 WHERE resource = {R1B} AND version = 2",
        {"clinic Patient/1b: a version of it is not among those of its entry"},
    ),
    "the body of a current version is gone": (
        f"UPDATE version SET body = x'' WHERE resource = {R1B} AND version = 2",
        {"Patient/1b: the current version was purged"},
    ),
}


@pytest.mark.parametrize(("statement", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_found_in_a_file(sqlite, checked, statement, said):
    with sqlite._file.writing() as db:
        assert db.execute(statement).rowcount > 0
    told = {fault for faults in checked(sqlite).values() for fault in faults}
    assert said <= told
    assert "secret" not in str(told)


def test_a_damaged_page_is_found(tmp_path, sqlite, checked):
    sqlite.close()
    path = tmp_path / "broken.db"
    page = 4096
    data = bytearray(path.read_bytes())
    data[page * 5 + 200 : page * 6] = bytes(page - 200)
    path.write_bytes(data)
    again = SqliteEngine(str(path))
    try:
        found = str(checked(again))
    except Unavailable as error:
        found = str(error)
    again.close()
    assert "the file" in found or "malformed" in found


PATIENT = "clinic/Patient/1b"
DOCUMENTS = {
    "a lost entry": (
        lambda s: s.entry.delete_one({"_id": "clinic/000000000003"}),
        {"entry 3: is missing, and what follows cannot be told"},
    ),
    "a resource that is lost": (
        lambda s: s.current.delete_one({"_id": PATIENT}),
        {"entry 3: Patient/1b version 2 is not current, nor a later one"},
    ),
    "other content": (
        lambda s: s.current.update_one({"_id": PATIENT}, {"$set": {"body": b"{}"}}),
        {"entry 3: Patient/1b version 2 is current with other content"},
    ),
    "other terms": (
        lambda s: s.current.update_one({"_id": PATIENT}, {"$set": {"terms": ["x"]}}),
        {"entry 3: Patient/1b version 2 is current with other content"},
    ),
    "an old version": (
        lambda s: s.current.update_one({"_id": PATIENT}, {"$set": {"version": 1}}),
        {"entry 3: Patient/1b version 2 is not current, nor a later one"},
    ),
    "a resource of no entry": (
        lambda s: s.current.insert_one({**s.current.find_one({"_id": PATIENT}), "_id": PATIENT + "x", "id": "1bx"}),
        {"Patient/1bx: version 2 is current, 0 by the journal"},
    ),
    "another type's place": (
        lambda s: s.current.update_one({"_id": PATIENT}, {"$set": {"place": "clinic/Group"}}),
        {f"current {PATIENT}: is found by other things than it says"},
    ),
    "an entry that is not found by its id": (
        lambda s: s.entry.update_one({"_id": "clinic/000000000003"}, {"$set": {"facts": []}}),
        {"entry clinic/000000000003: is found by other things than it says"},
    ),
    "a number that is not held": (
        lambda s: s.held.delete_one({"value": "Patient?identifier=mrn|1"}),
        {"Patient/1b: does not hold what it reserves"},
    ),
    "a number that another holds": (
        lambda s: s.held.update_one({"value": "Patient?identifier=mrn|1"}, {"$set": {"holder": ["Encounter", "2"]}}),
        {"Patient/1b: does not hold what it reserves", "Encounter/2: holds a value that it does not reserve"},
    ),
    "a number under another's name": (
        lambda s: s.held.update_one({"value": "Patient?identifier=mrn|1"}, {"$set": {"value": "secret"}}),
        {"held clinic/Patient?identifier: is found by other things than it says"},
    ),
}


@pytest.fixture
def mongodb_engine(mongodb_url):
    opened = MongoEngine(mongodb_url)
    yield opened
    opened.close()


@pytest.mark.mongodb
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("harm", "said"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_what_is_broken_is_found_in_a_database(mongodb_engine, fill, checked, harm, said):
    fill(mongodb_engine, "clinic", 8)
    harm(mongodb_engine._server.collections)
    told = {fault for faults in checked(mongodb_engine).values() for fault in faults}
    assert said <= told
    assert "secret" not in str(told)
