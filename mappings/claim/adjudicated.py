"""A decision in FHIR's words: what ClaimResponse and ExplanationOfBenefit have in common.

The codes are those of CARIN's Blue Button, where R4's own leave off.
https://hl7.org/fhir/us/carin-bb/terminology.html"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from mappings.claim.codes import (
    ADJUDICATION,
    C4BB_ADJUDICATION,
    C4BB_DISCRIMINATOR,
    C4BB_PAYMENT_STATUS,
    RARC_TEXT,
    adjustment_reason,
    concept,
)
from mappings.claim.decision import COINSURANCE, COPAY, DEDUCTIBLE, Adjustment, Decision, LineDecision
from mappings.claim.money import money, total

Body: TypeAlias = dict[str, Any]

CATEGORIES: Sequence[tuple[str, str, Callable[[LineDecision], Decimal]]] = (
    (ADJUDICATION, "submitted", lambda line: line.charge),
    (ADJUDICATION, "eligible", lambda line: line.allowed),
    (ADJUDICATION, "copay", lambda line: line.amount(COPAY)),
    (ADJUDICATION, "deductible", lambda line: line.amount(DEDUCTIBLE)),
    (C4BB_ADJUDICATION, "coinsurance", lambda line: line.amount(COINSURANCE)),
    (ADJUDICATION, "benefit", lambda line: line.paid),
    (C4BB_ADJUDICATION, "noncovered", lambda line: line.noncovered),
    (C4BB_ADJUDICATION, "memberliability", lambda line: line.member),
)
"""What is said of every line and, summed up, of the claim."""


def adjudication(line: LineDecision, currency: str) -> list[Body]:
    """Every category, then one entry for each reduction and why."""
    stated = [_amount(concept(system, code), of(line), currency) for system, code, of in CATEGORIES]
    return stated + [_reduction(each, currency) for each in line.adjustments]


def totals(decision: Decision) -> list[Body]:
    return [
        _amount(concept(system, code), total(of(line) for line in decision.lines), decision.currency)
        for system, code, of in CATEGORIES
    ]


def payment(decision: Decision, day: str) -> Body:
    kind = concept(C4BB_PAYMENT_STATUS, decision.status)
    return {"type": kind, "date": day, "amount": money(decision.paid, decision.currency)}


def disposition(decision: Decision) -> str:
    return f"Charged {decision.charge}, paid {decision.paid}, patient owes {decision.member} {decision.currency}"


def notes(decision: Decision) -> dict[str, int]:
    """The sentences that explain the decision, each once, with its number."""
    texts = (text for line in decision.lines for text in _sentences(line))
    return {text: number for number, text in enumerate(dict.fromkeys(texts), 1)}


def note_numbers(line: LineDecision, numbered: dict[str, int]) -> dict[str, list[int]]:
    found = [numbered[text] for text in dict.fromkeys(_sentences(line))]
    return {"noteNumber": found} if found else {}


def process_notes(numbered: dict[str, int]) -> dict[str, list[Body]]:
    found = [{"number": number, "type": "display", "text": text} for text, number in numbered.items()]
    return {"processNote": found} if found else {}


def _sentences(line: LineDecision) -> Iterator[str]:
    for each in line.adjustments:
        remark = f" {each.remark}: {RARC_TEXT[each.remark]}." if each.remark else ""
        yield f"{each.group} {each.carc}: {each.reason}{remark}"


def _reduction(adjustment: Adjustment, currency: str) -> Body:
    category = concept(C4BB_DISCRIMINATOR, "adjustmentreason")
    reason = adjustment_reason(adjustment.group, adjustment.carc, adjustment.remark)
    return {"category": category, "reason": reason, "amount": money(adjustment.amount, currency)}


def _amount(category: Body, amount: Decimal, currency: str) -> Body:
    return {"category": category, "amount": money(amount, currency)}
