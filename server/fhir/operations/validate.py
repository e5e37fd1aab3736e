"""https://hl7.org/fhir/R4/resource-operation-validate.html"""

from mappings.fhir.checker import check
from mappings.fhir.json import Json, dumps
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.outcome import Invalid, Issue, operation_outcome
from server.fhir.resource import MAX_ISSUES

NO_PROFILE = "only what FHIR R4 itself says is checked"


def validate(gated: GatedStore, request: Request) -> Answer:  # noqa: ARG001 - what is sent is checked, nothing is read
    """What is wrong with a resource; 200 whatever the result, since the question was answered."""
    body = request.resource()
    return Answer(200, dumps(operation_outcome(judged(request.type, *subject(body, request)))))


def subject(body: Json, request: Request) -> tuple[Json, bool]:
    """The resource that is meant, and whether a profile was named that it should be held against."""
    profile = request.parameter("profile") is not None
    if body.get("resourceType") != "Parameters" or request.type == "Parameters":
        return body, profile
    parameters = {each.get("name"): each for each in body.get("parameter", ()) if isinstance(each, dict)}
    resource = parameters.get("resource", {}).get("resource")
    if not isinstance(resource, dict):
        raise Invalid(Issue("the parameter resource is missing", "Parameters.parameter", "required"))
    return resource, profile or "profile" in parameters


def judged(type: str, body: Json, profile: bool) -> list[Issue]:
    problems = check(body)[:MAX_ISSUES]
    issues = [Issue(each.text, each.expression, each.code) for each in problems]
    if body.get("resourceType") != type:
        issues.insert(0, Issue(f"the resource is not a {type}", "resourceType"))
    if profile:
        issues.append(Issue(NO_PROFILE, code="not-supported", severity="warning"))
    return issues or [Issue("conforms to FHIR R4", severity="information", code="informational")]
