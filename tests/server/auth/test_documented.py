"""What docs/smart.md says of the settings is what holds."""

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

from server.auth.policy import Policy

TEXT = (Path(__file__).parents[3] / "docs" / "smart.md").read_text()


def test_every_setting_is_named_with_what_holds_if_nothing_is_said() -> None:
    block = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert block
    assert tomllib.loads(block[1])["auth"].items() <= asdict(Policy()).items()
    assert all(f"{name}" in TEXT for name in asdict(Policy()))
