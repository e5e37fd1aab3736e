"""``causeway profile``, as it is typed."""

import io
import json
import tarfile

import pytest
from typer.testing import CliRunner

from interfaces.cli.profile import app

FILES = {
    "package/package.json": {"name": "quill.guide", "version": "1.0.0"},
    "package/ValueSet-languages.json": {
        "resourceType": "ValueSet",
        "id": "languages",
        "url": "https://quill.test/languages",
        "status": "active",
    },
}
LABEL = "quill.guide#1.0.0"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_STORE", f"sqlite:///{tmp_path}/profiles.db")
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def package(tmp_path):
    file = tmp_path / "guide.tgz"
    with tarfile.open(file, "w:gz") as archive:
        for name, content in FILES.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return str(file)


def test_a_package_is_loaded_listed_and_removed(run, package) -> None:
    assert run("list").output == "no packages are loaded\n"
    assert json.loads(run("load", package, "--json").output) == {LABEL: 1}
    assert json.loads(run("list", "--json").output) == {LABEL: 1}
    assert run("list").output.split() == [LABEL, "1", "here"]
    assert run("remove", LABEL).exit_code == 0
    assert run("remove", LABEL).exit_code == 1
    assert json.loads(run("list", "--json").output) == {}


def test_what_is_no_package_is_said_on_one_line(run, tmp_path) -> None:
    file = tmp_path / "guide.tgz"
    file.write_bytes(b"nothing")
    done = run("load", str(file))
    assert (done.exit_code, done.stderr) == (1, "causeway: this is no .tgz file\n")
