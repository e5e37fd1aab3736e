"""CodeSystem/$lookup, $validate-code and $subsumes.

https://hl7.org/fhir/R4/codesystem-operations.html"""

from collections.abc import Iterator

from mappings.fhir.json import Json, dumps
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.operations.coded import CODED, codings, judged, meant, needed, parameters, terminology
from server.fhir.operations.parameters import Arguments, Parameter, arguments
from server.fhir.outcome import Invalid, Issue, NotFound
from server.fhir.terminology.code_system import CodeSystem

LOOKUP = (
    Parameter("code", "code"),
    Parameter("system", "uri"),
    Parameter("version", "string"),
    Parameter("coding", "Coding"),
    Parameter("property", "code", many=True),
)
VALIDATE_CODE = (*CODED, Parameter("url", "uri"), Parameter("codeSystem", "CodeSystem"), Parameter("version", "string"))
SUBSUMES = (
    Parameter("codeA", "code"),
    Parameter("codeB", "code"),
    Parameter("system", "uri"),
    Parameter("version", "string"),
    Parameter("codingA", "Coding"),
    Parameter("codingB", "Coding"),
)


def code_system_lookup(gated: GatedStore, request: Request) -> Answer:
    """What a code means. Raises NotFound."""
    given = arguments(request, LOOKUP)
    [((code, url), _)] = codings(given)
    system = stored(gated, url, given.one("version"))
    concept = system.concepts.get(code)
    if concept is None:
        raise NotFound("the code system has no such code")
    wanted = set(given.all("property"))
    named = system.body
    parameter = [
        {"name": "name", "valueString": named.get("name") or named.get("title") or url},
        *([{"name": "version", "valueString": named["version"]}] if "version" in named else []),
        {"name": "display", "valueString": concept.get("display", code)},
        *(designated(each) for each in concept.get("designation", ())),
        *(each for each in properties(system, concept) if not wanted or each["part"][0]["valueCode"] in wanted),
    ]
    return Answer(200, dumps({"resourceType": "Parameters", "parameter": parameter}))


def stored(gated: GatedStore, url: str, version: str | None) -> CodeSystem:
    """Raises Invalid, NotFound."""
    if not url:
        raise Invalid(Issue("a system is needed", "Parameters.parameter", "required"))
    body = terminology(gated).stored("CodeSystem", f"{url}|{version}" if version else url)
    return CodeSystem(needed(body, "CodeSystem"))


def designated(designation: Json) -> Json:
    types = {"language": "valueCode", "use": "valueCoding", "value": "valueString"}
    part = [{"name": name, type: designation[name]} for name, type in types.items() if name in designation]
    return {"name": "designation", "part": part}


def properties(system: CodeSystem, concept: Json) -> Iterator[Json]:
    """Its own, its definition, and where it stands."""
    code = concept["code"]
    if "definition" in concept:
        yield property("definition", {"valueString": concept["definition"]})
    for name, others in (("parent", system.parents), ("child", system.children)):
        yield from (property(name, {"valueCode": each}) for each in sorted(others.get(code, ())))
    for each in concept.get("property", ()):
        if each["code"] not in {"parent", "child"}:
            yield property(each["code"], {name: value for name, value in each.items() if name.startswith("value")})


def property(code: str, value: Json) -> Json:
    return {"name": "property", "part": [{"name": "code", "valueCode": code}, {"name": "value", **value}]}


def code_system_validate_code(gated: GatedStore, request: Request) -> Answer:
    given = arguments(request, VALIDATE_CODE)
    body = needed(meant(gated, request, given, "codeSystem", given.one("version") or ""), "CodeSystem")
    system = CodeSystem(body)
    own = [(code, called) for (code, url), called in codings(given) if url in {"", body.get("url")}]
    code, called = next(((code, called) for code, called in own if code in system.concepts), ("", ""))
    display = system.concepts.get(code, {}).get("display", "")
    return judged(found=bool(code), display=display, called=called, unknown="the code system has no such code")


def code_system_subsumes(gated: GatedStore, request: Request) -> Answer:
    """https://hl7.org/fhir/R4/valueset-concept-subsumption-outcome.html"""
    given = arguments(request, SUBSUMES)
    (a, url), (b, other) = one(given, "A"), one(given, "B")
    if request.id:
        system = CodeSystem(needed(meant(gated, request, given, ""), "CodeSystem"))
    elif url == other:
        system = stored(gated, url, given.one("version"))
    else:
        raise Invalid(Issue("the two codes have to be of one system", code="value"))
    if not {a, b} <= system.concepts.keys():
        raise NotFound("the code system has no such code")
    return parameters(("outcome", "Code", outcome(system, a, b)))


def one(given: Arguments, which: str) -> tuple[str, str]:
    coding = given.one(f"coding{which}") or {}
    code = given.one(f"code{which}") or coding.get("code")
    if code is None:
        raise Invalid(Issue(f"code{which} or coding{which} is needed", "Parameters.parameter", "required"))
    return code, given.one("system") or coding.get("system", "")


def outcome(system: CodeSystem, a: str, b: str) -> str:
    if a == b:
        return "equivalent"
    if b in system.below(a):
        return "subsumes"
    return "subsumed-by" if b in system.above(a) else "not-subsumed"
