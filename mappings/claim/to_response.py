"""What was decided on a claim, or why nothing could be, as a ClaimResponse.

https://hl7.org/fhir/R4/claimresponse.html"""

from collections.abc import Mapping
from typing import Any

from mappings.claim.adjudicated import (
    Body,
    adjudication,
    disposition,
    note_numbers,
    notes,
    payment,
    process_notes,
    totals,
)
from mappings.claim.claim import Problem, Rejection
from mappings.claim.codes import CLAIM_ERROR, ERROR_PATH, concept
from mappings.claim.decision import Decision

COPIED = ("type", "subType", "use", "patient")


def response(
    claim: Mapping[str, Any], answer: Decision | Rejection, *, request: Body | None, insurer: Body, created: str
) -> Body:
    """``request`` and ``insurer`` are References; ``created`` is an instant. A rejected claim was not stored, so there
    may be none to refer to."""
    head = {
        "resourceType": "ClaimResponse",
        "status": "active",
        **{name: claim[name] for name in COPIED if name in claim},
        "created": created,
        "insurer": insurer,
        **_requestor(claim),
        **({"request": request} if request else {}),
    }
    return {**head, **(_rejected(answer) if isinstance(answer, Rejection) else _decided(claim, answer, created))}


def _rejected(rejection: Rejection) -> Body:
    return {
        "outcome": "error",
        "disposition": "The claim could not be judged; mend it and submit it again",
        "error": [error(each) for each in rejection.problems],
    }


def error(problem: Problem) -> Body:
    where = {"extension": [{"url": ERROR_PATH, "valueString": problem.expression}]}
    item = {"itemSequence": problem.item} if problem.item else {}
    return {**where, **item, "code": concept(CLAIM_ERROR, problem.code, problem.text)}


def _decided(claim: Mapping[str, Any], decision: Decision, created: str) -> Body:
    numbered = notes(decision)
    return {
        "outcome": "complete",
        "disposition": disposition(decision),
        "item": [
            {
                "itemSequence": line.sequence,
                **note_numbers(line, numbered),
                "adjudication": adjudication(line, decision.currency),
            }
            for line in decision.lines
        ],
        "total": totals(decision),
        "payment": payment(decision, created[: len("2024-01-31")]),
        **process_notes(numbered),
        "insurance": [_insurance(each, number) for number, each in enumerate(claim["insurance"], 1)],
    }


def _insurance(insurance: Mapping[str, Any], number: int) -> Body:
    sequence = insurance.get("sequence", number)
    return {"sequence": sequence, "focal": insurance.get("focal", True), "coverage": insurance["coverage"]}


def _requestor(claim: Mapping[str, Any]) -> Body:
    """A provider that the claim contains cannot be pointed at from outside."""
    provider = claim.get("provider", {})
    contained = str(provider.get("reference", "")).startswith("#")
    return {} if contained or not provider else {"requestor": provider}
