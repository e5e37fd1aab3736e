"""What is known when a line is judged, and the line as it stands between two rules."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from mappings.claim.claim import Claim, Line, Service
from mappings.claim.coverage import Coverage
from mappings.claim.decision import COINSURANCE, COPAY, DEDUCTIBLE, Adjustment
from mappings.claim.money import ZERO, total
from server.claims.adjudication.plan import Limit, Plan, Terms


@dataclass(frozen=True, slots=True)
class Used:
    """What one person, or a family, has used of a plan year: sums over what was decided before."""

    deductible: Decimal = ZERO
    out_of_pocket: Decimal = ZERO

    def __add__(self, other: "Used") -> "Used":
        return Used(self.deductible + other.deductible, self.out_of_pocket + other.out_of_pocket)


@dataclass(frozen=True, slots=True)
class History:
    """What earlier claims left: ``family`` includes the ``member``; ``services`` were judged before and not denied."""

    member: Used = Used()
    family: Used = Used()
    services: frozenset[Service] = frozenset()

    def __add__(self, used: Used) -> "History":
        return replace(self, member=self.member + used, family=self.family + used)


@dataclass(frozen=True, slots=True)
class Judging:
    """A line under judgement: ``payable`` is what no rule has taken away so far."""

    line: Line
    service: Service
    terms: Terms
    payable: Decimal
    adjustments: tuple[Adjustment, ...] = ()

    def amount(self, *carcs: str) -> Decimal:
        return total(each.amount for each in self.adjustments if each.carc in carcs)

    def less(self, adjustment: Adjustment) -> "Judging":
        return replace(self, payable=self.payable - adjustment.amount, adjustments=(*self.adjustments, adjustment))

    @property
    def used(self) -> Used:
        return Used(self.amount(DEDUCTIBLE), self.amount(DEDUCTIBLE, COINSURANCE, COPAY))

    @property
    def denied(self) -> bool:
        """A denial is always the last word."""
        return bool(self.adjustments) and self.adjustments[-1].denial


@dataclass(frozen=True, slots=True)
class Case:
    """``done``: the lines of this claim that are judged already. What they used is in ``history`` by then."""

    claim: Claim
    plan: Plan
    coverage: Coverage
    history: History
    today: date
    done: tuple[Judging, ...] = field(default=())

    def after(self, judged: Judging) -> "Case":
        return replace(self, history=self.history + judged.used, done=(*self.done, judged))

    @property
    def deductible_left(self) -> Decimal:
        member, family = self.history.member.deductible, self.history.family.deductible
        return _left(self.plan.deductible, member, family) or ZERO

    @property
    def out_of_pocket_left(self) -> Decimal | None:
        """None where the plan has no maximum."""
        return _left(self.plan.out_of_pocket, self.history.member.out_of_pocket, self.history.family.out_of_pocket)

    def copay_paid(self, judging: Judging) -> Decimal:
        """What earlier lines of the visit (the same day) paid of the same copay."""
        same = (each for each in self.done if each.terms.copay == judging.terms.copay)
        return total(each.amount(COPAY) for each in same if each.line.served == judging.line.served)


def _left(limit: Limit, member: Decimal, family: Decimal) -> Decimal | None:
    """An embedded family limit: the individual's or the family's, whichever is met first."""
    pairs = ((limit.individual, member), (limit.family, family))
    return min((max(most - used, ZERO) for most, used in pairs if most is not None), default=None)
