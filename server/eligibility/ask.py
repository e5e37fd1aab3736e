"""CoverageEligibilityRequest/$submit: a question is kept together with its answer."""

from collections.abc import Iterator
from datetime import date

from mappings.claim.claim import Problem
from mappings.claim.coverage import coverage
from mappings.claim.element import reference, service_day
from mappings.fhir.json import Json, loads
from server.claims.adjudication.case import History
from server.claims.records import Records, body_of
from server.claims.submission import Answered, Submission, settled
from server.claims.submitted import content
from server.eligibility.answer import answer
from server.eligibility.insured import Insured
from server.fhir.outcome import Conflict, Issue
from server.fhir.resource import instant, prepare
from server.identity.keys import identity
from server.identity.locate import survivor
from server.store.entry import Entry, Key
from server.store.journal import Snapshot
from server.store.query import equals, term

REQUEST = "CoverageEligibilityRequest"


def ask(snapshot: Snapshot, sent: Submission) -> Entry:
    """A fold: the question and its answer.

    Raises Answered; Conflict where another question has its identifier; Invalid where it is not FHIR."""
    body, brought = settled(snapshot, sent)
    records = Records(snapshot, {each.key: loads(each.body or b"{}") for each in brought})
    reserves = _reserves(body)
    _unless_asked(snapshot, reserves)
    insured, problems = known(records, body)
    asked = prepare(snapshot, body, base=None, reserves_extra=reserves, id=snapshot.new_id())
    told = answer(body, insured, problems, reference={"reference": str(asked.key)}, created=instant(snapshot.at))
    answered = prepare(snapshot, told, base=None, id=_answer_id(snapshot, asked.key))
    about = {"interaction": "operation", "operation": f"{REQUEST}/$submit", "status": told["outcome"]}
    writes, reply = (*brought, asked, answered), answered.body or b""
    return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "", "fhir", writes, reply, about=about)


def known(records: Records, request: Json) -> tuple[list[Insured], list[Problem]]:
    """What is on record of each coverage that is asked about, and of which nothing can be said."""
    stated = request.get("servicedDate") or request.get("servicedPeriod", {}).get("start")
    served = service_day(stated) if stated else records.snapshot.at.date()
    if served is None:
        return [], [Problem("date", "A date of service is a day", f"{REQUEST}.serviced")]
    found = [_found(records, request, place, target, served) for place, target in _coverages(records, request)]
    insured = [each for each in found if isinstance(each, Insured)]
    problems = [each for each in found if isinstance(each, Problem)]
    if any(each.plan is None for each in insured):
        text = "No insurance plan is on record under the plan of a coverage"
        problems.append(Problem("plan-unknown", text, f"{REQUEST}.insurance"))
    return insured, problems if found else [_unknown(f"{REQUEST}.patient")]


def _coverages(records: Records, request: Json) -> Iterator[tuple[str, str]]:
    """Where in the request, and which; without any, all that the patient has."""
    for index, each in enumerate(request.get("insurance", ())):
        yield f"{REQUEST}.insurance[{index}].coverage", reference(each["coverage"]) or ""
    if "insurance" not in request:
        for version in records.snapshot.find("Coverage", equals(term("beneficiary", _patient(records, request)))):
            yield f"{REQUEST}.patient", str(version.key)


def _found(records: Records, request: Json, place: str, target: str, served: date) -> Insured | Problem:
    body = records.coverage(target)
    if body is None:
        return _unknown(place)
    found = coverage(body)
    if found.beneficiary != _patient(records, request):
        return Problem("patient", "The patient is not the one whom this coverage insures", place)
    plan = records.plan(found, served)
    history = records.history(found, plan, plan.year(served)[0], served) if plan else History()
    return Insured(found, plan, history, served)


def _unknown(place: str) -> Problem:
    return Problem("coverage-unknown", "This coverage is not on record", place)


def _patient(records: Records, request: Json) -> str:
    type, _, id = (reference(request["patient"]) or "").partition("/")
    return str(survivor(records, Key(type, id)))


def _reserves(request: Json) -> tuple[str, ...]:
    """Without an identifier every question is a new one."""
    named = [each for each in request.get("identifier", ()) if each.get("system") and each.get("value")]
    return (content(request), *(identity(REQUEST, each) for each in named)) if named else ()


def _unless_asked(snapshot: Snapshot, reserves: tuple[str, ...]) -> None:
    held = snapshot.holders(reserves) if reserves else {}
    if not held:
        return
    key = held.get(reserves[0])
    version = snapshot.read(Key("CoverageEligibilityResponse", _answer_id(snapshot, key))) if key else None
    if key is None or version is None or snapshot.read(key) is None:
        raise Conflict(Issue("a question with this identifier was asked already", f"{REQUEST}.identifier", "duplicate"))
    raise Answered(body_of(version))


def _answer_id(snapshot: Snapshot, asked: Key) -> str:
    return snapshot.new_id(f"CoverageEligibilityResponse?request={asked}")
