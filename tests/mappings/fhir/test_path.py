"""FHIRPath: what an expression finds, and that the full engine finds the same."""

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mappings.fhir import path, path_engine
from mappings.fhir.json import loads
from mappings.fhir.path_grammar import NotFhirPath, parse
from mappings.fhir.path_nodes import Environment, Node, is_a
from mappings.fhir.r4 import tables

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "contained": [{"resourceType": "Patient", "id": "p", "gender": "female"}],
    "extension": [{"url": "urn:a", "valueString": "x"}, {"url": "urn:b", "valueString": "y"}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}, {"code": "local"}], "text": "Systolic"},
    "subject": {"reference": "Patient/p1"},
    "focus": [{"reference": "#p"}, {"reference": "https://quill.test/Device/9"}, {"display": "nowhere"}],
    "effectivePeriod": {"start": "2024-01-01", "end": "2024-02"},
    "_issued": {"extension": [{"url": "urn:why", "valueCode": "unknown"}]},
    "valueQuantity": {"value": Decimal("120.0"), "unit": "mmHg"},
    "component": [
        {"code": {"text": "a"}, "valueInteger": 3},
        {"code": {"text": "b"}, "valueString": "high"},
        {"code": {"text": "c"}},
    ],
}

FINDS: dict[str, tuple[str, list[Any]]] = {
    "a child": ("Observation.status", ["final"]),
    "a child without its type": ("status", ["final"]),
    "of a resource at all": ("Resource.status", ["final"]),
    "another type's": ("Patient.name", []),
    "grandchildren": ("Observation.code.coding.code", ["8480-6", "local"]),
    "a choice": ("Observation.value", [{"value": Decimal("120.0"), "unit": "mmHg"}]),
    "a choice by its JSON name": ("Observation.valueQuantity", []),
    "a choice of a type": ("(Observation.component.value as string)", ["high"]),
    "of a type": ("Observation.component.value.ofType(integer)", [3]),
    "as a function": ("Observation.component.value.as(integer)", [3]),
    "either": ("Observation.status | Observation.code.text", ["final", "Systolic"]),
    "either, once": ("Observation.status | Observation.status", ["final"]),
    "where": ("Observation.code.coding.where(system = 'http://loinc.org').code", ["8480-6"]),
    "where, without a system": ("Observation.code.coding.where(system.empty()).code", ["local"]),
    "the first": ("Observation.component.first().code.text", ["a"]),
    "the last": ("Observation.component.last().code.text", ["c"]),
    "the second": ("Observation.component[1].code.text", ["b"]),
    "beyond": ("Observation.component[7].code.text", []),
    "all but the first": ("Observation.component.tail().code.text", ["b", "c"]),
    "what it refers to": ("Observation.subject.where(resolve() is Patient)", [{"reference": "Patient/p1"}]),
    "what it refers to, not": ("Observation.subject.where(resolve() is Device)", []),
    "several of which one is": (
        "Observation.focus.where(resolve() is Device)",
        [{"reference": "https://quill.test/Device/9"}],
    ),
    "what is contained": ("Observation.focus.resolve().gender", ["female"]),
    "an extension": ("Observation.extension('urn:b').value", ["y"]),
    "an extension of a primitive": ("Observation.issued.extension('urn:why').value", ["unknown"]),
    "whether it exists": ("Observation.component.exists(code.text = 'b')", [True]),
    "whether it exists, not": ("Observation.method.exists()", [False]),
    "whether all": ("Observation.component.all(value.exists())", [False]),
    "a count": ("Observation.component.count() > 2", [True]),
    "a comparison": ("Observation.value.value >= 120", [True]),
    "equal for all its digits": ("Observation.value.value = 120", [True]),
    "unknown": ("Observation.method.text = 'x'", []),
    "unknown or true": ("Observation.method.text = 'x' or status = 'final'", [True]),
    "unknown and false": ("Observation.method.text = 'x' and status = 'other'", [False]),
    "unknown implies": ("Observation.method.text = 'x' implies status = 'final'", [True]),
    "not": ("Observation.status.exists().not()", [False]),
    "either but not both": ("status.exists() xor code.exists()", [False]),
    "in": ("Observation.status in ('draft' | 'final')", [True]),
    "contains": ("('draft' | 'final') contains Observation.status", [True]),
    "starts with": ("Observation.subject.reference.startsWith('Patient/')", [True]),
    "matches in linear time": (f"'{'a' * 5000}!'.matches('^(a+)+$')", [False]),
    "matches": ("Observation.status.matches('^f.*l$')", [True]),
    "joined": ("Observation.code.coding.select(system & '|' & code)", ["http://loinc.org|8480-6", "|local"]),
    "distinct": ("Observation.component.code.text.isDistinct()", [True]),
    "descendants": ("Observation.contained.descendants().where($this = 'female')", ["female"]),
    "has a value": ("Observation.issued.hasValue()", [False]),
    "is of a type": ("Observation.value is Quantity", [True]),
    "if": ("iif(status = 'final', code.text, 'none')", ["Systolic"]),
    "the resource": ("Observation.component.where(%resource.status = 'final').count()", [3]),
    "a number of a text": ("'12'.toInteger() + 1", [13]),
    "a name in quotes": ("Observation.`code`.text", ["Systolic"]),
    "nothing": ("{}", []),
}


