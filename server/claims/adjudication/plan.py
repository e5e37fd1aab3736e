"""What a plan pays: the limits of its year, and dated costs by service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from mappings.claim.claim import Line
from mappings.claim.coverage import Coverage
from mappings.claim.element import first
from mappings.claim.money import cents

EVERY_SERVICE = "all"
"""The service of costs that hold where nothing nearer does."""

FULL_FEE = "full-fee"
DEDUCTIBLE_WAIVED = "deductible-waived"
PER_VISIT = "per-visit"


@dataclass(frozen=True, slots=True)
class Cost:
    """One dated row: what a ``kind`` comes to for a service. ``percent`` tells 20 % from 20 dollars."""

    kind: str
    service: str
    amount: Decimal
    percent: bool
    modifiers: frozenset[str]
    qualifiers: frozenset[str]
    start: date
    end: date

    def holds(self, line: Line) -> bool:
        return self.start <= (line.served or date.min) <= self.end and self.modifiers.issubset(line.modifiers)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan says of one line. ``covered``: it says anything at all; each cost is the nearest one of its kind."""

    covered: bool = False
    excluded: bool = False
    allowed: Cost | None = None
    copay: Cost | None = None
    coinsurance: Cost | None = None

    def fee(self, line: Line) -> Decimal:
        """What the plan recognises of a line: its own fee for as many units, or its share of the charge."""
        if self.allowed is None:
            return line.charge
        if self.allowed.percent:
            return cents(line.charge * self.allowed.amount / 100)
        return cents(self.allowed.amount * line.quantity)

    @property
    def pays_above_charge(self) -> bool:
        return _qualified(self.allowed, FULL_FEE)

    @property
    def deductible_waived(self) -> bool:
        return _qualified(self.copay, DEDUCTIBLE_WAIVED) or _qualified(self.coinsurance, DEDUCTIBLE_WAIVED)

    @property
    def copay_per_visit(self) -> bool:
        return _qualified(self.copay, PER_VISIT)


@dataclass(frozen=True, slots=True)
class Limit:
    """Of the plan year, for one person and for a family; None where there is none."""

    individual: Decimal | None = None
    family: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """``payers``: the organizations that own or administer it. ``filing_days``: a claim is late after so many days.
    ``costs`` are by kind and service; ``categories`` say which category a code is listed under."""

    currency: str | None = None
    start: date = date.min
    end: date = date.max
    payers: frozenset[str] = frozenset()
    deductible: Limit = Limit()
    out_of_pocket: Limit = Limit()
    filing_days: int | None = None
    costs: Mapping[tuple[str, str], tuple[Cost, ...]] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)

    def terms(self, line: Line) -> Terms:
        """A cost of the code comes before one of its category, and that before one of every service."""
        services = self._services(line)
        excluded, *costs = (
            self._cost(kind, services, line) for kind in ("excluded", "allowed", "copay", "coinsurance")
        )
        nearest = min((services.index(each.service) for each in costs if each), default=len(services))
        return Terms(
            bool(excluded) or nearest < len(services),
            excluded is not None and services.index(excluded.service) <= nearest,
            *costs,
        )

    def force(self, coverage: Coverage) -> tuple[date, date]:
        """First and last day on which the coverage pays under this plan. One that was cancelled without an end never
        does."""
        end = coverage.end or (date.min if coverage.status == "cancelled" else date.max)
        return max(self.start, coverage.start or date.min), min(self.end, end)

    def year(self, served: date) -> tuple[date, date]:
        """The plan year of a day: twelve months from an anniversary of the plan's start, else the calendar year."""
        if self.start == date.min:
            return date(served.year, 1, 1), date(served.year, 12, 31)
        start = _anniversary(self.start, served.year)
        start = start if start <= served else _anniversary(self.start, served.year - 1)
        return start, min(_anniversary(self.start, start.year + 1) - timedelta(days=1), self.end)

    def _services(self, line: Line) -> tuple[str, ...]:
        category = line.category or first(self.categories[code] for code in line.codes if code in self.categories)
        return (*line.codes, *([category] if category else ()), EVERY_SERVICE)

    def _cost(self, kind: str, services: tuple[str, ...], line: Line) -> Cost | None:
        for service in services:
            found = [cost for cost in self.costs.get((kind, service), ()) if cost.holds(line)]
            if found:
                return max(found, key=lambda cost: (len(cost.modifiers), cost.start))
        return None


def _qualified(cost: Cost | None, qualifier: str) -> bool:
    return cost is not None and qualifier in cost.qualifiers


def _anniversary(start: date, year: int) -> date:
    """A plan that starts on a 29 February has its year begin on 1 March where there is none."""
    try:
        return start.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
