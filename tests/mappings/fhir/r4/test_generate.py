"""The tables in the tree are what the script makes of R4's package."""

import gzip
import json
from pathlib import Path

import pytest

from mappings.fhir.r4 import generate


def test_the_tables_are_what_the_package_says(shared: Path) -> None:
    made = generate.tables(shared / "packages" / "hl7.fhir.r4.core-4.0.1.tgz")
    stored = {name: json.loads(gzip.decompress((generate.HERE / f"{name}.json.gz").read_bytes())) for name in made}
    assert stored == made


ALTERNATIVES = {
    "only its own": ("Patient.name | Person.name", "Person", "Person.name"),
    "a bar within parentheses": ("(A.x | B.x).y | B.z", "B", "B.z"),
    "two of its own": ("(Observation.value as Quantity) | Observation.code", "Observation", None),
    "another type's": ("name | alias", "Organization", None),
    "a type whose name begins alike": ("Medication.code | MedicationRequest.x", "Medication", "Medication.code"),
}


@pytest.mark.parametrize(("expression", "base", "own"), ALTERNATIVES.values(), ids=ALTERNATIVES)
def test_a_row_has_only_what_concerns_its_type(expression: str, base: str, own: str | None) -> None:
    assert generate.alternatives_of(expression, base) == (own or expression)


SYSTEM = {
    "resourceType": "CodeSystem",
    "url": "urn:s",
    "content": "complete",
    "concept": [
        {"code": "a", "concept": [{"code": "b", "concept": [{"code": "c"}]}]},
        {"code": "d", "property": [{"code": "subsumedBy", "valueCode": "b"}]},
    ],
}

COMPOSE = {
    "a whole system": ({"include": [{"system": "urn:s"}]}, {"a", "b", "c", "d"}),
    "listed": ({"include": [{"system": "urn:s", "concept": [{"code": "c"}]}]}, {"c"}),
    "is-a": (
        {"include": [{"system": "urn:s", "filter": [{"property": "concept", "op": "is-a", "value": "b"}]}]},
        {"b", "c", "d"},
    ),
    "descendants": (
        {"include": [{"system": "urn:s", "filter": [{"property": "concept", "op": "descendent-of", "value": "a"}]}]},
        {"b", "c"},
    ),
    "excluded": (
        {"include": [{"system": "urn:s"}], "exclude": [{"system": "urn:s", "concept": [{"code": "a"}]}]},
        {"b", "c", "d"},
    ),
    "an unknown system": ({"include": [{"system": "urn:other"}]}, None),
    "an unknown filter": (
        {"include": [{"system": "urn:s", "filter": [{"property": "x", "op": "=", "value": "y"}]}]},
        None,
    ),
}


@pytest.mark.parametrize(("compose", "codes"), COMPOSE.values(), ids=COMPOSE)
def test_a_value_set_is_expanded_as_far_as_the_package_goes(compose: dict, codes: set[str] | None) -> None:
    value_set = {"resourceType": "ValueSet", "url": "urn:v", "compose": compose}
    expanded = generate.Expansion({"ValueSet": [value_set], "CodeSystem": [SYSTEM]}).of("urn:v|4.0.1")
    assert expanded == (codes and {"urn:s": codes})
