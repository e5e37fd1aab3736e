"""``causeway convert``: Bundles on stdout, places on stderr, exit 1 when a message cannot be converted."""

import json

import pytest
import typer
from typer.testing import CliRunner

from interfaces.cli.convert import convert

ADMISSION = "\r".join(
    (
        "MSH|^~\\&|HARBOR|NORTHBAY|||20260302081500-0500||ADT^A01|1|P|2.5.1",
        "PID|1||700100^^^NORTHBAY^MR||Lindqvist^Mara||31.12.1985",
        "PV1|1|I|4W^412||||77^Voss||||||||||||V-3001",
        "ZPV|local",
    )
)
NOBODY = "MSH|^~\\&|HARBOR|NORTHBAY|||20260302||ADT^A01|2|P|2.5.1\rPID|1||||Lindqvist^Mara"

app = typer.Typer()
app.command()(convert)


@pytest.fixture
def run(tmp_path):
    """What the command does with a file of these messages."""

    def run_(text, *options):
        file = tmp_path / "messages.hl7"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return CliRunner().invoke(app, [str(file), *options])

    return run_


def test_one_message_is_one_bundle(run):
    done = run(ADMISSION)
    assert done.exit_code == 0
    made = json.loads(done.stdout)
    assert made["type"] == "transaction"
    types = {entry["resource"]["resourceType"] for entry in made["entry"]}
    assert types == {"Patient", "Encounter", "Location", "Practitioner", "Organization"}
    assert done.stderr == "warning PID^1^7 102 not a date\n"


def test_several_messages_are_a_bundle_a_line(run):
    done = run("\n".join((ADMISSION, ADMISSION.replace("|1|P|", "|2|P|"))))
    assert done.exit_code == 0
    assert [json.loads(line)["resourceType"] for line in done.stdout.splitlines()] == ["Bundle", "Bundle"]


def test_explain_says_what_was_read_and_what_was_not(run):
    done = run(ADMISSION, "--explain")
    assert done.exit_code == 0
    assert "PID-5" in done.stdout
    assert "Patient.name" in done.stdout
    assert done.stdout.endswith("\nnot read: ZPV-1\n")


def test_explain_as_json(run):
    said = json.loads(run(ADMISSION, "--explain", "--json").stdout)
    assert {"field": "PID-5", "element": "Patient.name", "value": "Lindqvist, Mara"} in said["read"]
    assert said["unread"] == ["ZPV-1"]


REFUSED = {
    "nobody": (NOBODY, "error PID^1^3 101 no identifier that says who the patient is"),
    "an event that is not mapped": (ADMISSION.replace("A01", "A60"), "error MSH^1^9^1^2 201 this event is not mapped"),
    "not HL7": ("hello", "error MSH^1 100 no MSH segment at the beginning"),
    "bytes": (b"\xff\xfe\x00\x01", "error MSH^1 100 no MSH segment at the beginning"),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_converted_says_where(text, expected, run):
    done = run(text)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert expected in done.stderr
    assert "Lindqvist" not in done.stderr


def test_one_bad_message_does_not_hide_the_others(run):
    done = run("\n".join((NOBODY, ADMISSION)))
    assert done.exit_code == 1
    assert json.loads(done.stdout)["resourceType"] == "Bundle"


def test_an_empty_file_is_no_message(run):
    done = run("")
    assert done.exit_code == 1
    assert done.stderr == "causeway: no message in the file\n"


def test_the_senders_conventions(run, tmp_path):
    settings = tmp_path / "causeway.toml"
    settings.write_text('[senders."HARBOR|NORTHBAY".authorities]\nNORTHBAY = "https://northbay.example/mrn"\n')
    made = json.loads(run(ADMISSION, "--settings", str(settings)).stdout)
    patient = next(each["resource"] for each in made["entry"] if each["resource"]["resourceType"] == "Patient")
    assert patient["identifier"][0]["system"] == "https://northbay.example/mrn"
