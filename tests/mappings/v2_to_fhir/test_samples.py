"""Other people's messages: none stops the mapping, and whatever is made of them is right by two judges."""

from collections import Counter

import pytest
from fhir.resources.R4B import get_fhir_model_class

from mappings.fhir.checker import check
from mappings.fhir.json import dumps
from mappings.v2.batch import split
from mappings.v2.message import NotHl7, parse
from mappings.v2_to_fhir.bundle import bundle
from mappings.v2_to_fhir.messages import convert
from mappings.v2_to_fhir.site import Site


@pytest.fixture(scope="module")
def mapped(shared):
    found = []
    for file in sorted((shared / "hl7-samples").glob("*.hl7")):
        for raw in split(file.read_bytes()).messages:
            try:
                found.append((file.name, convert(parse(raw), Site(), explain=True)))
            except NotHl7:
                continue
    return found


def test_every_draft_and_every_bundle_conforms(mapped):
    problems = [
        (name, str(draft.identity.type), problem)
        for name, each in mapped
        for draft in each.drafts
        for problem in check(draft.resource)
    ]
    assert problems == []
    assert [(name, found) for name, each in mapped if (found := check(bundle(each)))] == []


def test_one_of_each_shape_is_what_fhir_resources_takes_for_it(mapped):
    """Not all: a model costs a hundred times what the map does."""
    shapes = {}
    for _, each in mapped:
        for draft in each.drafts:
            shapes.setdefault((draft.type, tuple(sorted(draft.body))), draft.resource)
    for (type, _), resource in shapes.items():
        get_fhir_model_class(type).model_validate_json(dumps(resource))
    assert Counter(type for type, _ in shapes).keys() >= {"Patient", "Encounter", "Coverage", "ChargeItem", "Account"}


def test_references_lead_to_drafts_of_the_same_message(mapped):
    for name, each in mapped:
        known = {draft.identity.urn for draft in each.drafts}
        assert set(references([draft.body for draft in each.drafts])) <= known, name


def test_what_stops_a_message_has_a_place(mapped):
    for name, each in mapped:
        assert all(issue.location and issue.code for issue in each.issues), name


def references(value):
    if isinstance(value, dict):
        if "reference" in value:
            yield value["reference"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
