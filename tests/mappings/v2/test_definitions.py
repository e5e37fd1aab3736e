"""hl7apy's tables, as Causeway reads them."""

import subprocess
import sys

import pytest

from mappings.v2 import definitions
from mappings.v2.definitions import VERSIONS, FieldDefinition, closest, field, field_name, is_known, structure

FIELDS = {
    "PID-3": (("PID", 3, "2.5.1"), FieldDefinition("Patient identifier list", "CX", True, None, None)),
    "PID-8": (("PID", 8, "2.5.1"), FieldDefinition("Administrative sex", "IS", False, 1, "HL70001")),
    "FT1-11": (("FT1", 11, "2.3"), FieldDefinition("Transaction amount extended", "CP", False, 1, None)),
    "one that came later": (("FT1", 26, "2.2"), None),
    "a Z-segment": (("ZPI", 1, "2.5.1"), None),
    "beyond the segment": (("PID", 99, "2.5.1"), None),
}


@pytest.mark.parametrize(("asked", "definition"), FIELDS.values(), ids=FIELDS)
def test_field(asked: tuple[str, int, str], definition: FieldDefinition | None) -> None:
    assert field(*asked) == definition
    assert field_name(*asked) == (definition.name if definition else "")


@pytest.mark.parametrize(
    ("said", "read"),
    [("2.5.1", "2.5.1"), ("2.9", "2.8.2"), ("2.3.2", "2.3.1"), ("", "2.5.1"), ("x.y", "2.5.1"), ("1", "2.5.1")],
)
def test_closest_version(said: str, read: str) -> None:
    assert closest(said) == read


def test_structure() -> None:
    members = {member.name: member for member in structure("DFT_P03", "2.5.1")}
    assert [*members][:6] == ["MSH", "SFT", "EVN", "PID", "PD1", "ROL"]
    assert (members["PID"].required, members["PID"].maximum) == (True, 1)
    financial = members["DFT_P03_FINANCIAL"]
    assert (financial.required, financial.maximum, financial.members[0].name) == (True, None, "FT1")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_has_its_tables(version: str) -> None:
    assert is_known("ADT", "A08", version)
    assert field_name("PID", 5, version) == "Patient name"


def test_unknown_events() -> None:
    assert [is_known("ADT", "A99"), is_known("XYZ", "A01"), is_known("", ""), structure("ADT_A99")] == [
        False,
        False,
        False,
        (),
    ]


def test_tables_are_not_loaded_before_they_are_asked_for() -> None:
    code = "import sys, mappings.v2.message, mappings.v2.ack; print([m for m in sys.modules if m.startswith('hl7apy')])"
    assert definitions.__file__
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
