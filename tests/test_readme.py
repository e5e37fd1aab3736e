"""README's examples, run as they stand."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from interfaces.serving import announced
from server.settings import settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def shell(tmp_path):
    """Free ports, and a folder for the store that the commands make."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "CAUSEWAY_HTTP": "127.0.0.1:0", "CAUSEWAY_MLLP": "127.0.0.1:0"}
    return tmp_path, environment


def test_the_commands_by_hand(shell):
    folder, environment = shell
    serve, *commands = blocks("sh")[0].strip().splitlines()
    options = shlex.split(serve.removesuffix("&"))
    with subprocess.Popen(options, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            server = announced(process)
            environment["CAUSEWAY_MLLP"] = ":".join(map(str, server.mllp))
            for command in commands:
                line = command.replace("http://127.0.0.1:8080", server.http)
                done = subprocess.run(line, shell=True, cwd=folder, env=environment, capture_output=True, check=False)
                assert done.returncode == 0, (line, done.stderr)
                assert done.stdout
        finally:
            process.terminate()


def test_the_settings_can_be_read():
    found = settings(tomllib.loads(blocks("toml")[0]))
    assert found.site_of("ADT|RIVERBEND").zone.key == "America/New_York"


def test_the_make_targets_are_there():
    named = set(re.findall(r"(?:`|^    )make ([a-z]+)", README, re.MULTILINE))
    assert named >= {"demo", "test"}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named <= targets
