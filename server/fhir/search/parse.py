"""From the parameters of a request to what the store is asked.

https://hl7.org/fhir/R4/search.html"""

import re
from dataclasses import dataclass
from datetime import datetime

from server.fhir.exchange import Parameters
from server.fhir.outcome import Invalid, Issue
from server.fhir.registry import ResourceType, resource_type
from server.fhir.search.escapes import split
from server.fhir.search.include import INCLUDES, Include, includes
from server.fhir.search.kind import Asked
from server.fhir.search.kinds import kind, question
from server.fhir.search.result import MAX_COUNT, RESULT, TOTALS, choice, counted, printable, single, sort
from server.fhir.subset import extent
from server.store.query import All, Any, Not, Query, Search, starts

MAX_PARAMETERS = 60
MAX_PARTS = 300
"""What all parameters together may ask of the store."""
MAX_LENGTH = 4_000
RENDERING = frozenset({"_format", "_pretty"})
"""Said of the answer's form; they are not the search's own."""
NOT_YET = frozenset(
    {
        "_contained",
        "_containedType",
        "_content",
        "_filter",
        "_has",
        "_list",
        "_query",
        "_text",
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


def parse(type: str, query: Parameters, *, base: str = "", now: datetime | None = None, strict: bool = False) -> Parsed:
    """``base`` is this server's own address. Raises Invalid; with ``strict`` also for parameters that are not known."""
    row = resource_type(type)
    query = tuple(each for each in query if each[0] not in RENDERING)
    bounded(query)
    unknown = [code for code, _ in query if not is_known(row, code)]
    ignored = tuple(Issue(f"search parameter {printable(each)} is not known", code="not-supported") for each in unknown)
    if strict and ignored:
        raise Invalid(*ignored)
    used = tuple(each for each in query if each[0] not in unknown)
    return _parsed(row, used, ignored, base, now)


def _parsed(row: ResourceType, used: Parameters, ignored: tuple[Issue, ...], base: str, now: datetime | None) -> Parsed:
    result = single(each for each in used if each[0] in RESULT)
    where = All(tuple(criterion(row, *each, base, now) for each in used if not is_result(each[0])))
    if parts(where) > MAX_PARTS:
        raise Invalid(Issue(f"the search has more than {MAX_PARTS} parts", code="too-costly"))
    count, along = counted(result.get("_count")), includes(row, used)
    if along and extent(used).summary == "text":
        raise Invalid("_include and _revinclude cannot be asked for with _summary=text")
    return Parsed(
        Search(row.name, where, sort(row, result.get("_sort")), count, result.get("_page")),
        used,
        ignored,
        choice("_total", result.get("_total"), TOTALS),
        extent(used).summary == "count" or count == 0,
        count == MAX_COUNT,
        along,
    )


def conditions(type: str, query: Parameters, *, base: str = "", now: datetime | None = None) -> Query:
    """A conditional interaction's criteria: nothing in them may be left out, or another resource would be meant."""
    if not query or any(is_result(code) for code, _ in query):
        raise Invalid("search parameters that select the resource are needed")
    return parse(type, query, base=base, now=now, strict=True).where


def bounded(query: Parameters) -> None:
    if len(query) > MAX_PARAMETERS:
        raise Invalid(Issue(f"more than {MAX_PARAMETERS} search parameters", code="too-costly"))
    for code, value in query:
        if len(code) + len(value) > MAX_LENGTH:
            raise Invalid(Issue(f"{printable(code)}: longer than {MAX_LENGTH} characters", code="too-long"))
        if _CONTROL.search(value):
            raise Invalid(f"{printable(code)}: control characters cannot be searched for")


def is_known(row: ResourceType, code: str) -> bool:
    """Raises Invalid for what R4 knows and this server does not do."""
    name = code.partition(":")[0]
    if name in NOT_YET:
        raise Invalid(Issue(f"{name} is not supported", code="not-supported"))
    head, dot, _ = code.partition(".")
    if dot and head.partition(":")[0] in row.parameters:
        raise Invalid(Issue(f"{printable(head)}: chained search is not supported", code="not-supported"))
    return name in row.parameters or is_result(code)


def is_result(code: str) -> bool:
    """Whether a parameter says how the result is given, not what is in it."""
    return code in RESULT or code.partition(":")[0] in INCLUDES


def criterion(row: ResourceType, name: str, text: str, base: str, now: datetime | None) -> Query:
    """One parameter: its values are alternatives."""
    code, _, modifier = name.partition(":")
    parameter = row.parameters[code]
    values = split(text, ",")
    if len(values) > MAX_PARTS:
        raise Invalid(Issue(f"{code}: more than {MAX_PARTS} values", code="too-costly"))
    if not all(values):
        raise Invalid(f"{code}: a value is empty")
    if modifier == "missing":
        return missing(code + kind(parameter).present, code, text)
    ask = question(parameter, modifier)
    if ask is None:
        raise Invalid(Issue(f"{code}: the modifier {printable(modifier)} is not supported", code="not-supported"))
    asked = tuple(ask(Asked(parameter, each, base, now)) for each in values)
    return all_or_any(asked, modifier)


def parts(query: Query) -> int:
    """How many ranges of terms a query looks at."""
    match query:
        case All(queries) | Any(queries):
            return sum(map(parts, queries))
        case Not(inner):
            return parts(inner)
        case _:
            return 1


def all_or_any(asked: tuple[Query, ...], modifier: str) -> Query:
    """``:not=a,b`` is neither a nor b. https://hl7.org/fhir/R4/search.html#token"""
    if len(asked) == 1:
        return asked[0]
    return All(asked) if modifier == "not" else Any(asked)


def missing(prefix: str, code: str, text: str) -> Query:
    """https://hl7.org/fhir/R4/search.html#modifiers"""
    match text:
        case "true":
            return Not(starts(prefix))
        case "false":
            return starts(prefix)
        case _:
            raise Invalid(f"{code}: :missing is true or false")
