"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.store import Store, open_store

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real messages, examples and packages beside the project; tests that need them skip where they are absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data here")
    return folder


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store in memory."""
    opened = open_store("sqlite://")
    yield opened
    opened.close()
