"""R4's rows as JSON Schemas of what is ordinary, compiled by jsonschema-rs to machine code's speed: a quick yes.

What such a schema takes is sound. Of what it does not take, checker.py says whether anything is wrong, and what. So a
schema may leave out what is rare (contained resources, ids of elements, what is beside a primitive), but it never takes
what the checker refuses; a test holds the two against each other. No schema leads back to itself, so what it takes
is no deeper than it.

https://json-schema.org/draft-04, whose integers are written without a point, as FHIR's are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import jsonschema_rs

from mappings.fhir import invariants, narrative, primitive_schemas, rules, stated
from mappings.fhir.path_nodes import ANY_RESOURCE
from mappings.fhir.problem import NONE, Problems, Rule, Scope, one
from mappings.fhir.r4 import tables
from mappings.fhir.r4.tables import NESTED, UNBOUNDED, Element, Invariant, Type

Schema: TypeAlias = dict[str, Any]
Holds: TypeAlias = Callable[[Any], bool]

RARE = frozenset({"id", "Identifier.extension"})
HOLDS_PLAIN = frozenset({"Extension", "Identifier"})
RARE_WITHIN = frozenset({"id", "extension", "Identifier.assigner"})
"""Not ordinary elements of data types; within an extension or an identifier, so that neither is within itself."""

DEPTH = 24
"""No resource that is ordinary is deeper."""

NEVER: Schema = {"enum": []}

VALUES = frozenset(
    {"Address", "CodeableConcept", "Coding", "ContactPoint", "HumanName", "Identifier", "Money", "Period", "Quantity"}
    | {"Range", "Ratio", "Reference"}
    | primitive_schemas.PRIMITIVES.keys()
)
"""Types that the value of an extension ordinarily has."""

SAID_BY_SCHEMA: Mapping[str, Schema] = {
    "cpt-2": {"dependencies": {"value": ["system"]}},
    "dom-2": {},
    "dom-3": {},
    "dom-4": {},
    "dom-5": {},
    "ext-1": {"minProperties": 2, "maxProperties": 2},
    "qty-3": {"dependencies": {"code": ["system"]}},
    "ref-1": {},
    "sqty-1": {"not": {"required": ["comparator"]}},
}
"""Invariants as schemas; those of contained resources hold of what has none."""


def ordinary(resource: Any) -> bool:
    """Whether a resource is sound beyond doubt."""
    name = resource.get("resourceType") if type(resource) is dict else None
    if type(name) is not str or name not in tables.resource_types():
        return False
    validator = _validator(name)
    try:
        return validator.is_valid(resource)
    except (ValueError, RecursionError):  # no JSON, or a text that UTF-8 cannot carry
        return False


@cache
def _validator(type: str) -> jsonschema_rs.Draft4Validator:
    """Compiled when a resource of the type is first seen."""
    compiler = Compiler()
    keywords = {"holds": _keyword(compiler.predicates)}
    return jsonschema_rs.Draft4Validator(
        compiler.schema(type), pattern_options=jsonschema_rs.RegexOptions(), keywords=keywords
    )


def _keyword(predicates: Sequence[Holds]) -> "type[jsonschema_rs.KeywordValidator]":
    """What no schema can say is asked of a function, by its number."""

    class Asked:
        def __init__(self, _: Schema, number: int, __: Sequence[str | int]) -> None:
            self._holds = predicates[number]

        def validate(self, value: Any) -> None:
            if not self._holds(value):
                raise ValueError

    return Asked


class Compiler:
    """The schema of a resource type, with one definition for each type that it leads to; what is ``plain`` is within
    an extension or an identifier."""

    def __init__(self) -> None:
        self.predicates: list[Holds] = []
        self._definitions: dict[str, Schema] = {}

    def schema(self, type: str) -> Schema:
        return {**self._defined(type), "definitions": self._definitions}

    def _defined(self, type: str, *, plain: bool = False) -> Schema:
        name = f"plain-{type}" if plain else type
        if name not in self._definitions:
            self._definitions[name] = {}
            self._definitions[name].update(self._object(type, plain=plain))
        return {"$ref": f"#/definitions/{name}"}

    def _object(self, type: str, *, plain: bool) -> Schema:
        elements = [each for each in tables.members(type) if _is_ordinary(type, each, plain=plain)]
        members = {
            name: _repeated(each, self._member(type, each, declared, plain=plain))
            for each in elements
            for name, declared in ([(each.name, None)] if each.content else each.names())
            if type != "Extension" or each.name != "value" or (declared and declared.code in VALUES)
        }
        if type in tables.resource_types():
            members["resourceType"] = {"enum": [type]}
        shape = {"type": "object", "additionalProperties": False, "properties": members, **_needed(type)}
        return joined(shape, *_choices(type, elements), *self._invariants(type))

    def _member(self, owner: str, element: Element, declared: Type | None, *, plain: bool) -> Schema:
        if declared is None:
            return self._defined(element.content, plain=plain)
        code = declared.code
        if code in primitive_schemas.PRIMITIVES:
            part = plain and owner == "Extension"  # which may have a name that is its own
            return joined(
                _primitive("" if part else owner, element, code),
                self._asked(invariants.rules(element.invariants, code)),
            )
        if code == "xhtml":
            return {"type": "string", **self._asked((_narrative,))}
        if code in NESTED:
            return self._defined(tables.type_path(owner, element, declared), plain=plain)
        own = invariants.rules(element.invariants, code) + rules.codes(element)
        return joined(self._complex(declared, plain=plain or owner in HOLDS_PLAIN), self._asked(own))

    def _complex(self, declared: Type, *, plain: bool) -> Schema:
        if declared.code != "Reference":
            return self._defined(declared.profiles[0] if declared.profiles else declared.code, plain=plain)
        if "Resource" in declared.profiles or not declared.profiles:
            return self._defined("Reference", plain=plain)
        name = f"{'plain-' if plain else ''}Reference-{'-'.join(declared.profiles)}"
        if name not in self._definitions:
            self._definitions[name] = reference = self._object("Reference", plain=plain)
            reference["properties"]["reference"] = primitive_schemas.reference(declared.profiles)
            reference["properties"]["type"] = {"enum": list(declared.profiles)}
        return {"$ref": f"#/definitions/{name}"}

    def _invariants(self, type: str) -> Iterator[Schema]:
        demanded = invariants.of(type)
        yield from (SAID_BY_SCHEMA[each.key] for each in demanded if each.key in SAID_BY_SCHEMA)
        asked = [each for each in demanded if each.key not in SAID_BY_SCHEMA]
        if type not in tables.resource_types() and any(map(_needs_resource, asked)):
            yield NEVER
        yield self._asked(invariants.rules(asked, type) + stated.RULES.get(type, ()))

    def _asked(self, asked: tuple[Rule, ...]) -> Schema:
        if not asked:
            return {}
        self.predicates.append(lambda value: not any(rule(value, Scope(value)) for rule in asked))
        return {"holds": len(self.predicates) - 1}


def joined(*parts: Schema) -> Schema:
    """All of the parts, in one object unless they say the same word; beside a ``$ref`` nothing else is read."""
    said = [each for each in parts if each]
    words = [word for each in said for word in each]
    if len(said) == 1 or ("$ref" not in words and len(words) == len(set(words))):
        return {word: value for each in said for word, value in each.items()}
    return {"allOf": said}


def _is_ordinary(type: str, element: Element, *, plain: bool) -> bool:
    if element.max == "0" or any(each.code in ANY_RESOURCE for each in element.types):
        return False
    if type in tables.resource_types():
        return True
    rare = RARE_WITHIN if plain else RARE
    within_itself = bool(element.content) and f"{type}.".startswith(f"{element.content}.")
    return not (within_itself or element.name in rare or f"{type}.{element.name}" in rare)


def _primitive(owner: str, element: Element, code: str) -> Schema:
    systems = tables.value_set(element.binding)
    if systems is not None:
        return {"enum": sorted(frozenset[str]().union(*systems.values()))}
    return dict(primitive_schemas.STRICTER.get(f"{owner}.{element.name}") or primitive_schemas.PRIMITIVES[code])


def _repeated(element: Element, item: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": item} if element.max == UNBOUNDED else item


def _needed(type: str) -> Schema:
    names = [each.name for each in tables.members(type) if each.min and not each.choice]
    names += ["resourceType"] if type in tables.resource_types() else []
    return {"required": names} if names else {"minProperties": 1}


def _choices(type: str, elements: list[Element]) -> Iterator[Schema]:
    """One type at most, or one exactly. Of an extension, which has fifty, ext-1 says it."""
    for each in elements if type != "Extension" else ():
        names = [{"required": [name]} for name, _ in each.names()]
        if each.choice and each.min:
            yield {"oneOf": names}
        elif each.choice:
            yield {"allOf": [{"not": {"allOf": [a, b]}} for i, a in enumerate(names) for b in names[:i]]}


def _needs_resource(invariant: Invariant) -> bool:
    """Asks for the resource that the element is in, which a schema does not know."""
    return "%resource" in invariant.expression or "%rootResource" in invariant.expression


def _narrative(value: Any, _: Scope) -> Problems:
    return one("has a fault") if narrative.fault(value) else NONE
