"""ConceptMap/$translate. https://hl7.org/fhir/R4/conceptmap-operation-translate.html"""

from collections.abc import Iterator

from mappings.fhir.json import Json, dumps, loads
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.operations.coded import CODED, codings, meant, needed
from server.fhir.operations.parameters import Arguments, Parameter, arguments
from server.fhir.outcome import Invalid, Issue
from server.fhir.search.escapes import escaped
from server.fhir.search.parse import conditions
from server.fhir.terminology.translation import Match, translations
from server.store.query import All, Any, Query, Search

TRANSLATE = (
    *(each for each in CODED if each.name != "display"),
    Parameter("url", "uri"),
    Parameter("conceptMap", "ConceptMap"),
    Parameter("conceptMapVersion", "string"),
    Parameter("source", "uri"),
    Parameter("target", "uri"),
    Parameter("targetsystem", "uri"),
    Parameter("reverse", "boolean"),
)
MOST = 100
"""Maps that are looked through where none is named."""


def concept_map_translate(gated: GatedStore, request: Request) -> Answer:
    """By one map, or by all that lead from the source to the target."""
    given = arguments(request, TRANSLATE)
    found = [(map, match) for map in maps(gated, request, given) for match in matches(map, given)]
    result = any(match.translates for _, match in found)
    message = [] if result else [{"name": "message", "valueString": "there is no translation"}]
    parameter = [{"name": "result", "valueBoolean": result}, *message, *(told(*each) for each in found)]
    return Answer(200, dumps({"resourceType": "Parameters", "parameter": parameter}))


def maps(gated: GatedStore, request: Request, given: Arguments) -> list[Json]:
    """Raises Invalid, NotFound."""
    if request.id or given.one("url") or given.one("conceptMap"):
        version = given.one("conceptMapVersion") or ""
        return [needed(meant(gated, request, given, "conceptMap", version), "ConceptMap")]
    asked = tuple(leads(name, value) for name in ("source", "target") if (value := given.one(name)))
    if not asked:
        raise Invalid(Issue("a url, a source or a target is needed", "Parameters.parameter", "required"))
    where = All(asked)
    return [loads(each.body or b"{}") for each in gated.search(Search("ConceptMap", where, limit=MOST)).versions]


def leads(end: str, value_set: str) -> Query:
    """Maps from or to a value set, which they may name in either of two ways."""
    return Any(tuple(conditions("ConceptMap", ((code, escaped(value_set)),)) for code in (end, f"{end}-uri")))


def matches(map: Json, given: Arguments) -> Iterator[Match]:
    target, reverse = given.one("targetsystem") or "", bool(given.one("reverse"))
    for (code, system), _ in codings(given):
        yield from translations(map, code, system, target=target, reverse=reverse)


def told(map: Json, match: Match) -> Json:
    named = {"system": match.system, "code": match.code, "display": match.display}
    concept = {name: value for name, value in named.items() if value}
    return {
        "name": "match",
        "part": [
            {"name": "equivalence", "valueCode": match.equivalence},
            *([{"name": "concept", "valueCoding": concept}] if match.code else []),
            *([{"name": "source", "valueUri": map["url"]}] if "url" in map else []),
        ],
    }
