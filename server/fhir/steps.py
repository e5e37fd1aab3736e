"""The entries of a batch or a transaction: each an interaction, asked for at an address.

https://hl7.org/fhir/R4/bundle.html#transaction"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from mappings.fhir.json import Json
from server.fhir.bundle import raw
from server.fhir.commit import parameters
from server.fhir.exchange import Answer, Request
from server.fhir.outcome import FhirError, Invalid, Issue, TooLarge, operation_outcome
from server.fhir.resource import instant
from server.fhir.routes import interaction, matched

MAX_ENTRIES = 10_000
HEADERS: Mapping[str, str] = {
    "ifMatch": "if-match",
    "ifNoneExist": "if-none-exist",
    "ifNoneMatch": "if-none-match",
    "ifModifiedSince": "if-modified-since",
}


@dataclass(frozen=True, slots=True)
class Step:
    """``place`` is the entry's index; ``path`` the pattern of its address; ``name`` its fullUrl, "" if it has none."""

    place: int
    path: str
    method: str
    request: Request
    name: str = ""

    @property
    def interaction(self) -> str:
        return interaction(self.path, self.method).name


def entries(bundle: Json) -> list[Any]:
    found = bundle.get("entry", [])
    if not isinstance(found, list):
        raise Invalid(Issue("entry is a list", "Bundle.entry", "structure"))
    if len(found) > MAX_ENTRIES:
        raise TooLarge(Issue(f"more than {MAX_ENTRIES} entries", "Bundle.entry", "too-long"))
    return found


def step(outer: Request, place: int, entry: Any) -> Step:
    """Raises Invalid, NotFound, MethodNotAllowed for what is no interaction, saying of which entry."""
    with placed(place):
        asked = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(asked, dict) or not all(isinstance(asked.get(each), str) for each in ("method", "url")):
            raise Invalid(Issue("request.method and request.url are needed", "Bundle.entry", "required"))
        path, names, query = address(outer, asked["url"])
        headers = {header: str(asked[field]) for field, header in HEADERS.items() if field in asked}
        request = replace(outer, **names, query=query, headers={**prefer(outer), **headers}, given=given(entry))
        interaction(path, asked["method"])
        return Step(place, path, asked["method"], request, str(entry.get("fullUrl", "")))


def given(entry: Json) -> Json:
    """The entry's resource; {} where it has none."""
    resource = entry.get("resource", {})
    return resource if isinstance(resource, dict) else {}


def prefer(outer: Request) -> dict[str, str]:
    """Of many resources none is sent back unless that is wanted."""
    return {"prefer": outer.headers.get("prefer", "return=minimal")}


def address(outer: Request, url: str) -> tuple[str, dict[str, Any], tuple[tuple[str, str], ...]]:
    """The pattern, what its names stand for, and the parameters, of a relative address or one of this server's own."""
    path, _, query = url.removeprefix(f"{outer.base}/").partition("?")
    pattern, names = matched(unquote(path))
    return pattern, names, parameters(query)


@contextmanager
def placed(place: int) -> Iterator[None]:
    """What goes wrong within names the entry."""
    try:
        yield
    except FhirError as error:
        raise type(error)(*(within(place, each) for each in error.issues), headers=error.headers) from error


def within(place: int, issue: Issue) -> Issue:
    """``Patient.name`` becomes ``Bundle.entry[3].resource.name``."""
    entry = f"Bundle.entry[{place}]"
    if issue.expression is None or issue.expression.startswith("Bundle.entry"):
        return replace(issue, expression=entry)
    _, dot, below = issue.expression.partition(".")
    return replace(issue, expression=f"{entry}.resource{dot}{below}")


def answered(answer: Answer) -> Json:
    """One entry of the answering Bundle."""
    response: Json = {"status": status(answer.status)}
    for header, field in (("location", "location"), ("etag", "etag")):
        if header in answer.headers:
            response[field] = answer.headers[header]
    if answer.version:
        response["lastModified"] = instant(answer.version.at)
    body = {"resource": raw(answer.body)} if answer.body else {}
    return {**body, "response": response}


def failed(error: FhirError) -> Json:
    return {"response": {"status": status(error.status), "outcome": operation_outcome(error.issues)}}


def status(code: int) -> str:
    return f"{code} {HTTPStatus(code).phrase}"
