"""https://hl7.org/fhir/R4/datatypes.html#primitive: what each type takes, and what looks like it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mappings.fhir.beside import holds
from mappings.fhir.primitives import LIMIT, PRIMITIVES, Remembered
from mappings.fhir.r4.tables import primitive_types

SOUND: dict[str, tuple[Any, ...]] = {
    "base64Binary": ("aGVsbG8=", "aGVs bG8=", "YQ==", "YWI=", "YWJj\n"),
    "boolean": (True, False),
    "canonical": ("http://quill.test/vs|1.0", "#frag"),
    "code": ("a", "two words", "a-b", "Ω"),
    "date": ("2024", "2024-02", "2024-02-29", "2000-02-29", "1900-12-31", "0001-01-01"),
    "dateTime": (
        "2024",
        "2024-02",
        "2024-02-29",
        "2024-02-29T00:00:00Z",
        "2024-02-29T23:59:60.123456+14:00",
        "2024-02-29T10:00:00-00:30",
    ),
    "decimal": (0, -1, 1.5, Decimal("1.50"), Decimal("1E+5"), Decimal("-0.000")),
    "id": ("a", "A-1.b", "x" * 64),
    "instant": ("2024-02-29T00:00:00.1Z", "2024-02-29T00:00:00+01:00"),
    "integer": (0, -(2**31), 2**31 - 1),
    "markdown": ("# a\n\n* b",),
    "oid": ("urn:oid:2.16.840.1", "urn:oid:1.0"),
    "positiveInt": (1, 2**31 - 1),
    "string": ("a", " a ", "a\tb\r\nc", "é", "日本", "x" * LIMIT),
    "time": ("00:00:00", "23:59:59.999"),
    "unsignedInt": (0, 1),
    "uri": ("urn:x", "relative/path", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "urn:oid:1.2"),
    "url": ("https://quill.test/ü", "mailto:ada@quill.test"),
    "uuid": ("urn:uuid:c757873d-ec9a-4326-a141-556f43239520",),
}

WRONG: dict[str, tuple[Any, ...]] = {
    "base64Binary": ("", " ", "a", "aGVsbG8", "###", "aGVsbG8=x", "a-_b"),
    "boolean": ("true", 1, 0, "", None),
    "canonical": ("", " ", "a b"),
    "code": ("", " a", "a ", "a  b", "a\n b", "a\x00b", 1),
    "date": (
        "",
        "24",
        "2024-13",
        "2024-00",
        "2023-02-29",
        "1900-02-29",
        "2024-04-31",
        "0000",
        "2024-1-1",
        "2024-01-01T",
    ),
    "dateTime": (
        "2024-02-29T10:00",
        "2024-02-29T10:00:00",
        "2024-02-29T24:00:00Z",
        "2024-02-30T10:00:00Z",
        "2024-02-29T10:00:00+14:30",
        "2024-02-29T10:00:00+1:00",
        "2024-02-29 10:00:00Z",
        "2024-02-29T10:00:00Z\n",
        "٢٠٢٤",
    ),
    "decimal": ("1.0", True, None, Decimal("NaN"), Decimal("1E+99999"), float("inf"), 10**1000),
    "id": ("", "a b", "a_b", "x" * 65, "a\n", "é"),
    "instant": ("2024-02-29", "2024-02-29T10:00:00", "2024"),
    "integer": (2**31, -(2**31) - 1, 1.0, Decimal(1), "1", True),
    "markdown": ("", "  ", "a\x0bb"),
    "oid": ("1.2.3", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.02"),
    "positiveInt": (0, -1, "1", True, 1.0),
    "string": ("", " ", "\n\t", "a\x00", "\x1f", "a\ud800", "x" * (LIMIT + 1), 1, ["a"]),
    "time": ("24:00:00", "12:00", "12:00:00Z"),
    "unsignedInt": (-1, False),
    "uri": ("", " ", "a b", "a\nb", "urn:uuid:1", "urn:oid:x", "urn:oid:1.2\u2003", "urn:\ud800"),
    "url": ("", "https://quill.test/ a"),
    "uuid": ("c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"),
}


def test_every_type_has_its_rule() -> None:
    assert PRIMITIVES.keys() == primitive_types() - {"xhtml"}
    assert PRIMITIVES.keys() == SOUND.keys() == WRONG.keys()


def cases(table: dict[str, tuple[Any, ...]]) -> list[Any]:
    rows = [(type, value) for type, values in table.items() for value in values]
    return [pytest.param(type, value, id=f"{type} {str(value)[:40]!a}") for type, value in rows]


@pytest.mark.parametrize(("type", "value"), cases(SOUND))
def test_a_sound_value(type: str, value: Any) -> None:
    assert holds(PRIMITIVES[type][0], value)


@pytest.mark.parametrize(("type", "value"), cases(WRONG))
def test_a_wrong_value(type: str, value: Any) -> None:
    assert not holds(PRIMITIVES[type][0], value)


FILES = {"base64_binary": "base64Binary"} | {
    name: name
    for name in ("boolean", "canonical", "code", "decimal", "markdown", "oid", "string", "time", "url", "uuid")
}


@pytest.mark.parametrize("file", FILES)
def test_collected_values(shared: Path, file: str) -> None:
    predicate = PRIMITIVES[FILES[file]][0]
    for verdict, expected in (("valid", True), ("invalid", False)):
        lines = (shared / "fhir-examples" / "primitives" / f"{file}.{verdict}.ndjson").read_text().splitlines()
        values = [_json(line) for line in lines if line and line != "null"]
        assert [value for value in values if bool(holds(predicate, value)) != expected] == []


def _json(line: str) -> Any:
    try:
        return json.loads(line, parse_float=Decimal)
    except ValueError:
        return line


def test_what_is_remembered_stays_small() -> None:
    asked: list[str] = []
    remembered = Remembered(lambda text: asked.append(text) or text, most=100, short=10)
    for number in range(110):
        assert remembered[str(number)] == str(number)
    assert len(remembered) == 10
    assert remembered["x" * 11] == "x" * 11
    assert "x" * 11 not in remembered
    assert remembered["100"] == "100"
    assert asked.count("100") == 1
