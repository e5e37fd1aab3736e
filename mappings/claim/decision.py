"""What was decided on a claim, line by line, to the cent.

For every line: charge = paid + the sum of its adjustments."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mappings.claim.money import ZERO, total

DEDUCTIBLE, COINSURANCE, COPAY = "1", "2", "3"
PRICING = ("45", "94")
"""Between the charge and what the plan recognises of it."""

PATIENT = "PR"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Part of a charge that is not paid: whose it is (``group``), why (``carc``, ``remark``), and in plain words.

    ``denial``: the line was not judged any further."""

    group: str
    carc: str
    amount: Decimal
    reason: str
    remark: str | None = None
    denial: bool = False


@dataclass(frozen=True, slots=True)
class LineDecision:
    """``allowed`` is what the plan recognises of the charge; nothing of a denied line."""

    sequence: int
    charge: Decimal
    allowed: Decimal
    adjustments: tuple[Adjustment, ...]

    @property
    def paid(self) -> Decimal:
        return self.charge - total(each.amount for each in self.adjustments)

    @property
    def denied(self) -> bool:
        return any(each.denial for each in self.adjustments)

    @property
    def noncovered(self) -> Decimal:
        return self.charge if self.denied else ZERO

    @property
    def member(self) -> Decimal:
        """What the patient owes."""
        return total(each.amount for each in self.adjustments if each.group == PATIENT)

    def amount(self, carc: str) -> Decimal:
        return total(each.amount for each in self.adjustments if each.carc == carc)


@dataclass(frozen=True, slots=True)
class Balance:
    """A limit of the plan year and what is used of it, this claim included. ``kind``: of ``codes.COST_TYPE``."""

    kind: str
    family: bool
    limit: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True)
class Decision:
    """``start`` to ``end`` is the plan year that it counts in."""

    currency: str
    lines: tuple[LineDecision, ...]
    start: date
    end: date
    balances: tuple[Balance, ...]

    @property
    def charge(self) -> Decimal:
        return total(line.charge for line in self.lines)

    @property
    def paid(self) -> Decimal:
        return total(line.paid for line in self.lines)

    @property
    def member(self) -> Decimal:
        return total(line.member for line in self.lines)

    @property
    def status(self) -> str:
        """``paid``, ``denied`` or ``partiallypaid``, as CARIN's Blue Button calls it."""
        denied = [line.denied for line in self.lines]
        return "denied" if all(denied) else "partiallypaid" if any(denied) else "paid"
