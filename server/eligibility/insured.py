"""One coverage on the day that is asked about: whether it is in force, and what is left of its plan year."""

from dataclasses import dataclass
from datetime import date

from mappings.claim.coverage import Coverage
from server.claims.adjudication.case import History
from server.claims.adjudication.plan import Plan


@dataclass(frozen=True, slots=True)
class Insured:
    """``plan`` is None where none is on record: then only the coverage itself can say whether it is in force."""

    coverage: Coverage
    plan: Plan | None
    history: History
    served: date

    @property
    def in_force(self) -> bool:
        start, end = (self.plan or Plan()).force(self.coverage)
        return self.coverage.status in ("active", "cancelled") and start <= self.served <= end
