"""https://hl7.org/fhir/R4/resource-operation-validate.html"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mappings.fhir.checker import check
from mappings.fhir.json import Json, dumps
from mappings.fhir.profiles.claims import claims
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.outcome import Invalid, Issue, operation_outcome
from server.fhir.profiles import Profiles, issues, named, not_here

MODES = frozenset({"create", "update", "delete"})
SOUND = Issue("conforms to FHIR R4", severity="information", code="informational")


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be judged, against which profiles beside those that it claims, and what is going to be done."""

    resource: Json | None
    profiles: tuple[str, ...] = ()
    mode: str = ""


def validate(gated: GatedStore, request: Request) -> Answer:
    """What is wrong with a resource; 200 whatever the result, since the question was answered."""
    asked = question(request)
    if asked.mode == "delete":
        gated.read(request.type, request.id)
        return Answer(200, dumps(operation_outcome([Issue("may be deleted", severity="information")])))
    if asked.resource is None:
        raise Invalid(Issue("the parameter resource is missing", "Parameters.parameter", "required"))
    profiles = Profiles(gated.ungated, gated.principal.tenant)
    found = [*addressed(request, asked), *judged(profiles, asked.resource, asked.profiles)]
    return Answer(200, dumps(operation_outcome(found or [SOUND])))


def question(request: Request) -> Question:
    """From the address and the body, which is the resource alone or Parameters. Raises Invalid."""
    deletes = request.parameter("mode") == "delete" and not request.body and request.given is None
    body = {} if deletes else request.resource()
    wrapped = body.get("resourceType") == "Parameters" != request.type
    given = list(_parameters(body)) if wrapped else []
    resource = next((each["resource"] for each in given if isinstance(each.get("resource"), dict)), None)
    asked = [*request.query, *((each["name"], _text(each)) for each in given)]
    mode = next((value for name, value in asked if name == "mode"), "")
    if mode and mode not in MODES:
        raise Invalid(Issue("mode is create, update or delete", code="value"))
    if mode == "delete" and not request.id:
        raise Invalid("what is to be deleted is named in the address")
    profiles = tuple(value for name, value in asked if name == "profile")
    return Question(resource if wrapped else body or None, profiles, mode)


def _parameters(body: Json) -> Iterator[Json]:
    for each in body.get("parameter", ()):
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            raise Invalid(Issue("a parameter has no name", "Parameters.parameter", "required"))
        yield each


def _text(parameter: Json) -> str:
    values: list[Any] = [value for name, value in parameter.items() if name.startswith("value")]
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""


def addressed(request: Request, asked: Question) -> Iterator[Issue]:
    """What is wrong before the resource is looked into."""
    resource = asked.resource or {}
    if resource.get("resourceType") != request.type:
        yield Issue(f"the resource is not a {request.type}", "resourceType")
    elif asked.mode == "update" and request.id and resource.get("id") != request.id:
        yield Issue("an update has the id of its address", f"{request.type}.id", "value")


def judged(profiles: Profiles, resource: Json, urls: tuple[str, ...]) -> Iterator[Issue]:
    """R4 first: profiles are asked only of what is sound. One that was named and is not here is an error, one that the
    resource only claims a warning: nothing passes unseen."""
    if problems := check(resource):
        yield from issues(problems)
        return
    wanted = named(resource, urls)
    for claim in (*wanted, *(each for each in claims(resource) if each not in wanted)):
        verdict = profiles.verdict(claim)
        if verdict is None:
            yield not_here(claim, "error" if claim in wanted else "warning")
        else:
            yield from issues(verdict.errors)
            yield from issues(verdict.warnings, "warning")
