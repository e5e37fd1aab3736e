"""Real messages, where they are to be had."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def samples(shared: Path) -> dict[str, bytes]:
    """By name, without those that are held out."""
    return {file.stem: file.read_bytes() for file in sorted((shared / "hl7-samples").glob("*.hl7"))}
