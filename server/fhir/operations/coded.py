"""What the operations on codes have in common: which resource is meant, which codes are asked about.

https://hl7.org/fhir/R4/terminology-service.html"""

from collections.abc import Iterable

from mappings.fhir.json import Json, dumps, loads
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.operations.parameters import Arguments, Parameter
from server.fhir.outcome import Invalid, Issue, NotFound
from server.fhir.terminology.value_set import Coding, Terminology
from server.store.entry import Version
from server.store.query import Query, Search

CODED = (
    Parameter("code", "code"),
    Parameter("system", "uri"),
    Parameter("display", "string"),
    Parameter("coding", "Coding"),
    Parameter("codeableConcept", "CodeableConcept"),
)
VERSIONS = 100
"""Versions of one canonical resource that are looked through."""


def terminology(gated: GatedStore) -> Terminology:
    """As far as the client may search for code systems and value sets."""

    def find(type: str, where: Query) -> Iterable[Version]:
        return gated.search(Search(type, where, limit=VERSIONS)).versions

    return Terminology(find)


def meant(gated: GatedStore, request: Request, given: Arguments, sent: str, version: str = "") -> Json | None:
    """The resource of the address, the one that was sent, or the stored one of the ``url``; None when nobody has it."""
    if request.id:
        found: Json = loads(gated.read(request.type, request.id).body or b"{}")
        return found
    if body := given.one(sent):
        return dict(body)
    url = given.one("url")
    if url is None:
        raise Invalid(Issue(f"a url is needed, or the {request.type}", "Parameters.parameter", "required"))
    return terminology(gated).stored(request.type, f"{url}|{version}" if version else url)


def needed(body: Json | None, type: str) -> Json:
    if body is None:
        raise NotFound(f"this {type} is not known here")
    return body


def codings(given: Arguments) -> list[tuple[Coding, str]]:
    """Each code with its display, "" where it has none. Raises Invalid unless there is one."""
    if code := given.one("code"):
        return [((code, given.one("system") or ""), given.one("display") or "")]
    several = (given.one("codeableConcept") or {}).get("coding", ())
    found = [each for each in (*given.all("coding"), *several) if "code" in each]
    if not found:
        raise Invalid(Issue("a code, a coding or a codeableConcept is needed", "Parameters.parameter", "required"))
    return [((each["code"], each.get("system", "")), each.get("display", "")) for each in found]


def parameters(*named: tuple[str, str, object]) -> Answer:
    """Name, type and value of each parameter; one without a value is left out."""
    listed = [{"name": name, f"value{type}": value} for name, type, value in named if value not in {None, ""}]
    return Answer(200, dumps({"resourceType": "Parameters", "parameter": listed}))


def judged(found: bool, display: str, called: str, unknown: str) -> Answer:
    """https://hl7.org/fhir/R4/valueset-operation-validate-code.html"""
    if not found:
        return parameters(("result", "Boolean", False), ("message", "String", unknown))
    if called and display and called != display:
        message = "the code is right, but it is not called so"
        return parameters(("result", "Boolean", False), ("message", "String", message), ("display", "String", display))
    return parameters(("result", "Boolean", True), ("display", "String", display))
