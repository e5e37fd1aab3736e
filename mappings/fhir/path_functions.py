"""FHIRPath's functions over nodes. http://hl7.org/fhirpath/N1/#functions

A function is made from its arguments, compiled expressions themselves; what is made takes the nodes before the dot,
``$this`` and the environment."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

import jsonschema_rs

from mappings.fhir.path_grammar import NotFhirPath
from mappings.fhir.path_nodes import Environment, Node, Nodes, all_children, children, descendants, target_type
from mappings.fhir.path_operators import EMPTY, FALSE, TRUE, boolean, distinct, key, texts, truth

Evaluator: TypeAlias = Callable[[Nodes, Nodes, Environment], Nodes]


def where(criteria: Evaluator) -> Evaluator:
    return lambda nodes, _, env: [node for node in nodes if truth(criteria((node,), (node,), env))]


def exists(*criteria: Evaluator) -> Evaluator:
    if not criteria:
        return lambda nodes, *_: TRUE if nodes else FALSE
    return lambda nodes, _, env: boolean(any(truth(criteria[0]((node,), (node,), env)) for node in nodes))


def every(criteria: Evaluator) -> Evaluator:
    return lambda nodes, _, env: boolean(all(truth(criteria((node,), (node,), env)) for node in nodes))


def select(projection: Evaluator) -> Evaluator:
    return lambda nodes, _, env: [each for node in nodes for each in projection((node,), (node,), env)]


def not_() -> Evaluator:
    def negated(nodes: Nodes, *_: object) -> Nodes:
        known = truth(nodes)
        return EMPTY if known is None else boolean(not known)

    return negated


def extension(url: Evaluator) -> Evaluator:
    def found(nodes: Nodes, this: Nodes, env: Environment) -> Nodes:
        wanted = texts(url(this, this, env))
        return [each for node in nodes for each in children(node, "extension") if [each.value.get("url")] == wanted]

    return found


def resolve() -> Evaluator:
    """A resource of the type that a reference names; what is contained, itself. Others are not to be had here."""

    def resolved(nodes: Nodes, _: Nodes, env: Environment) -> Nodes:
        return [each for node in nodes for each in _resolved(node, env)]

    return resolved


def _resolved(node: Node, env: Environment) -> Nodes:
    value = node.value
    text = value.get("reference") if isinstance(value, dict) else value
    if isinstance(text, str) and text.startswith("#"):
        return [each for each in children(env.root, "contained") if f"#{each.value.get('id')}" == text]
    type = target_type(text) if isinstance(text, str) else None
    type = type or (value.get("type") if isinstance(value, dict) else None)
    return [Node({"resourceType": type}, type)] if isinstance(type, str) else []


def text_test(holds: Callable[[str, str], object]) -> Callable[[Evaluator], Evaluator]:
    """A function of one text that asks something of another. Of no text it is false and not unknown: R4's invariants
    (bdl-8) are written for HL7's own engine, which has it so."""

    def made(argument: Evaluator) -> Evaluator:
        def asked(nodes: Nodes, this: Nodes, env: Environment) -> Nodes:
            given, wanted = texts(nodes), texts(argument(this, this, env))
            return boolean(given and wanted and holds(given[0], wanted[0]))

        return asked

    return made


_without_groups = re.compile(r"(?:[^()\\]|\\.)*").fullmatch
"""Such an expression takes a time that is bounded by the text's length, and how often it repeats things."""


@lru_cache(256)
def _expression(pattern: str) -> jsonschema_rs.Draft7Validator:
    """Expressions come with profiles, from outside: the engine of JSON Schemas takes linear time for any of them."""
    try:
        return jsonschema_rs.Draft7Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
    except jsonschema_rs.ValidationError:
        raise NotFhirPath("matches takes a regular expression without look-around") from None


def simple(function: Callable[[Nodes], Nodes]) -> Callable[[], Evaluator]:
    """A function of nothing but the nodes before it."""
    return lambda: lambda nodes, *_: function(nodes)


def _integer(nodes: Nodes) -> Nodes:
    text = str(nodes[0].value) if nodes else ""
    return (Node(int(text), "integer"),) if re.fullmatch(r"[+-]?\d{1,10}", text) else EMPTY


def _string(nodes: Nodes) -> Nodes:
    return tuple(Node(str(node.value), "string") for node in nodes[:1])


def _children(nodes: Nodes) -> Nodes:
    return [child for node in nodes for child in all_children(node)]


def _has_value(nodes: Nodes) -> Nodes:
    return boolean(len(nodes) == 1 and nodes[0].value is not None and not isinstance(nodes[0].value, dict))


def _distinct(nodes: Nodes) -> Nodes:
    return boolean(len(distinct(nodes)) == len(nodes))


def substring(start: Evaluator) -> Evaluator:
    def cut(nodes: Nodes, this: Nodes, env: Environment) -> Nodes:
        return tuple(Node(each[start(this, this, env)[0].value :], "string") for each in texts(nodes))

    return cut


def replace_matches(pattern: Evaluator, replacement: Evaluator) -> Evaluator:
    def replaced(nodes: Nodes, this: Nodes, env: Environment) -> Nodes:
        wanted, instead = texts(pattern(this, this, env))[0], texts(replacement(this, this, env))[0]
        if not _without_groups(wanted):
            raise NotFhirPath("replaceMatches takes a regular expression without groups")
        return tuple(Node(re.sub(wanted, instead, each), "string") for each in texts(nodes))

    return replaced


def iif(condition: Evaluator, then: Evaluator, otherwise: Evaluator = lambda *_: EMPTY) -> Evaluator:
    return lambda nodes, _, env: (then if truth(condition(nodes, nodes, env)) else otherwise)(nodes, nodes, env)


def combine(other: Evaluator) -> Evaluator:
    return lambda nodes, this, env: [*nodes, *other(this, this, env)]


def intersect(other: Evaluator) -> Evaluator:
    def common(nodes: Nodes, this: Nodes, env: Environment) -> Nodes:
        wanted = {key(node.value) for node in other(this, this, env)}
        return distinct([node for node in nodes if key(node.value) in wanted])

    return common


def trace(*_: Evaluator) -> Evaluator:
    """For people who debug an expression."""
    return lambda nodes, *_: nodes


FUNCTIONS: Mapping[str, Callable[..., Evaluator]] = {
    "all": every,
    "children": simple(_children),
    "combine": combine,
    "contains": text_test(lambda text, part: part in text),
    "count": simple(lambda nodes: (Node(len(nodes), "integer"),)),
    "descendants": simple(descendants),
    "distinct": simple(distinct),
    "empty": simple(lambda nodes: FALSE if nodes else TRUE),
    "endsWith": text_test(str.endswith),
    "exists": exists,
    "extension": extension,
    "first": simple(lambda nodes: nodes[:1]),
    "hasValue": simple(_has_value),
    "iif": iif,
    "intersect": intersect,
    "isDistinct": simple(_distinct),
    "last": simple(lambda nodes: nodes[-1:]),
    "matches": text_test(lambda text, pattern: _expression(pattern).is_valid(text)),
    "not": not_,
    "replaceMatches": replace_matches,
    "resolve": resolve,
    "select": select,
    "startsWith": text_test(str.startswith),
    "substring": substring,
    "tail": simple(lambda nodes: nodes[1:]),
    "toInteger": simple(_integer),
    "toString": simple(_string),
    "trace": trace,
    "where": where,
}
"""By the name in FHIRPath."""
