"""Amounts with their units: ``code␟sortable``, and for searches that name a unit, ``code|␟unit␟system␟sortable``.

https://hl7.org/fhir/R4/search.html#quantity"""

from collections.abc import Iterator
from typing import Any

from mappings.fhir.values import quantities, sortable
from server.fhir.search import number
from server.fhir.search.escapes import split, unescape
from server.fhir.search.kind import Asked, Kind, bounded
from server.store.query import Query, term

UNIT = "|"
"""After the parameter's code: the term begins with the unit, so that amounts of one unit stand together."""


def index(code: str, value: Any, type: str) -> Iterator[str]:
    for each in quantities(value, type):
        amount = sortable(each.value)
        yield term(code, amount)
        if each.code:
            yield term(code + UNIT, bounded(each.code), bounded(each.system), amount)
        for unit in {each.code, each.unit} - {""}:
            yield term(code + UNIT, bounded(unit), "", amount)


def matching(asked: Asked) -> Query:
    """``number``, ``number|system|code``, ``number||unit`` (as coded or as written)."""
    match [unescape(each) for each in split(asked.value, "|")]:
        case [amount]:
            return number.compared(asked, asked.code, amount)
        case [amount, system, unit] if unit:
            return number.compared(asked, term(asked.code + UNIT, bounded(unit), bounded(system)), amount)
        case _:
            raise asked.refusal("a quantity is number, number|system|code or number||code")


QUANTITY = Kind(index, {"": matching})
