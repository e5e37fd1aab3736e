"""Clients that EHR apps are built on make their ordinary calls; each script says what its users do."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPTS = ("fhirclient_.py", "fhirpy_.py", "fhir_kit.mjs", "smart.mjs")


@pytest.mark.parametrize("script", SCRIPTS)
def test_ordinary_calls(run, script) -> None:
    run(script)


@pytest.mark.timeout(300)
def test_whatever_is_sent_nothing_breaks(installed: Path, server, tmp_path: Path) -> None:
    """schemathesis makes requests up, by the OpenAPI document and against it. https://schemathesis.readthedocs.io"""
    running, authorization = server
    examples = os.environ.get("CAUSEWAY_EXAMPLES", "15")
    command = [
        str(installed / "bin" / "schemathesis"), "run", f"{running.http}/openapi.json", "--checks",
        "not_a_server_error", "--header", f"Authorization: {authorization}", "--max-examples", examples,
        "--mode", "all", "--phases", "examples,coverage,fuzzing", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=280, cwd=tmp_path)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
