"""What a schema takes is sound: the checker would find nothing either."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoiling import mutations

from mappings.fhir import checker, primitive_schemas, schema
from mappings.fhir.json import loads
from mappings.fhir.path_nodes import ANY_RESOURCE
from mappings.fhir.primitives import PRIMITIVES
from mappings.fhir.r4 import tables


def faults(resource: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the checker says that asks no schema."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "ordinary", lambda _: False)
        return checker.check(resource)


def test_a_claim_is_ordinary(claim: dict[str, Any]) -> None:
    assert schema.ordinary(claim)


NOT_ORDINARY: dict[str, Any] = {
    "no object": [],
    "no type": {"active": True},
    "an unknown type": {"resourceType": "Banana"},
    "a type that is no text": {"resourceType": ["Patient"]},
    "half a character": {"resourceType": "Patient", "language": "\ud800"},
    "an integer written as a decimal": {"resourceType": "Patient", "multipleBirthInteger": Decimal("1.0")},
    "no JSON": {"resourceType": "Patient", "active": object()},
}


@pytest.mark.parametrize("value", NOT_ORDINARY.values(), ids=NOT_ORDINARY)
def test_what_is_not_ordinary(value: Any) -> None:
    assert not schema.ordinary(value)


def test_examples_that_are_ordinary_are_sound(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is what one change makes of them, three of each."""
    taken = refused = 0
    for file in sorted((shared / "fhir-examples").glob("*-[0-9r]*/*.json")):
        resource = loads(file.read_bytes())
        if resource["resourceType"] == "Bundle":
            continue
        for each in (resource, *mutations(resource, file.name, 3)):
            ordinary, wrong = schema.ordinary(each), faults(each, monkeypatch)
            assert not (ordinary and wrong), (file.name, wrong)
            taken, refused = taken + ordinary, refused + bool(wrong)
    assert min(taken, refused) > 150


@pytest.mark.parametrize("name", ["patient", "claim"])
def test_what_one_change_makes_is_sound_if_ordinary(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = request.getfixturevalue(name)
    for each in mutations({**resource, "contained": resource}, name, 2000):
        each.pop("contained", None)
        assert not schema.ordinary(each) or faults(each, monkeypatch) == [], each


PATTERNS = sorted({str(each["pattern"]) for each in primitive_schemas.PRIMITIVES.values() if "pattern" in each})
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(PATTERNS).flatmap(st.from_regex).map(lambda text: text.removesuffix("\n")),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9),
    st.booleans(),
    st.none(),
)


@given(type=st.sampled_from(sorted(PRIMITIVES)), value=VALUES)
def test_a_primitive_that_is_ordinary_is_one(type: str, value: Any) -> None:
    name = f"value{type[0].upper()}{type[1:]}"
    resource = {"resourceType": "Basic", "code": {"text": "x"}, "extension": [{"url": "urn:x", name: value}]}
    if schema.ordinary(resource):
        assert PRIMITIVES[type][0](value)


@pytest.mark.parametrize("type", ["Claim", "Questionnaire", "StructureDefinition", "Observation", "Patient"])
def test_no_schema_leads_back_to_itself(type: str) -> None:
    definitions = schema.Compiler().schema(type)["definitions"]

    def depth(value: Any, path: tuple[str, ...]) -> int:
        if isinstance(value, list):
            return max((depth(each, path) for each in value), default=0)
        if not isinstance(value, dict):
            return 0
        if "$ref" in value:
            name = value["$ref"].rpartition("/")[2]
            assert name not in path
            return 1 + depth(definitions[name], (*path, name))
        return max((depth(each, path) for each in value.values()), default=0)

    assert depth(definitions[type], (type,)) < schema.DEPTH


def test_every_type_has_a_schema() -> None:
    compiled = {name: schema.Compiler().schema(name) for name in tables.resource_types()}
    assert compiled.keys() == tables.resource_types()
    assert not ANY_RESOURCE & compiled.keys()
