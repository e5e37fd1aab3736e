"""A claim as it is judged: what FHIR, X12 or paper say of it, with nothing left of how they say it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from mappings.claim.money import total


class Service(NamedTuple):
    """What was done, by whom and when: two lines that agree in all of it are the same service billed twice."""

    provider: str
    code: str
    modifiers: frozenset[str]
    served: date | None
    quantity: Decimal
    charge: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One service. ``codes``: what it is called, the sender's first choice first (a local code may stand beside the CPT
    code); ``modifiers`` in the order they were sent; ``charge``: quantity x unit price x factor."""

    sequence: int
    codes: tuple[str, ...]
    modifiers: tuple[str, ...]
    category: str | None
    served: date | None
    quantity: Decimal
    charge: Decimal

    def service(self, provider: str) -> Service:
        code = self.codes[0] if self.codes else ""
        return Service(provider, code, frozenset(self.modifiers), self.served, self.quantity, self.charge)


@dataclass(frozen=True, slots=True)
class Claim:
    """``patient``, ``provider``, ``insurer`` and ``coverage`` are references (``Coverage/c1``). ``currency`` is None
    where the claim states none: the plan's is meant then."""

    patient: str
    provider: str
    insurer: str | None
    coverage: str
    currency: str | None
    lines: tuple[Line, ...]

    @property
    def charge(self) -> Decimal:
        return total(line.charge for line in self.lines)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something cannot be judged. ``code`` is of ``codes.CLAIM_ERROR``; ``text`` holds no patient's data; ``item``
    is the sequence of the line it is about."""

    code: str
    text: str
    expression: str
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A claim that cannot be judged at all. That is not a denial, which is a judgement."""

    problems: tuple[Problem, ...]
