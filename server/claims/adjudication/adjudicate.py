"""A claim, judged: what is stored does not come into it, nor the clock. Same values in, same decision out."""

from collections.abc import Iterator
from datetime import date
from functools import reduce

from mappings.claim.claim import Claim, Line, Problem, Rejection
from mappings.claim.coverage import Coverage
from mappings.claim.decision import PRICING, Balance, Decision, LineDecision
from mappings.claim.money import ZERO
from server.claims.adjudication.case import Case, History, Judging, Used
from server.claims.adjudication.plan import Plan
from server.claims.adjudication.rules import RULES


def adjudicate(claim: Claim, plan: Plan, coverage: Coverage, history: History, today: date) -> Decision | Rejection:
    """``history`` is of the plan year in which the claim counts (``year``)."""
    currencies = {each for each in (claim.currency, plan.currency) if each}
    if len(currencies) != 1:
        text = "The claim is not in the plan's currency" if currencies else "Neither claim nor plan names a currency"
        return Rejection((Problem("currency", text, "Claim.total.currency"),))
    case = reduce(_judge, claim.lines, Case(claim, plan, coverage, history, today))
    start, end = year(claim, plan, today)
    lines = tuple(_decided(each) for each in case.done)
    return Decision(currencies.pop(), lines, start, end, tuple(balances(plan, case.history)))


def year(claim: Claim, plan: Plan, today: date) -> tuple[date, date]:
    """The plan year in which a claim counts, whole: that of its earliest service."""
    return plan.year(min((line.served for line in claim.lines if line.served), default=today))


def balances(plan: Plan, history: History) -> Iterator[Balance]:
    """The limits of a plan year, and what is used of each."""
    for family, used in ((False, history.member), (True, history.family)):
        yield from _balances(plan, used, family)


def _balances(plan: Plan, used: Used, family: bool) -> Iterator[Balance]:
    for kind, limit, amount in (
        ("deductible", plan.deductible, used.deductible),
        ("maxoutofpocket", plan.out_of_pocket, used.out_of_pocket),
    ):
        most = limit.family if family else limit.individual
        if most is not None:
            yield Balance(kind, family, most, min(amount, most))


def _judge(case: Case, line: Line) -> Case:
    judging = Judging(line, line.service(case.claim.provider), case.plan.terms(line), line.charge)
    return case.after(reduce(lambda each, rule: rule.apply(each, case), RULES, judging))


def _decided(judged: Judging) -> LineDecision:
    line = judged.line
    allowed = ZERO if judged.denied else line.charge - judged.amount(*PRICING)
    return LineDecision(line.sequence, line.charge, allowed, judged.adjustments)
