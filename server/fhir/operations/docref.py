"""DocumentReference/$docref: a patient's documents.

https://hl7.org/fhir/us/core/STU6.1/OperationDefinition-docref.html"""

from collections.abc import Iterator, Sequence

from mappings.fhir.json import loads
from server.auth.gate import GatedStore
from server.fhir.bundle import bundle, link, match, told
from server.fhir.compartment import within
from server.fhir.exchange import Answer, Parameters, Request
from server.fhir.operations.care_date import during
from server.fhir.operations.parameters import Arguments, Parameter, arguments, text
from server.fhir.outcome import Issue
from server.fhir.registry import resource_type
from server.fhir.search.parse import conditions
from server.fhir.search.result import sort
from server.store.entry import Version
from server.store.query import All, Query, Search

TYPE = "DocumentReference"
DOCREF = (
    Parameter("patient", "id", required=True),
    Parameter("start", "dateTime"),
    Parameter("end", "dateTime"),
    Parameter("type", "Coding", many=True),
    Parameter("on-demand", "boolean"),
    Parameter("profile", "canonical", many=True),
)
MOST = 1000

NONE_MADE = Issue(
    "no document is made on demand; these are those that are stored", code="informational", severity="information"
)


def docref(gated: GatedStore, request: Request) -> Answer:
    """Those of the dates, by when care was given; without dates the newest of each type of document."""
    given = arguments(request, DOCREF)
    start, end = given.one("start"), given.one("end")
    where = All((within("Patient", given.one("patient"), TYPE), during(TYPE, start, end), *asked(given)))
    found = gated.search(Search(TYPE, where, sort(resource_type(TYPE), "-date"), limit=MOST)).versions
    shown = found if start or end else tuple(newest(found))
    advice = [told([NONE_MADE])] if given.one("on-demand") else []
    links = [link("self", f"{request.base}/{TYPE}/$docref", given.query)]
    return Answer(200, bundle("searchset", links, [*(match(request, each) for each in shown), *advice], len(shown)))


def asked(given: Arguments) -> Iterator[Query]:
    for code, values in (("type", given.all("type")), ("_profile", given.all("profile"))):
        if values:
            listed: Parameters = ((code, ",".join(text(each).replace(",", "\\,") for each in values)),)
            yield conditions(TYPE, listed)


def newest(found: Sequence[Version]) -> Iterator[Version]:
    """The first of each type; they come in the order of their dates."""
    seen = set[str]()
    for each in found:
        kind = str(loads(each.body or b"{}").get("type", {}).get("coding"))
        if kind not in seen:
            seen.add(kind)
            yield each
