"""Which kind each search parameter is of."""

from collections.abc import Mapping

from mappings.fhir.r4.tables import SearchParameter
from server.fhir.search import composite, reference
from server.fhir.search.date import DATE
from server.fhir.search.id import IDENTITY
from server.fhir.search.kind import Kind, Question
from server.fhir.search.narrative import NARRATIVE
from server.fhir.search.number import NUMBER
from server.fhir.search.quantity import QUANTITY
from server.fhir.search.reference import REFERENCE
from server.fhir.search.string import STRING
from server.fhir.search.token import TOKEN
from server.fhir.search.uri import URI

COMPOSITE = Kind(lambda *_: (), {"": composite.matching})
"""Its terms are of several values at once: ``composite.extractor`` makes them."""

KINDS: Mapping[str, Kind] = {
    "token": TOKEN,
    "string": STRING,
    "date": DATE,
    "reference": REFERENCE,
    "number": NUMBER,
    "quantity": QUANTITY,
    "uri": URI,
    "composite": COMPOSITE,
}


OWN: Mapping[str, Kind] = {"_id": IDENTITY, "_text": NARRATIVE}
"""By code: parameters that are searched in a way of their own."""


def kind(parameter: SearchParameter) -> Kind:
    return OWN.get(parameter.code) or KINDS[parameter.type]


def question(parameter: SearchParameter, modifier: str) -> Question | None:
    """What a modifier asks of this parameter; None when it cannot be asked."""
    if parameter.type == "reference" and (found := reference.question(modifier)):
        return found
    return kind(parameter).questions.get(modifier)
