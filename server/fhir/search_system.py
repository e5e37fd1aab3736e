"""A search through several types at once: ``GET [base]?_type=Patient,Observation``, one type after the other.

https://hl7.org/fhir/R4/http.html#search"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mappings.fhir.json import Json
from server.auth.gate import GatedStore
from server.fhir.bundle import bundle, link, match, replaced
from server.fhir.exchange import Answer, Parameters, Request
from server.fhir.outcome import Invalid, Issue
from server.fhir.registry import resource_type
from server.fhir.search.parse import Parsed, parse
from server.fhir.search_type import form, found, looking_up, outcome
from server.store.entry import Version

TYPE, PAGE = "_type", "_page"
OF_ONE_TYPE = frozenset({"_sort", "_include", "_revinclude"})
"""What means something only where all that is found is of one type."""


def search_system(gated: GatedStore, request: Request) -> Answer:
    types = types_of(request.query)
    query = tuple(each for each in request.query if each[0] not in {TYPE, PAGE})
    parsed = alike(gated, request, types, query)
    first = parsed[types[0]]
    if first.only_count:
        return Answer(200, bundle("searchset", links(request, types, first, None), (), counted(gated, parsed)))
    versions, following = gathered(gated, parsed, start(request, types))
    entries = [*(match(request, each) for each in versions), *outcome(first.ignored)]
    whole = following is None and request.parameter(PAGE) is None
    total = len(versions) if whole else counted(gated, parsed) if first.total else None
    return Answer(200, bundle("searchset", links(request, types, first, following), entries, total))


def search_system_by_post(gated: GatedStore, request: Request) -> Answer:
    return search_system(gated, replace(request, query=(*request.query, *form(request))))


def types_of(query: Parameters) -> Sequence[str]:
    """In a fixed order, whatever order they are named in. Raises Invalid, NotSupported."""
    names = sorted({name for code, value in query if code == TYPE for name in value.split(",")})
    if not names:
        raise Invalid(Issue("_type has to name the types to be searched for", code="too-costly"))
    return [resource_type(name).name for name in names]


def alike(gated: GatedStore, request: Request, types: Sequence[str], query: Parameters) -> Mapping[str, Parsed]:
    """The search of each type: only what all of them know is asked of any."""
    if refused := sorted({code.partition(":")[0] for code, _ in query} & OF_ONE_TYPE):
        raise Invalid(Issue(f"{refused[0]} needs a search for one type", code="not-supported"))
    strict = request.prefer.get("handling") == "strict"
    find = looking_up(gated)
    every = [parse(type, query, base=request.base, now=request.now, find=find, strict=strict) for type in types]
    ignored = tuple(dict.fromkeys(issue for each in every for issue in each.ignored))
    common = tuple(each for each in query if all(each in parsed.used for parsed in every))
    again = (parse(type, common, base=request.base, now=request.now, find=find) for type in types)
    return {type: replace(each, ignored=ignored) for type, each in zip(types, again, strict=True)}


def start(request: Request, types: Sequence[str]) -> tuple[str, str | None]:
    """The type that the page begins in, and the cursor there."""
    page = request.parameter(PAGE)
    if page is None:
        return types[0], None
    type, colon, cursor = page.partition(":")
    if type not in types or not colon:
        raise Invalid("_page is not one that this server gave for this search")
    return type, cursor or None


def gathered(
    gated: GatedStore, parsed: Mapping[str, Parsed], begin: tuple[str, str | None]
) -> tuple[list[Version], str | None]:
    """One page, and where the next one begins."""
    versions, (first, after) = list[Version](), begin
    for type, each in parsed.items():
        if type < first:
            continue
        room = each.search.limit - len(versions)
        if room <= 0:
            return versions, f"{type}:"
        page = found(gated, replace(each, search=replace(each.search, limit=room, after=after)))
        versions, after = [*versions, *page.versions], None
        if page.next is not None:
            return versions, f"{type}:{page.next}"
    return versions, None


def counted(gated: GatedStore, parsed: Mapping[str, Parsed]) -> int:
    return sum(gated.count(type, each.where) for type, each in parsed.items())


def links(request: Request, types: Sequence[str], parsed: Parsed, following: str | None) -> list[Json]:
    used: Parameters = ((TYPE, ",".join(types)), *parsed.used)
    if parsed.capped:
        used = replaced(used, "_count", str(parsed.search.limit))
    own = link("self", request.base, used)
    return [own] if following is None else [own, link("next", request.base, replaced(used, PAGE, following))]
