"""``causeway bench``, as it is typed: small runs of the real thing."""

import json

import pytest
import typer
from typer.testing import CliRunner

from interfaces.bench.load import Failed
from interfaces.cli.bench import app, tell

FIGURES = {"per_s", "p50_ms", "p99_ms", "store_limit_share", "store_per_s"}

RUNS = {
    "mllp": {"parse_and_map_ms", "store_ms", "fold_and_wire_ms"},
    "rest": {"read_per_s", "read_p50_ms", "read_p99_ms"},
    "claims": set(),
}


@pytest.mark.parametrize(("name", "more"), RUNS.items(), ids=RUNS)
def test_every_figure_is_there_and_positive(name, more) -> None:
    done = CliRunner().invoke(app, [name, "--connections", "2", "--count", "7", "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (0, "")
    assert {each: told.pop(each) for each in ("name", "connections", "count")} == {
        "name": name,
        "connections": 2,
        "count": 7,
    }
    assert told.keys() == FIGURES | more
    assert all(value > 0 for value in told.values())
    assert told["p50_ms"] <= told["p99_ms"]


def test_the_checker_is_far_faster_than_fhir_resources() -> None:
    """50 times is what is wanted of it; what is asserted leaves room for a machine that is busy with other tests."""
    done = CliRunner().invoke(app, ["check", "--json"])
    claim, explanation = map(json.loads, done.stdout.splitlines())
    assert (claim["type"], claim["bytes"] // 1000) == ("Claim", 5)
    assert (explanation["type"], explanation["bytes"] // 1000) == ("ExplanationOfBenefit", 51)
    assert min(claim["times_faster"], explanation["times_faster"]) > 25


def test_what_cannot_be_measured_is_said_on_one_line(capsys) -> None:
    def measure(count, connections, advance):
        raise Failed("a message was not acknowledged with AA")

    with pytest.raises(typer.Exit) as ended:
        tell(measure, 1, 1, json=False)
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "causeway: a message was not acknowledged with AA\n"
