"""Copies of a resource with one thing changed at a place of it."""

import random
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

SPOILED: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2**31, 1.5, Decimal("1.0"), Decimal("1.50")),
    *("", " ", "x", "banana", " padded ", "two  spaces", "a\tb", "\u00e9", "relative"),
    *("2024-02-30", "2024-13", "2024-03-01T10:00:00", "2024-03-01T10:00:00.123+14:01"),
    *("http://quill.test/a b", "urn:uuid:0000", "urn:oid:1.02", "http://hl7.org/fhir/ValueSet/x"),
    *("Device/1", "Patient/1", "#nobody"),
    *([], {}, [None], [{}], {"id": "a"}, ["x"], {"surname": "Quill"}, {"display": "x"}, {"reference": "Device/1"}),
    {"extension": [{"url": "urn:x"}]},
    {"extension": [{"url": "urn:x", "valueCode": "y"}]},
    {"value": Decimal("1.0")},
    {"start": "2021", "end": "2020"},
    {"coding": [{"code": "x", "system": "relative"}]},
)
"""What stands where something else stood."""
ADDED: tuple[tuple[str, Any], ...] = (
    *(("surname", "Quill"), ("id", "x y"), ("id", "a"), ("value", "x"), ("valueString", "x"), ("type", "Device")),
    *(("_status", {"id": "a"}), ("period", {}), ("system", "relative"), ("comparator", "<"), ("deceasedBoolean", True)),
    ("extension", []),
    ("extension", [{"url": "urn:x"}]),
    ("extension", [{"url": "urn:x", "valueString": "y"}]),
    ("extension", [{"url": "urn:x", "valueString": "y", "valueCode": "z"}]),
    ("modifierExtension", [{"valueCode": "x"}]),
    ("contained", [{"resourceType": "Organization", "id": "o", "name": "x"}]),
    ("text", {"status": "generated", "div": "<div><script/></div>"}),
)


def mutations(resource: Any, seed: str, count: int) -> Iterator[Any]:
    """The same ones for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        copy = deepcopy(resource)
        parent, name = chance.choice(list(_places(copy)))
        match chance.randrange(4):
            case 0:
                del parent[name]
            case 1 if isinstance(parent[name], dict):
                added, value = chance.choice(ADDED)
                parent[name] = {**parent[name], added: value}
            case 2:
                parent[name] = parent[name][0] if isinstance(parent[name], list) else [parent[name]]
            case _:
                parent[name] = deepcopy(chance.choice(SPOILED))
        yield copy


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    names = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for name in names:
        yield value, name
        yield from _places(value[name])
