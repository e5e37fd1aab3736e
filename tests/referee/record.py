"""Asks HL7's validator about every case and keeps what it says beside this file, in its message ids alone:
``make referee``, or ``python tests/referee/record.py http://127.0.0.1:4570``.

https://confluence.hl7.org/display/FHIR/Using+the+FHIR+Validator"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import httpx
from cases import GUIDES, Case, cases

from mappings.fhir.json import dumps

VERDICTS = Path(__file__).with_name("verdicts.json.gz")
SHARED = Path(__file__).parents[3] / "shared" / "data"
REFUSES = frozenset({"ERROR", "FATAL"})
FAILED = "the validator itself fails"
PIECE = 50


def asked(client: httpx.Client, case: Case) -> list[str]:
    """The errors' ids, each once."""
    file = {"fileName": "case.json", "fileContent": dumps(case.body).decode(), "fileType": "json"}
    context = {"sv": "4.0.1", "igs": list(GUIDES[case.guide])}
    answer = client.post("/validate", json={"cliContext": context, "filesToValidate": [file]})
    if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
        return [FAILED]
    (outcome,) = answer.raise_for_status().json()["outcomes"]
    return sorted({named(each) for each in outcome["issues"] if each["level"] in REFUSES})


def named(issue: Any) -> str:
    """An error without an id is named by how it begins."""
    return issue.get("messageId") or issue["message"].split("'")[0].split("(")[0].strip()[:60]


def main(url: str) -> None:
    """Asks of what it has no verdict, so that an interrupted run goes on where it was."""
    known = read() if VERDICTS.exists() else {}
    every = list(cases(SHARED))
    with httpx.Client(base_url=url, timeout=300) as client:
        for number, each in enumerate(every):
            if known.get(each.name, [""])[0] != each.digest:
                known[each.name] = [each.digest, asked(client, each)]
            if number % PIECE == 0 or each is every[-1]:
                write({each.name: known[each.name] for each in every if each.name in known})
                print(f"{number} of {len(every)}", file=sys.stderr)  # noqa: T201


def read() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = json.loads(gzip.decompress(VERDICTS.read_bytes()))
    return found


def write(verdicts: dict[str, list[Any]]) -> None:
    text = json.dumps(verdicts, separators=(",", ":"), sort_keys=True)
    VERDICTS.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
