"""ValueSet/$validate-code. https://hl7.org/fhir/R4/valueset-operation-validate-code.html"""

from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.operations.coded import CODED, codings, judged, meant, terminology
from server.fhir.operations.parameters import Parameter, arguments
from server.fhir.terminology.expansion import names
from server.fhir.terminology.value_set import Coding, Members

VALIDATE_CODE = (
    *CODED,
    Parameter("url", "uri"),
    Parameter("valueSet", "ValueSet"),
    Parameter("valueSetVersion", "string"),
)


def value_set_validate_code(gated: GatedStore, request: Request) -> Answer:
    """Whether one of the codes is in the value set. A code without a system is, if it is there under any system."""
    given = arguments(request, VALIDATE_CODE)
    known = terminology(gated)
    body = meant(gated, request, given, "valueSet", given.one("valueSetVersion") or "")
    members = known.composed(body) if body else known.value_set(given.one("url"))
    asked = codings(given)
    found = next(((inside, called) for each, called in asked if (inside := member(members, each))), None)
    if found is None:
        return judged(found=False, display="", called="", unknown="the code is not in the value set")
    (code, url), called = found
    system = known.code_system(url) if url else None
    concept = system.concepts.get(code, {}) if system else {}
    display = names(body or {}).get((code, url)) or concept.get("display", "")
    return judged(found=True, display=display, called=called, unknown="")


def member(members: Members, coding: Coding) -> Coding | None:
    code, system = coding
    if system:
        return coding if coding in members.codes or system in members.systems else None
    return next((each for each in sorted(members.codes) if each[0] == code), None)
