"""kill -9 of a process in the middle of its work: what was acknowledged is kept once, and nothing by halves."""

import os

import pytest

from interfaces.chaos.run import Trial, chaos

KILLS = int(os.environ.get("CAUSEWAY_FAULTS_KILLS", "200"))

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]


def test_random_kills_of_a_server_and_its_workers_over_8_connections(tmp_path):
    report = chaos(f"sqlite:///{tmp_path}/store.db", Trial(KILLS))
    assert report.found == []
    assert sum(report.kills.values()) == KILLS
