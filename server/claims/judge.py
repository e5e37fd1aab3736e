"""A Claim, judged from what is on record: what to know of it is looked up here, and decided in ``adjudication``."""

from collections.abc import Mapping
from typing import Any

from mappings.claim.claim import Problem, Rejection
from mappings.claim.coverage import coverage, payor
from mappings.claim.decision import Decision
from mappings.claim.element import first, reference
from mappings.claim.from_fhir import claim as read
from mappings.claim.front_end import focal_insurance
from mappings.fhir.json import Json
from server.claims.adjudication.adjudicate import adjudicate, year
from server.claims.records import Records

NOT_STATED = {"display": "Not stated"}


def judged(records: Records, body: Json) -> Decision | Rejection:
    """What the plan of the claim's coverage makes of it."""
    claim = read(body)
    if isinstance(claim, Rejection):
        return claim
    found = records.coverage(claim.coverage)
    if found is None:
        return _unknown("coverage", "This coverage is not on record")
    insured, today = coverage(found), records.snapshot.at.date()
    served = [line.served for line in claim.lines if line.served]
    plan = records.plan(insured, min(served, default=today))
    if plan is None:
        return _unknown("plan", "No insurance plan is on record under the plan of this coverage")
    start, _ = year(claim, plan, today)
    history = records.history(insured, plan, start, min(served, default=today))
    return adjudicate(claim, plan, insured, history, today)


def insurer_of(records: Records, body: Json) -> Json:
    """Whom the claim names, else who carries the coverage."""
    named = (reference(each["coverage"]) or "" for each in focal_insurance(body))
    carriers = (payor(cover) for each in named if (cover := records.coverage(each)))
    found: Mapping[str, Any] = body.get("insurer") or first(filter(None, carriers)) or NOT_STATED
    return dict(found)


def _unknown(what: str, text: str) -> Rejection:
    return Rejection((Problem(f"{what}-unknown", text, "Claim.insurance.coverage"),))
