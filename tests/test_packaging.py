"""The three packages are ours alone, and tests never shadow them."""

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.mark.parametrize("name", ["mappings", "server", "interfaces"])
def test_no_other_distribution_installs_this_name(name):
    assert set(packages_distributions().get(name, ())) <= {"causeway"}


def test_tests_are_no_packages():
    assert list(TESTS.rglob("__init__.py")) == []
