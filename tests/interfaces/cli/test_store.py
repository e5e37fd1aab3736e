"""``causeway store``: what it says, what it exits with, and that it can be killed."""

import json
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from interfaces.cli.main import app
from server.fhir import registry
from server.fhir.added import note
from server.intake.receive import Intake
from server.settings import Settings
from server.store.store import open_store

MESSAGE = (
    "MSH|^~\\&|ADT|RIVER|X|Y|2026030108{n:04}+0000||ADT^A08|m{n}|P|2.5.1\rEVN|A08|2026030108{n:04}+0000\r"
    "PID|1||M{patient}^^^RIVER^MR||Abel^Ann{n}\rPV1|1|O|||||||||||||||||V{n}^^^RIVER^VN\r"
)


def feed(url, count):
    """Admissions of a few patients."""
    with open_store(url) as store:
        intake, begun = Intake(store, Settings().site_of), store.last("default")
        sent = [MESSAGE.format(n=n, patient=n % 3).encode() for n in range(begun, begun + count)]
        for future in [intake.receive(each, "mllp") for each in sent]:
            assert future.result().about["status"] == "accepted"


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path}/causeway.db"
    feed(url, 12)
    return url


@pytest.fixture
def run():
    def invoke(*arguments, code=0):
        result = CliRunner().invoke(app, ["store", *arguments])
        assert result.exit_code == code, result.output
        return result

    return invoke


def broken(url):
    with open_store(url) as store, store.engine._file.writing() as db:
        db.execute("DELETE FROM term WHERE term LIKE 'name\x1f%'")


def test_a_store_that_is_well(run, url):
    shown = run("check", "--store", url).stdout
    assert "default: 12 entries" in shown
    assert shown.endswith("all is well\n")
    found = json.loads(run("check", "--store", url, "--json").stdout)
    assert (found["wrong"], found["store"]) == (0, [])
    assert found["tenants"]["default"]["entries"] == 12
    assert found["tenants"]["default"]["resources"] > 12


def test_a_store_that_is_not(run, url):
    broken(url)
    assert "default Patient: the index has other terms" in run("check", "--store", url, code=1).stdout
    found = json.loads(run("check", "--store", url, "--json", code=1).stdout)
    assert found["wrong"] == len(found["store"]) > 0


def test_older_terms_are_told_and_mended(run, url):
    with open_store(url) as store:
        found = store.engine.current("default", "Patient", "", 9)
        store.engine.reindex("default", [replace(each, terms=each.terms[:-1]) for each in found])
    told = run("check", "--store", url, code=1).stdout
    assert told.count("causeway store reindex mends that") == 3
    assert json.loads(run("reindex", "--store", url, "--type", "Encounter", "--json").stdout) == {
        "changed": {"Encounter": 0}
    }
    assert "3 resources are found" in run("reindex", "--store", url).stdout
    run("check", "--store", url)


@pytest.fixture
def nothing_added():
    yield
    registry.add(registry.Added())


@pytest.mark.usefixtures("nothing_added")
def test_stored_search_parameters_count_as_well(run, url, tmp_path):
    family = replace(registry.resource_type("Patient").parameters["family"], code="surname")
    with open_store(url) as store:
        note(store.engine, "default", registry.Added({"Patient": {"surname": family}}))
    assert run("check", "--store", url, code=1).stdout.count("reindex mends that") == 3
    run("reindex", "--store", url)
    run("check", "--store", url)
    run("copy", url, f"sqlite:///{tmp_path}/other.db")
    registry.add(registry.Added())
    run("check", "--store", f"sqlite:///{tmp_path}/other.db")


def test_a_backup_and_what_is_restored_of_it(run, url, tmp_path):
    file, other = str(tmp_path / "store.backup"), f"sqlite:///{tmp_path}/other.db"
    said = json.loads(run("backup", file, "--store", url, "--json").stdout)
    assert said == {"file": file, "entries": {"default": 12}}
    assert "File" not in run("backup", file, "--store", url, code=1).stdout
    assert "12 entries" in run("restore", file, "--store", other).stdout
    assert "12 entries" in run("restore", file, "--store", other).stdout
    run("check", "--store", other)
    (tmp_path / "store.backup").write_bytes(b"no backup")
    assert "no backup of a store" in run("restore", file, "--store", f"sqlite:///{tmp_path}/new.db", code=1).stderr


def test_a_copy(run, url, tmp_path):
    other = f"sqlite:///{tmp_path}/other.db"
    assert run("copy", url, other).stdout.endswith("the copy is the same\n")
    feed(url, 3)
    assert json.loads(run("copy", url, other, "--json").stdout)["tenants"]["default"]["entries"] == 15


@pytest.mark.mongodb
@pytest.mark.timeout(600)
def test_a_copy_to_the_other_engine_and_back(run, url, mongodb_url, tmp_path):
    back = f"sqlite:///{tmp_path}/back.db"
    run("copy", url, mongodb_url)
    run("copy", mongodb_url, back)
    run("reindex", "--store", mongodb_url)
    one, other = (json.loads(run("check", "--store", each, "--json").stdout) for each in (url, back))
    assert one == other


def test_messages_past_their_age(run, url, tmp_path):
    settings = tmp_path / "causeway.toml"
    settings.write_text("[retention]\nmessages = 1\n")
    assert json.loads(run("purge", "--store", url, "--settings", str(settings), "--json").stdout) == {"entries": 0}
    settings.write_text("[retention]\nmessages = 'x'\n")
    assert "number of days" in run("purge", "--store", url, "--settings", str(settings), code=1).stderr
    assert json.loads(run("purge", "--store", url, "--json").stdout) == {"entries": 0}


@pytest.mark.parametrize("command", ["check", "reindex", "purge", "backup"])
def test_a_store_that_is_not_there_is_not_made(run, tmp_path, command):
    file = [str(tmp_path / "file")] if command == "backup" else []
    result = run(command, *file, "--store", f"sqlite:///{tmp_path}/nothing.db", code=1)
    assert "there is no store" in result.stderr
    assert not (tmp_path / "nothing.db").exists()


@pytest.mark.parametrize("command", ["check", "reindex", "backup", "restore", "copy", "purge"])
def test_the_exit_codes_are_in_the_help(run, command):
    assert "Exit" in run("--help").stdout
    assert "Usage" in run(command, "--help").stdout


def test_a_backup_that_is_killed_is_in_nobodys_way(run, url, tmp_path):
    feed(url, 150)
    file = tmp_path / "store.backup"
    command = [sys.executable, "-m", "interfaces", "store", "backup", str(file), "--store", url]
    backing = subprocess.Popen(command, stdout=subprocess.PIPE)
    while backing.poll() is None and not file.with_name("store.backup.part").exists():
        pass
    backing.send_signal(signal.SIGKILL)
    backing.communicate()
    if not file.exists():
        run("backup", str(file), "--store", url)
    run("restore", str(file), "--store", f"sqlite:///{tmp_path}/other.db")
    run("check", "--store", f"sqlite:///{tmp_path}/other.db")
