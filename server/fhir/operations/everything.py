"""Patient/$everything and Encounter/$everything: a compartment, and what is needed to read it.

https://hl7.org/fhir/R4/patient-operation-everything.html, https://hl7.org/fhir/R4/encounter-operation-everything.html"""

from collections.abc import Sequence
from dataclasses import replace

from mappings.fhir.r4.tables import compartment
from server.auth.gate import GatedStore, permit
from server.fhir.bundle import bundle, link, match, replaced
from server.fhir.compartment import types, within, within_any
from server.fhir.exchange import Answer, Request
from server.fhir.operations.care_date import during
from server.fhir.operations.parameters import Arguments, Parameter, arguments
from server.fhir.outcome import Invalid, Issue
from server.fhir.referred import along
from server.fhir.registry import names
from server.fhir.search.include import Find, permitted
from server.fhir.search.parse import conditions
from server.fhir.search.result import printable
from server.store.engine import Page
from server.store.entry import Key, Version
from server.store.query import All, Query, Search

ENCOUNTER = (
    Parameter("_since", "instant"),
    Parameter("_type", "code", many=True),
    Parameter("_count", "integer"),
    Parameter("_page", "string"),
)
PATIENT = (Parameter("start", "date"), Parameter("end", "date"), *ENCOUNTER)

MOST = 2000
"""Resources in one Bundle, apart from those that they refer to; more are given in pages."""


def patient_everything(gated: GatedStore, request: Request) -> Answer:
    return everything(gated, request, arguments(request, PATIENT))


def encounter_everything(gated: GatedStore, request: Request) -> Answer:
    return everything(gated, request, arguments(request, ENCOUNTER))


def everything(gated: GatedStore, request: Request, given: Arguments) -> Answer:
    """Of one patient or encounter, or without an id of all whom the client may see."""
    permit(gated.principal, "search", request.type)
    if request.id:
        gated.read(request.type, request.id)
    page = gathered(gated.search, searches(request, given), counted(given), given.one("_page"))
    referred = along(gated.search, page.versions, request.base, lambda by, key: follows(request.type, by, key))
    wanted = set(given.codes("_type")) or names()
    entries = [
        *(match(request, each) for each in page.versions),
        *(match(request, each, "include") for each in referred if each.key.type in wanted),
    ]
    return Answer(200, bundle("searchset", links(request, given, page.next), entries))


def searches(request: Request, given: Arguments) -> Sequence[Search]:
    """One for each type of the compartment, the owner's first."""
    wanted = given.codes("_type")
    if unknown := [each for each in wanted if each not in names()]:
        raise Invalid(Issue(f"_type: {printable(unknown[0])} is no resource type", code="value"))
    held = (each for each in types(request.type) if not wanted or each in wanted)
    return [Search(type, All((owned(request, type), *dated(type, given)))) for type in held]


def owned(request: Request, type: str) -> Query:
    return within(request.type, request.id, type) if request.id else within_any(request.type, type)


def dated(type: str, given: Arguments) -> list[Query]:
    """Care within the dates, as far as a resource says when it was given; and what changed since."""
    since = given.one("_since")
    changed = [conditions(type, (("_lastUpdated", f"ge{since}"),))] if since else []
    return [during(type, given.one("start"), given.one("end")), *changed]


def gathered(find: Find, searches: Sequence[Search], limit: int, after: str | None) -> Page:
    """One page over several searches, one after the other."""
    at, cursor = position(after, len(searches))
    found = list[Version]()
    while at < len(searches):
        page = looked(find, replace(searches[at], limit=limit - len(found), after=cursor))
        found += page.versions
        at, cursor = (at, page.next) if page.next else (at + 1, None)
        if len(found) >= limit and at < len(searches):
            return Page(tuple(found), f"{at}.{cursor or ''}")
    return Page(tuple(found))


def looked(find: Find, search: Search) -> Page:
    try:
        return permitted(find, search)
    except ValueError:
        raise Invalid("_page is not one that this server gave") from None


def position(after: str | None, searches: int) -> tuple[int, str | None]:
    at, dot, cursor = (after or "0.").partition(".")
    if not dot or not (at.isascii() and at.isdecimal() and len(at) < len("1000") and int(at) < searches):
        raise Invalid("_page is not one that this server gave")
    return int(at), cursor or None


def follows(owner: str, by: Version, key: Key) -> bool:
    """Who and where (practitioners, organizations, places) is followed on and on; other patients' records never. An
    encounter's resources are shown with what they refer to, whatever it is."""
    return key.type not in compartment("Patient") or (owner == "Encounter" and by.key.type in compartment("Encounter"))


def counted(given: Arguments) -> int:
    count = given.one("_count")
    if count is not None and count < 1:
        raise Invalid("_count has to be 1 or more")
    return min(count or MOST, MOST)


def links(request: Request, given: Arguments, following: str | None) -> list[dict[str, str]]:
    url = "/".join(each for each in (request.base, request.type, request.id, "$everything") if each)
    own = link("self", url, given.query)
    return [own, link("next", url, replaced(given.query, "_page", following))] if following else [own]
