"""Patient/$match: who is meant by what is known of a patient.

https://hl7.org/fhir/R4/patient-operation-match.html"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from mappings.fhir.json import Json, loads
from server.auth.gate import GatedStore
from server.fhir.bundle import bundle, match
from server.fhir.exchange import Answer, Parameters, Request
from server.fhir.operations.parameters import Parameter, arguments
from server.fhir.outcome import Invalid, Issue
from server.fhir.search.escapes import escaped
from server.fhir.search.parse import conditions
from server.identity.likeness import CERTAIN, Likeness, likeness
from server.store.engine import Page
from server.store.entry import Version
from server.store.query import Any, Search

MATCH = (
    Parameter("resource", "Patient", required=True),
    Parameter("onlyCertainMatches", "boolean"),
    Parameter("count", "integer"),
)
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
CANDIDATES = 500
"""Patients that are looked at."""
MOST = 100


def patient_match(gated: GatedStore, request: Request) -> Answer:
    """A searchset, the likeliest first. With ``onlyCertainMatches`` one patient or none: two are no certain match."""
    given = arguments(request, MATCH)
    scored = ranked(given.one("resource"), candidates(gated, given.one("resource"), request).versions)
    if given.one("onlyCertainMatches"):
        certain = [each for each in scored if each[0].grade == CERTAIN]
        scored = certain if len(certain) == 1 else []
    limit = MOST if given.one("count") is None else given.one("count")
    if limit < 0:
        raise Invalid("count has to be 0 or more")
    return Answer(200, bundle("searchset", [], [graded(request, *each) for each in scored[:limit]], len(scored)))


def candidates(gated: GatedStore, patient: Json, request: Request) -> Page:
    """Who shares an identifier, a birth date or a family name."""
    found = tuple(conditions("Patient", each, now=request.now) for each in hints(patient))
    if not found:
        raise Invalid(Issue("an identifier, a name or a birth date is needed", "Patient", "required"))
    return gated.search(Search("Patient", Any(found), limit=CANDIDATES))


def hints(patient: Json) -> Iterator[Parameters]:
    for each in patient.get("identifier", ()):
        if value := each.get("value"):
            yield (
                ("identifier", f"{escaped(each['system'])}|{escaped(value)}" if "system" in each else escaped(value)),
            )
    if born := patient.get("birthDate"):
        yield (("birthdate", born),)
    for each in patient.get("name", ()):
        if family := each.get("family"):
            yield (("family", escaped(family)),)


def ranked(asked: Json, found: Sequence[Version]) -> list[tuple[Likeness, Version]]:
    scored = ((likeness(asked, loads(each.body or b"{}")), each) for each in found)
    return sorted((each for each in scored if each[0].score), key=lambda each: (-each[0].score, each[1].key))


def graded(request: Request, like: Likeness, version: Version) -> Json:
    entry = match(request, version)
    grade = [{"url": GRADE, "valueCode": like.grade}]
    return {**entry, "search": {"extension": grade, "mode": "match", "score": like.score.quantize(Decimal("0.01"))}}
