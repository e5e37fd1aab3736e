"""What the documents say is true: every path they name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "docker/README.md",
    "docs/insurance-plan.md",
    "docs/reliability.md",
    "docs/smart.md",
    "docs/store.md",
)
PATH = re.compile(r"`((?:server|mappings|interfaces|tests|docker|docs)/[\w./-]*|[A-Za-z]+\.(?:md|toml))`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(name):
    document = ROOT / name
    text = document.read_text(encoding="utf-8")
    named = [ROOT / path for path in PATH.findall(text)] + [document.parent / path for path in LINK.findall(text)]
    assert [str(path.relative_to(ROOT)) for path in named if not path.exists()] == []


def test_every_room_stands_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = {
        folder.relative_to(ROOT).as_posix()
        for package in ("mappings", "server", "interfaces")
        for folder in (ROOT / package).iterdir()
        if (folder / "__init__.py").exists()
    }
    assert sorted(room for room in rooms if f"`{room}/" not in text) == []
