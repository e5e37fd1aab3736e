"""Values of one element that belong together: the terms of the last component, each after the first one's value.

A code is written twice: ``code␟value␟system␟...``, and without its system ``code*␟value␟...``. So the first component
is always asked for whole, and what follows as its own kind asks for it, with prefixes and all.

https://hl7.org/fhir/R4/search.html#composite"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeAlias

from mappings.fhir import path
from mappings.fhir.path_nodes import Environment, Node
from mappings.fhir.r4.tables import Component, SearchParameter
from mappings.fhir.values import reference, tokens
from server.fhir.search import date, number, positions, quantity, string, token
from server.fhir.search.escapes import split, unescape
from server.fhir.search.kind import Asked, Index, Question, bounded, renamed
from server.fhir.search.reference import named
from server.store.query import Any, Query, term

ANY_SYSTEM = "*"
"""After the parameter's code: whatever the system is."""

LAST: Mapping[str, tuple[Index, Question]] = {
    "token": (token.coded, token.matching),
    "quantity": (quantity.index, quantity.matching),
    "date": (date.index, date.matching),
    "string": (string.index, string.starting),
    "number": (number.index, number.matching),
}

Terms: TypeAlias = Callable[[Environment], Iterable[str]]


def extractor(parameter: SearchParameter) -> Terms:
    """The terms of each element that the composite is about."""
    owners = path.compile(parameter.expression).within
    components = [path.compile(each.expression) for each in parameter.components]

    def terms(environment: Environment) -> Iterator[str]:
        resource = environment.resource.value
        for owner in owners(environment):
            found = (
                [each for each in one.at(owner, resource, resource) if each.value is not None] for one in components
            )
            for first, *rest in product(*found):
                for head in heads(parameter, first):
                    yield from written(head, parameter.components[1:], rest)

    return terms


def heads(parameter: SearchParameter, first: Node) -> Iterator[str]:
    if parameter.components[0].type == "reference":
        yield term(parameter.code, bounded(reference(first.value) or ""))
        return
    for each in tokens(first.value, first.type):
        yield term(parameter.code, bounded(each.code), bounded(each.system))
        yield term(parameter.code + ANY_SYSTEM, bounded(each.code))


def written(head: str, components: Sequence[Component], rest: Sequence[Node]) -> Iterable[str]:
    if len(rest) > 1:
        return positions.index(head, [each.value for each in rest])
    index, _ = LAST[components[0].type]
    return index(head, rest[0].value, rest[0].type)


def matching(asked: Asked) -> Query:
    """``first$second``, each written as its own kind is."""
    components = asked.parameter.components
    values = split(asked.value, "$")
    if len(values) != len(components) or not all(values):
        raise asked.refusal(f"a value is {'$'.join(each.code for each in components)}")
    return Any(tuple(_after(asked, head, values[1:]) for head in _asked_heads(asked, values[0])))


def _after(asked: Asked, head: str, values: Sequence[str]) -> Query:
    if len(values) > 1:
        return positions.matching(asked, head, [unescape(each) for each in values])
    _, question = LAST[asked.parameter.components[1].type]
    return question(replace(renamed(asked, head), value=values[0]))


def _asked_heads(asked: Asked, value: str) -> Iterable[str]:
    first = asked.parameter.components[0]
    if first.type == "reference":
        return [term(asked.code, each) for each in named(asked, unescape(value))]
    match [unescape(each) for each in split(value, "|")]:
        case [code]:
            return [term(asked.code + ANY_SYSTEM, bounded(code))]
        case [system, code] if code:
            return [term(asked.code, bounded(code), bounded(system))]
        case _:
            raise asked.refusal(f"{first.code} is code, system|code or |code")
