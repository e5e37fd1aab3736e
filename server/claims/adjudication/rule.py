"""The three kinds of rule. What a rule is called, it declares: its group and CARC; why, its docstring says, and that
sentence is what patient and biller read. A rule itself is one small question with one answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from mappings.claim.decision import Adjustment
from mappings.claim.money import ZERO
from server.claims.adjudication.case import Case, Judging

Question: TypeAlias = Callable[[Judging, Case], bool]
Amount: TypeAlias = Callable[[Judging, Case], Decimal]


@dataclass(frozen=True, slots=True)
class Rule:
    """``apply`` gives the line as it is after the rule; ``group`` and ``carc`` are empty for a relief."""

    name: str
    reason: str
    apply: Callable[[Judging, Case], Judging]
    group: str = ""
    carc: str = ""
    remark: str | None = None


def denial(group: str, carc: str, remark: str | None = None) -> Callable[[Question], Rule]:
    """Yes: nothing of the line is paid, and no later rule looks at it."""

    def declared(question: Question) -> Rule:
        reason = _reason(question)

        def apply(judging: Judging, case: Case) -> Judging:
            if judging.denied or not question(judging, case):
                return judging
            return judging.less(Adjustment(group, carc, judging.payable, reason, remark, denial=True))

        return Rule(question.__name__, reason, apply, group, carc, remark)

    return declared


def reduction(group: str, carc: str) -> Callable[[Amount], Rule]:
    """How much of what is still payable the rule takes away."""

    def declared(amount: Amount) -> Rule:
        reason = _reason(amount)

        def apply(judging: Judging, case: Case) -> Judging:
            taken = ZERO if judging.denied else amount(judging, case)
            return judging.less(Adjustment(group, carc, taken, reason)) if taken else judging

        return Rule(amount.__name__, reason, apply, group, carc)

    return declared


def relief(*carcs: str) -> Callable[[Amount], Rule]:
    """How much is given back of what was taken under these CARCs, the first of them first."""

    def declared(amount: Amount) -> Rule:
        def apply(judging: Judging, case: Case) -> Judging:
            return _given_back(judging, amount(judging, case), carcs)

        return Rule(amount.__name__, _reason(amount), apply)

    return declared


def _given_back(judging: Judging, amount: Decimal, carcs: tuple[str, ...]) -> Judging:
    for carc in carcs:
        back = min(amount, judging.amount(carc))
        amount -= back
        judging = _lowered(judging, carc, back) if back else judging
    return judging


def _lowered(judging: Judging, carc: str, amount: Decimal) -> Judging:
    lower = (replace(each, amount=each.amount - amount) if each.carc == carc else each for each in judging.adjustments)
    return replace(judging, payable=judging.payable + amount, adjustments=tuple(each for each in lower if each.amount))


def _reason(rule: Question | Amount) -> str:
    return (rule.__doc__ or "").strip()