@pytest.mark.parametrize(("expression", "found"), FINDS.values(), ids=FINDS)
def test_an_expression_finds(expression: str, found: list[Any]) -> None:
    assert path.compile(expression)(OBSERVATION) == found


TYPES = {
    "a choice": ("Observation.value", ["Quantity"]),
    "several": ("Observation.component.value", ["integer", "string"]),
    "nested": ("Observation.component", ["Observation.component"] * 3),
    "a resource": ("Observation.contained", ["Patient"]),
    "below a resource": ("Observation.contained.gender", ["code"]),
    "either": ("Observation.effective | Observation.issued", ["Period", "instant"]),
}


@pytest.mark.parametrize(("expression", "types"), TYPES.values(), ids=TYPES)
def test_a_node_knows_its_type(expression: str, types: list[str]) -> None:
    assert [node.type for node in path.compile(expression).nodes(OBSERVATION)] == types


def test_a_primitive_without_a_value_is_a_node_but_no_value() -> None:
    issued = path.compile("Observation.issued")
    assert issued(OBSERVATION) == []
    assert issued.nodes(OBSERVATION) == [Node(None, "instant", OBSERVATION["_issued"])]


def test_from_within_a_resource() -> None:
    component = Node(OBSERVATION["component"][1], "Observation.component")
    found = path.compile("code.text = 'b' and %resource.status = 'final'").at(component, OBSERVATION, OBSERVATION)
    assert [node.value for node in found] == [True]


def test_dates_compare_as_far_as_both_go() -> None:
    assert path.compile("effective.start < effective.end")(OBSERVATION) == [True]
    same = {**OBSERVATION, "effectivePeriod": {"start": "2024-02-03", "end": "2024-02"}}
    assert path.compile("effective.start <= effective.end")(same) == []


def test_types_are_what_they_specialise() -> None:
    assert is_a("Age", "Quantity")
    assert is_a("canonical", "uri")
    assert is_a("dateTime", "DateTime")
    assert is_a("boolean", "System.Boolean")
    assert is_a("Claim", "Resource")
    assert not is_a("Quantity", "Age")
    assert not is_a("Claim.item", "Claim")


def expressions() -> Iterator[str]:
    for type in tables.type_names():
        structure = tables.structure(type)
        yield from (each.expression for each in structure.invariants)
        yield from (each.expression for element in structure.elements for each in element.invariants)
    for type in tables.resource_types():
        for parameter in tables.search_parameters(type):
            yield from (each.expression for each in parameter.components)
            if parameter.expression:
                yield parameter.expression


def test_all_that_r4_uses_is_compiled_here() -> None:
    for expression in set(expressions()):
        parse(expression)
        path.compile(expression)


def test_what_is_richer_goes_to_the_engine() -> None:
    assert path.compile("Observation.code.coding.code.join('+')")(OBSERVATION) == ["8480-6+local"]
    assert path.compile("Observation.component.repeat(code).text[2 - 1].upper()")(OBSERVATION) == ["B"]
    assert path.compile("-1 < 2 and @2024 < @2025")(OBSERVATION) == [True]


NO_FHIRPATH = ("Observation..status", "where(", "'x", "a b", ")", "", "a.where()", "a.is(b = 1)", "a # b", "a.'b'")


@pytest.mark.parametrize("expression", NO_FHIRPATH)
def test_what_is_no_fhirpath_is_refused(expression: str) -> None:
    with pytest.raises(NotFhirPath, match="not a FHIRPath expression"):
        path.compile(expression)


def test_what_the_engine_cannot_evaluate_is_refused() -> None:
    with pytest.raises(NotFhirPath, match="cannot evaluate"):
        path.compile("Observation.component.code.text.upper()")(OBSERVATION)


def test_a_deep_expression_is_refused() -> None:
    depth = sys.getrecursionlimit()
    with pytest.raises(NotFhirPath, match="nested too deeply"):
        path.compile("(" * depth + "a" + ")" * depth)


RAISES_IN_THE_ENGINE = ("(Observation.component.value as",)
"""``as`` of several: FHIRPath's own error; R4's search parameters mean each that is."""
REFERS = ("resolve()", "Resource.")
"""The engine fetches what is referred to, and knows no abstract types."""


def test_the_engine_finds_the_same_in_the_examples(shared: Path) -> None:
    compared = 0
    for file in sorted((shared / "fhir-examples" / "r4-spec").glob("*.json"))[::8]:
        resource = loads(file.read_bytes())
        node = Node(resource, resource["resourceType"])
        for parameter in tables.search_parameters(resource["resourceType"]):
            expression = parameter.expression
            if expression and not any(each in expression for each in (*RAISES_IN_THE_ENGINE, *REFERS)):
                referee = path_engine.compile(expression)(node, Environment(node, node, node))
                assert path.compile(expression)(resource) == [each.value for each in referee], (file.name, expression)
                compared += 1
    assert compared > 150
