"""From the parameters of a request to what the store is asked.

https://hl7.org/fhir/R4/search.html"""

import re
from dataclasses import dataclass
from datetime import datetime

from server.fhir.exchange import Parameters
from server.fhir.outcome import Invalid, Issue
from server.fhir.registry import ResourceType, resource_type
from server.fhir.search.criterion import MAX_PARTS, criterion, too_costly
from server.fhir.search.criterion import is_known as is_criterion
from server.fhir.search.include import INCLUDES, Include, includes
from server.fhir.search.kind import Asking, Find
from server.fhir.search.result import MAX_COUNT, RESULT, TOTALS, choice, counted, printable, single, sort
from server.fhir.subset import extent
from server.store.links import has_links
from server.store.query import All, Query, Search, parts

MAX_PARAMETERS = 60
MAX_LENGTH = 4_000
RENDERING = frozenset({"_format", "_pretty"})
"""Said of the answer's form; they are not the search's own."""
NOT_YET = frozenset(
    {
        "_contained",
        "_containedType",
        "_content",
        "_filter",
        "_query",
    }
)
"""Parameters of R4 that would change what is found or shown: to leave them out would be a wrong answer."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """``used`` is what was understood, for the honest ``self`` link; ``ignored`` what was not. ``capped``: more was
    asked for in one page than is given."""

    search: Search
    used: Parameters
    ignored: tuple[Issue, ...] = ()
    total: bool = False
    only_count: bool = False
    capped: bool = False
    includes: tuple[Include, ...] = ()

    @property
    def where(self) -> Query:
        return self.search.where


def parse(
    type: str,
    query: Parameters,
    *,
    base: str = "",
    now: datetime | None = None,
    find: Find | None = None,
    strict: bool = False,
) -> Parsed:
    """``base`` is this server's own address; ``find`` looks up what a parameter rests on (``Asking``). Raises Invalid;
    with ``strict`` also for parameters that are not known."""
    row = resource_type(type)
    query = tuple(each for each in query if each[0] not in RENDERING)
    bounded(query)
    unknown = {code for code, _ in query if not is_known(row, code)}
    ignored = tuple(Issue(f"search parameter {printable(each)} is not known", code="not-supported") for each in unknown)
    if strict and ignored:
        raise Invalid(*ignored)
    used = tuple(each for each in query if each[0] not in unknown)
    return _parsed(row, used, ignored, Asking(base, now, find))


def _parsed(row: ResourceType, used: Parameters, ignored: tuple[Issue, ...], asking: Asking) -> Parsed:
    result = single(each for each in used if each[0] in RESULT)
    count, along = counted(result.get("_count")), includes(row, used)
    if along and extent(used).summary == "text":
        raise Invalid("_include and _revinclude cannot be asked for with _summary=text")
    return Parsed(
        Search(row.name, selected(row, used, asking), sort(row, result.get("_sort")), count, result.get("_page")),
        used,
        ignored,
        choice("_total", result.get("_total"), TOTALS),
        extent(used).summary == "count" or count == 0,
        count == MAX_COUNT,
        along,
    )


def selected(row: ResourceType, used: Parameters, asking: Asking) -> Query:
    """Every parameter holds."""
    found: list[Query] = []
    for name, value in used:
        if not is_result(name):
            found.append(criterion(row, name, value, asking))
            if sum(map(parts, found)) > MAX_PARTS:
                raise too_costly()
    return All(tuple(found))


def conditions(
    type: str,
    query: Parameters,
    *,
    base: str = "",
    now: datetime | None = None,
    find: Find | None = None,
    linked: bool = False,
) -> Query:
    """What selects resources by themselves, and is told by their terms alone; with ``linked`` also by others, which
    whoever asks has to be allowed to search for. Nothing in it may be left out, or others would be meant."""
    if not query or any(is_result(code) for code, _ in query):
        raise Invalid("search parameters that select the resource are needed")
    where = parse(type, query, base=base, now=now, find=find, strict=True).where
    if not linked and has_links(where):
        raise Invalid(Issue("a chain, _has and _list are not supported here", code="not-supported"))
    return where


def bounded(query: Parameters) -> None:
    if len(query) > MAX_PARAMETERS:
        raise Invalid(Issue(f"more than {MAX_PARAMETERS} search parameters", code="too-costly"))
    for code, value in query:
        if len(code) + len(value) > MAX_LENGTH:
            raise Invalid(Issue(f"{printable(code)}: longer than {MAX_LENGTH} characters", code="too-long"))
        if _CONTROL.search(value):
            raise Invalid(f"{printable(code)}: control characters cannot be searched for")


def is_known(row: ResourceType, name: str) -> bool:
    """Raises Invalid for what R4 knows and this server does not do."""
    code = name.partition(":")[0]
    if code in NOT_YET:
        raise Invalid(Issue(f"{code} is not supported", code="not-supported"))
    return is_criterion(row, name) or is_result(name)


def is_result(code: str) -> bool:
    """Whether a parameter says how the result is given, not what is in it."""
    return code in RESULT or code.partition(":")[0] in INCLUDES
