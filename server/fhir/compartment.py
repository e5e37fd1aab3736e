"""Whose a resource is: what is in the compartment of a patient or an encounter, by R4's own tables.

https://hl7.org/fhir/R4/compartmentdefinition.html"""

from functools import lru_cache

from mappings.fhir.r4.tables import compartment
from server.store.query import EVERYTHING, Any, Query, equals, starts, term


@lru_cache(maxsize=8192)
def within(name: str, id: str, type: str) -> Query:
    """Whatever of a type is in one compartment: what refers to its owner by the parameters that R4 names, by no others,
    and the owner."""
    found: list[Query] = [equals(term(param, f"{name}/{id}")) for param in compartment(name).get(type, ())]
    return either([equals(term("_id", id)), *found] if type == name else found)


@lru_cache(maxsize=512)
def within_any(name: str, type: str) -> Query:
    """Whatever of a type is in the compartment of somebody."""
    if type == name:
        return EVERYTHING
    return either([starts(term(param, f"{name}/")) for param in compartment(name).get(type, ())])


def either(queries: list[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Any(tuple(dict.fromkeys(queries)))


def types(name: str) -> tuple[str, ...]:
    """The types that a compartment may hold, its owner's first."""
    return (name, *sorted(type for type, params in compartment(name).items() if params and type != name))
