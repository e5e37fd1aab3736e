"""Which slice a value belongs to is told by what stands at a path in it, and by what the slice says of that path.

https://hl7.org/fhir/R4/profiling.html#discriminator"""

import re
from typing import Any

from mappings.fhir.path_nodes import Node, children
from mappings.fhir.path_operators import key
from mappings.fhir.profiles.definition import ABSENT, Definition

_step = re.compile(r"\.?(?:extension\('([^']+)'\)|ofType\((\w+)\)|resolve\(\)|([A-Za-z]\w*))").match


def at(node: Node, definition: Definition, path: str) -> tuple[list[Node], Definition | None]:
    """What is at a discriminator's path in a value, and what its slice says of it."""
    nodes, said, rest = [node], definition if path else None, path.partition(" as ")[0].removeprefix("$this")
    while rest and (step := _step(rest)):
        url, _, name = step.groups()
        if url:
            nodes = [each for node in nodes for each in children(node, "extension") if each.value.get("url") == url]
            said = _extension(said, url)
        elif name:
            nodes = [each for node in nodes for each in children(node, name)]
            said = said.children.get(name) if said else None
        rest = rest[step.end() :]
    return nodes, said


def _extension(said: Definition | None, url: str) -> Definition | None:
    slices = said.children["extension"].slices.values() if said and "extension" in said.children else ()
    return next((each for each in slices if any(url in type.profiles for type in each.types)), None)


def says_something(definition: Definition) -> bool:
    return (
        definition.fixed is not ABSENT
        or definition.pattern is not ABSENT
        or any(says_something(each) for each in definition.children.values())
    )


def has_pattern(value: Any, pattern: Any) -> bool:
    """https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_"""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(has_pattern(value.get(name), each) for name, each in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(has_pattern(item, each) for item in value) for each in pattern)
    return bool(key(value) == key(pattern))
