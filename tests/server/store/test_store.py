"""A store as the rooms around it see it."""

from server.store.entry import Entry, Key, Write
from server.store.query import EVERYTHING, Search
from server.store.store import open_store

ANNA = Key("Patient", "anna")


def admitted(snapshot):
    return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "app", "cli", (Write(ANNA, 0, b"{}"),))


def test_what_is_submitted_is_found(url):
    store = open_store(url)
    entry = store.submit("clinic", admitted).result()
    assert store.read("clinic", ANNA) == entry.versions()[0]
    assert store.search("clinic", Search("Patient")).versions == entry.versions()
    assert store.count("clinic", "Patient", EVERYTHING) == store.project("clinic") == store.last("clinic") == 1
    assert list(store.tail("clinic", 0, 5)) == [store.entry("clinic", entry.id)] == [entry]
    store.check()
    store.close()
    again = open_store(url)
    assert again.vread("clinic", ANNA, 1) == entry.versions()[0]
    again.close()


def test_a_relative_file_and_one_with_a_space(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for url, name in (
        ("sqlite:///./a.db", "a.db"),
        ("sqlite:///b.db", "b.db"),
        (f"sqlite:///{tmp_path}/a%20b.db", "a b.db"),
    ):
        open_store(url).close()
        assert (tmp_path / name).is_file()
