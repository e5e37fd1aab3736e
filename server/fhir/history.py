"""https://hl7.org/fhir/R4/http.html#history"""

from server.auth.gate import GatedStore
from server.fhir.bundle import bundle, link, past, replaced
from server.fhir.exchange import Answer, Request
from server.fhir.outcome import Invalid, Issue
from server.fhir.search.result import counted, printable
from server.store.engine import Page

KNOWN = frozenset({"_count", "_page", "_format", "_pretty"})
LONGEST = 18
"""Digits of a cursor."""


def history(gated: GatedStore, request: Request) -> Answer:
    """Versions, newest first: of one resource, or of a type when the address has no id."""
    unknown = sorted({printable(name) for name, _ in request.query} - KNOWN)
    if unknown:
        raise Invalid(Issue(f"history does not know {', '.join(unknown)}", code="not-supported"))
    limit = max(counted(request.parameter("_count")), 1)
    page = gated.history(request.type, request.id or None, limit=limit, before=cursor(request.parameter("_page")))
    return Answer(200, bundle("history", links(request, page), [past(request, each) for each in page.versions]))


def cursor(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST):
        raise Invalid("_page is not one that this server gave")
    return int(text)


def links(request: Request, page: Page) -> list[dict[str, str]]:
    url = "/".join(each for each in (request.base, request.type, request.id, "_history") if each)
    own = link("self", url, request.query)
    if page.next is None:
        return [own]
    return [own, link("next", url, replaced(request.query, "_page", page.next))]
