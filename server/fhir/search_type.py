"""https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/search.html"""

from collections.abc import Sequence
from dataclasses import replace

from mappings.fhir.json import Json
from server.auth.gate import GatedStore
from server.fhir.bundle import bundle, link, match, replaced, told
from server.fhir.commit import parameters
from server.fhir.exchange import FORM, Answer, Parameters, Request, charset_of
from server.fhir.outcome import Forbidden, Invalid, Issue, UnsupportedMediaType
from server.fhir.search.include import included
from server.fhir.search.kind import Find
from server.fhir.search.parse import Parsed, parse
from server.store.engine import Page
from server.store.entry import Version
from server.store.query import Query, Search, TooBroad


def search(gated: GatedStore, request: Request) -> Answer:
    """One page of what is found, in the order of ``_sort`` and then of the ids."""
    handling = request.prefer.get("handling")
    find, strict = looking_up(gated), handling == "strict"
    parsed = parse(request.type, request.query, base=request.base, now=request.now, find=find, strict=strict)
    if parsed.only_count:
        counted = gated.count(request.type, parsed.where)
        return Answer(200, bundle("searchset", links(request, parsed, None), outcome(parsed.ignored), counted))
    page = found(gated, parsed)
    along, warnings = included(gated.search, parsed.includes, page.versions, request.base)
    found_ones = [match(request, each) for each in page.versions]
    entries = [
        *found_ones,
        *(match(request, each, "include") for each in along),
        *outcome((*parsed.ignored, *warnings)),
    ]
    return Answer(200, bundle("searchset", links(request, parsed, page.next), entries, total(gated, parsed, page)))


def looking_up(gated: GatedStore) -> Find:
    """What a client may not search for is not there for its searches either."""

    def find(type: str, where: Query) -> Sequence[Version]:
        try:
            return gated.search(Search(type, where)).versions
        except Forbidden:
            return ()

    return find


def found(gated: GatedStore, parsed: Parsed) -> Page:
    try:
        return gated.search(parsed.search)
    except TooBroad:
        raise
    except ValueError:
        raise Invalid("_page is not one that this server gave for this search") from None


def search_by_post(gated: GatedStore, request: Request) -> Answer:
    """``POST Type/_search``: what stands in the form and what stands in the address are one query."""
    return search(gated, replace(request, query=(*request.query, *form(request))))


def form(request: Request) -> Parameters:
    if request.media_type != FORM:
        raise UnsupportedMediaType(f"a search is posted as {FORM}")
    if charset_of(request.headers["content-type"]) not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("a form is read as UTF-8 only")
    try:
        return parameters(request.body.decode("ascii"))
    except UnicodeDecodeError:
        raise Invalid(Issue("the form is not percent-encoded", code="structure")) from None


def total(gated: GatedStore, parsed: Parsed, page: Page) -> int | None:
    """What is known without counting is said unasked. https://hl7.org/fhir/R4/search.html#total"""
    if page.next is None and parsed.search.after is None:
        return len(page.versions)
    return gated.count(parsed.search.type, parsed.where) if parsed.total else None


def links(request: Request, parsed: Parsed, following: str | None) -> list[Json]:
    """``self`` says what was done, not what was asked. https://hl7.org/fhir/R4/search.html#conformance"""
    url = f"{request.base}/{request.type}"
    used = parsed.used
    if parsed.capped:
        used = replaced(used, "_count", str(parsed.search.limit))
    found = [link("self", url, used)]
    return found if following is None else [*found, link("next", url, replaced(used, "_page", following))]


def outcome(issues: Sequence[Issue]) -> Sequence[Json]:
    warnings = [replace(each, severity="warning") for each in issues]
    return [told(warnings)] if warnings else []
