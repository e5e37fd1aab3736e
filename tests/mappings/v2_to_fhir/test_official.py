"""HL7's own tables as the measure: what they map is mapped here, or the map says why not.

https://hl7.org/fhir/uv/v2mappings"""

import csv
import re
from pathlib import Path

import pytest

from mappings.v2_to_fhir import tables
from mappings.v2_to_fhir.segments import MAPS

IDENTIFIER, ATTRIBUTE = 1, 9
V2_CODE, FHIR_CODE, SYSTEM = 0, 6, 9

SEGMENTS = ("PID", "PD1", "PV1", "PV2", "NK1", "DG1", "IN1", "MRG", "EVN")


def rows(files):
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield from list(csv.reader(lines))[2:]


def mapped_by_hl7(folder: Path, segment: str) -> set[int]:
    found = rows(folder.glob(f"segments/*R4_ {segment}?*.csv"))
    fields = (re.fullmatch(rf"{segment}-(\d+)", row[IDENTIFIER].strip()) for row in found if row[ATTRIBUTE].strip())
    return {int(field[1]) for field in fields if field}


@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_field_that_hl7_maps_is_read_or_has_its_reason(segment, shared):
    official = mapped_by_hl7(shared / "v2-to-fhir", segment)
    maps = [map for map in MAPS if map.segment == segment]
    known = {field for map in maps for field in (*map.fields, *map.unmapped)}
    assert official
    assert official - known == set()


def test_a_field_is_not_both_read_and_unmapped():
    for map in MAPS:
        read = {field for other in MAPS if other.segment == map.segment for field in other.fields}
        assert read & set(map.unmapped) == set(), map.segment


def test_rows_are_in_field_order():
    for map in MAPS:
        fields = [row.field for row in map.rows]
        assert fields == sorted(fields), (map.segment, map.resource)


def concepts(folder: Path, name: str) -> dict[str, tuple[str, str]]:
    found = rows(folder.glob(f"codesystems/*Map_ {name} - *.csv"))
    coded = [[cell.strip() for cell in row] for row in found if len(row) > SYSTEM]
    return {row[V2_CODE]: (row[FHIR_CODE], row[SYSTEM]) for row in coded if row[V2_CODE] and row[FHIR_CODE]}


CODES = {
    "MaritalStatus": (tables.MARITAL, set()),
    "PatientClass[[]EncounterClass[]]": (tables.CLASS, {"R", "B", "C", "N", "U"}),
    "Relationship": (
        tables.RELATIONS,
        {"DEP", "WRD", "CGV", "GRD", "OAD", "EME", "ASC", "OWN", "TRA", "MGR", "NON"},
    ),
    "EncounterPriority": (tables.URGENCY, set()),
    "DiagnosisType": (tables.DIAGNOSIS_USE, set()),
}
"""With the codes that HL7 maps to themselves: what no table names stays what it is."""


@pytest.mark.parametrize("name", CODES)
def test_codes_as_hl7_maps_them(name, shared):
    ours, themselves = CODES[name]
    official = concepts(shared / "v2-to-fhir", name)
    assert official
    assert {code: (to.code, to.system) for code, to in ours.items()} == {
        code: to for code, to in official.items() if code not in themselves
    }
    assert all(official[code][0] == code for code in themselves)


PLAIN = {
    "AdministrativeSex": tables.SEX,
    "NameType": tables.NAME_USE,
    "AddressType[[]Use[]]": tables.ADDRESS_USE,
    "AddressType[[]Type[]]": tables.ADDRESS_TYPE,
    "TelecommunicationUseCode": tables.TELECOM_USE,
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_codes_as_hl7_maps_them(name, shared):
    official = concepts(shared / "v2-to-fhir", name)
    assert official
    assert {code: to for code, (to, _) in official.items()} == dict(PLAIN[name])
