"""ValueSet/$expand. https://hl7.org/fhir/R4/valueset-operation-expand.html"""

from uuid import uuid4

from mappings.fhir.json import Json, dumps
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.operations.coded import meant, terminology
from server.fhir.operations.parameters import Arguments, Parameter, arguments
from server.fhir.outcome import Invalid
from server.fhir.resource import instant
from server.fhir.terminology.expansion import contains, mentions

EXPAND = (
    Parameter("url", "uri"),
    Parameter("valueSet", "ValueSet"),
    Parameter("valueSetVersion", "string"),
    Parameter("filter", "string"),
    Parameter("offset", "integer"),
    Parameter("count", "integer"),
    Parameter("activeOnly", "boolean"),
    Parameter("includeDesignations", "boolean"),
    Parameter("includeDefinition", "boolean"),
    Parameter("excludeNested", "boolean"),
)
SHOWN = ("url", "offset", "count", "filter", "activeOnly")
"""Parameters that the expansion says it was made by."""


def value_set_expand(gated: GatedStore, request: Request) -> Answer:
    """A flat list, a page of it where ``count`` asks for one."""
    given = arguments(request, EXPAND)
    known = terminology(gated)
    body = meant(gated, request, given, "valueSet", given.one("valueSetVersion") or "")
    members = known.composed(body) if body else known.value_set(given.one("url"))
    stated: Json = body or {"resourceType": "ValueSet", "url": given.one("url"), "status": "active"}
    found = [each for each in contains(known, stated, members) if wanted(each, given)]
    if not given.one("includeDesignations"):
        found = [{name: value for name, value in each.items() if name != "designation"} for each in found]
    return Answer(200, dumps(expanded(stated, found, given, instant(request.now))))


def wanted(contained: Json, given: Arguments) -> bool:
    if given.one("activeOnly") and contained.get("inactive"):
        return False
    return mentions(contained, given.one("filter") or "")


def expanded(body: Json, found: list[Json], given: Arguments, at: str) -> Json:
    offset, count = given.one("offset") or 0, given.one("count")
    if offset < 0 or (count is not None and count < 0):
        raise Invalid("offset and count are 0 or more")
    page = found[offset:] if count is None else found[offset : offset + count]
    parameter = [{"name": name, **valued(given.one(name))} for name in SHOWN if given.one(name) is not None]
    left_out = {"expansion"} if given.one("includeDefinition") else {"expansion", "compose", "text"}
    return {
        **{name: value for name, value in body.items() if name not in left_out},
        "expansion": {
            "identifier": f"urn:uuid:{uuid4()}",
            "timestamp": at,
            "total": len(found),
            **({"offset": offset} if "offset" in given.values or count is not None else {}),
            **({"parameter": parameter} if parameter else {}),
            **({"contains": page} if page else {}),
        },
    }


def valued(value: object) -> Json:
    match value:
        case bool():
            return {"valueBoolean": value}
        case int():
            return {"valueInteger": value}
        case _:
            return {"valueString": value}
