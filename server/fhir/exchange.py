"""What is asked of an interaction and what it answers: plain values, so that HTTP and Bundle entries are served alike.

https://hl7.org/fhir/R4/http.html"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, TypeAlias

from mappings.fhir.json import Json, NotJson, dumps, loads
from server.fhir.outcome import (
    Invalid,
    Issue,
    PreconditionFailed,
    PreconditionRequired,
    UnsupportedMediaType,
    operation_outcome,
)
from server.fhir.unique import unique_names
from server.store.entry import Version

Parameters: TypeAlias = tuple[tuple[str, str], ...]

JSON_TYPES = frozenset({"application/fhir+json", "application/json", "text/json"})
FORM = "application/x-www-form-urlencoded"
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_VERSION = re.compile(r';\s*fhirVersion\s*=\s*"?([^";,\s]*)', re.IGNORECASE)
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"|(\d{1,18})')


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site may choose of what R4 leaves open. ``deletes_many``: a conditional delete deletes all that meet its
    criteria, not one alone. ``needs_version``: what is there is changed only with If-Match. ``profiles``: what a write
    has to conform to, by type; ``claims_count``: also to what it says it conforms to (``meta.profile``), if that is
    stored here."""

    deletes_many: bool = False
    needs_version: bool = False
    profiles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    claims_count: bool = False


USUAL = Rules()


@dataclass(frozen=True, slots=True)
class Request:
    """One interaction: its address under ``base``, its parameters, its conditions (header names in lower case)."""

    base: str
    now: datetime
    type: str = ""
    id: str = ""
    version: str = ""
    operation: str = ""
    query: Parameters = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    given: Json | None = None
    rules: Rules = USUAL

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def prefer(self) -> Mapping[str, str]:
        """https://www.rfc-editor.org/rfc/rfc7240"""
        wishes = re.split(r"[,;]", self.headers.get("prefer", ""))
        pairs = (wish.partition("=") for wish in wishes)
        return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if name.strip()}

    def parameter(self, name: str) -> str | None:
        return next((value for code, value in self.query if code == name), None)

    def resource(self) -> Json:
        """The resource that was sent; of a Bundle's entry, the entry's own."""
        return self.given if self.given is not None else _resource(self.media_type, self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """``version`` is what was read or written, for those who go on with it."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    version: Version | None = None


def _resource(media_type: str, headers: Mapping[str, str], body: bytes) -> Json:
    if media_type not in JSON_TYPES:
        raise UnsupportedMediaType("a body has to be application/fhir+json")
    if not is_r4(headers.get("content-type", "")):
        raise UnsupportedMediaType("only FHIR R4 (fhirVersion=4.0) is understood")
    if charset_of(headers.get("content-type", "")) not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("JSON is read as UTF-8 only")
    value = decoded(body)
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise Invalid(Issue("the body is not a resource: resourceType is missing", "resourceType", "structure"))
    return value


def decoded(body: bytes) -> Any:
    """JSON from outside: bounded in depth, every name once per object, and UTF-8."""
    try:
        value = loads(body)
        unique_names(body, value)
    except NotJson as error:
        raise Invalid(Issue(f"the body is not JSON: {error}", code="structure")) from None
    return value


def is_r4(media_type: str) -> bool:
    """Whether it names no other version of FHIR. https://hl7.org/fhir/R4/http.html#version-parameter"""
    found = _VERSION.search(media_type)
    return found is None or found[1] in {"4.0", "4.0.1"}


def charset_of(content_type: str) -> str:
    found = re.search(r'charset\s*=\s*"?([\w.:-]+)', content_type, re.IGNORECASE)
    return found[1].lower() if found else "utf-8"


def etag(version: Version) -> str:
    return f'W/"{version.version}"'


def http_date(at: datetime) -> str:
    return format_datetime(at.replace(microsecond=0), usegmt=True)


def location(request: Request, version: Version) -> str:
    return f"{request.base}/{version.key}/_history/{version.version}"


def validators(version: Version) -> dict[str, str]:
    """https://hl7.org/fhir/R4/http.html#versions"""
    return {"etag": etag(version), "last-modified": http_date(version.at)}


def wanted_version(request: Request) -> int | None:
    """The version that If-Match names. https://hl7.org/fhir/R4/http.html#concurrency"""
    given = request.headers.get("if-match")
    return None if given is None else version_number(given)


def version_number(given: str) -> int:
    found = _ETAG.fullmatch(given.strip())
    if not found:
        raise Invalid('If-Match has to be a version\'s ETag, such as W/"1"')
    return int(found[1] or found[2])


def expect(request: Request, current: int) -> None:
    """Raises PreconditionFailed unless the version that If-Match names is the current one (0: there is none), and
    with If-None-Match: * unless there is none; PreconditionRequired where a site wants to be told the version."""
    wanted = wanted_version(request)
    if wanted is None and current and request.rules.needs_version:
        raise PreconditionRequired("the version that is to be changed has to be named in If-Match")
    if wanted is not None and wanted != current:
        raise PreconditionFailed("the current version is not the one that If-Match names")
    if current and request.headers.get("if-none-match", "").strip() == "*":
        raise PreconditionFailed("there is a resource already, and If-None-Match wants none")


def unchanged(request: Request, version: Version) -> bool:
    """https://hl7.org/fhir/R4/http.html#cread"""
    if (given := request.headers.get("if-none-match")) is not None:
        tags = {each.strip().removeprefix("W/") for each in given.split(",")}
        return "*" in tags or f'"{version.version}"' in tags
    return _not_since(request.headers.get("if-modified-since"), version)


def _not_since(given: str | None, version: Version) -> bool:
    try:
        since = parsedate_to_datetime(given) if given else None
    except ValueError:
        return False
    return since is not None and since.tzinfo is not None and version.at.replace(microsecond=0) <= since


def changed(request: Request, status: int, version: Version | None) -> Answer:
    """The answer to a write, as ``Prefer: return=`` asks. https://hl7.org/fhir/R4/http.html#ops"""
    if version is None:
        return Answer(status)
    headers = {**validators(version), "location": location(request, version)}
    return Answer(status, _returned(request, version), headers, version)


def _returned(request: Request, version: Version) -> bytes:
    match request.prefer.get("return"):
        case "minimal":
            return b""
        case "OperationOutcome":
            return dumps(operation_outcome([Issue("done", severity="information", code="informational")]))
        case _:
            return version.body or b""
