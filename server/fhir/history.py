"""https://hl7.org/fhir/R4/http.html#history"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings.fhir.json import Json
from mappings.fhir.moments import date_range
from server.auth.gate import GatedStore
from server.fhir.bundle import bundle, link, past, replaced
from server.fhir.exchange import Answer, Request
from server.fhir.outcome import Invalid, Issue
from server.fhir.resource import instant
from server.fhir.search.result import counted, printable
from server.store.engine import Page
from server.store.entry import Version

KNOWN = frozenset({"_count", "_since", "_at", "_page", "_format", "_pretty"})
LONGEST = 18
"""Digits of a cursor."""
SKEW = timedelta(minutes=5)
"""By how much the clocks of several servers may differ: so much older than ``_since``, nothing newer follows."""

After = Callable[[Version], Version | None]


@dataclass(frozen=True, slots=True)
class Times:
    """Instants as text: versions from ``since`` on, and those that were current between the two of ``at``."""

    since: str = ""
    at: tuple[str, str] | None = None

    def has(self, version: Version, after: After) -> bool:
        return instant(version.at) >= self.since and (self.at is None or was_current(version, *self.at, after))

    def ends_with(self, page: Page) -> bool:
        """Whether all that follows on a page is too old."""
        oldest = min((each.at for each in page.versions), default=None)
        return bool(self.since and oldest and oldest + SKEW < datetime.fromisoformat(self.since))


def was_current(version: Version, first: str, last: str, after: After) -> bool:
    """A deletion has its moment; any other version lasts until the next one."""
    begin = instant(version.at)
    if version.deleted or begin > last:
        return first <= begin <= last
    following = after(version)
    return following is None or instant(following.at) > first


def history(gated: GatedStore, request: Request) -> Answer:
    """Versions, newest first: of one resource, of a type when the address has no id, of all when it has no type."""
    unknown = sorted({printable(name) for name, _ in request.query} - KNOWN)
    if unknown:
        raise Invalid(Issue(f"history does not know {', '.join(unknown)}", code="not-supported"))
    times, limit = times_of(request), max(counted(request.parameter("_count")), 1)
    page = gated.history(request.type, request.id or None, limit=limit, before=cursor(request.parameter("_page")))
    found = [past(request, each) for each in page.versions if times.has(each, gated.after)]
    following = None if times.ends_with(page) else page.next
    return Answer(200, bundle("history", list(links(request, following)), found))


def times_of(request: Request) -> Times:
    since, at = request.parameter("_since"), request.parameter("_at")
    return Times(span("_since", since)[0] if since is not None else "", span("_at", at) if at is not None else None)


def span(name: str, text: str) -> tuple[str, str]:
    try:
        return date_range(text.replace(" ", "+"))  # a + that was not encoded has become a space
    except ValueError:
        raise Invalid(f"{name} has to be a date or an instant") from None


def cursor(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST):
        raise Invalid("_page is not one that this server gave")
    return int(text)


def links(request: Request, following: str | None) -> Iterator[Json]:
    url = "/".join(each for each in (request.base, request.type, request.id, "_history") if each)
    yield link("self", url, request.query)
    if request.parameter("_page") is not None:
        yield link("first", url, replaced(request.query, "_page", None))
    if following is not None:
        yield link("next", url, replaced(request.query, "_page", following))
