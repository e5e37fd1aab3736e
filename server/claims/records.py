"""What the payer has on record about a claim or a question: coverage, plan, and what the plan year was used for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from mappings.claim.coverage import Coverage
from mappings.claim.coverage import coverage as read_coverage
from mappings.claim.element import first
from mappings.claim.from_eob import counts, services, sum_of, year_start
from mappings.fhir.json import Json, loads
from server.claims.adjudication.case import History, Used
from server.claims.adjudication.insurance_plan import plan as read_plan
from server.claims.adjudication.plan import Plan
from server.fhir.search.date import ENDS, written
from server.store.entry import Key, Version
from server.store.journal import Snapshot
from server.store.query import AFTER, All, Between, Query, equals, starts, term

ZONES = timedelta(days=1)
"""A day in one zone may begin when it is the day before in another."""


@dataclass(frozen=True, slots=True)
class Records:
    """A snapshot, as a payer reads it; ``brought`` is what comes with the claim and is going to be stored."""

    snapshot: Snapshot
    brought: Mapping[Key, Json] = field(default_factory=dict)

    def body(self, key: Key) -> Json | None:
        if key in self.brought:
            return self.brought[key]
        version = self.snapshot.read(key)
        return body_of(version) if version and not version.deleted else None

    def at(self, reference: str) -> Json | None:
        """What a relative reference points at (``Account/a1``)."""
        type, _, id = reference.partition("/")
        return self.body(Key(type, id)) if id and "/" not in id else None

    def holders(self, values: Sequence[str]) -> Mapping[str, Key]:
        return self.snapshot.holders(values)

    def coverage(self, reference: str) -> Json | None:
        return self.at(reference) if reference.startswith("Coverage/") else None

    def plan(self, coverage: Coverage, served: date) -> Plan | None:
        """The plan that the coverage names: of several (one for each year) the one in force on the day."""
        found = [plan for value in coverage.plans for plan in self._plans(value) if _carries(plan, coverage)]
        return first(plan for plan in found if plan.start <= served <= plan.end) or first(found)

    def history(self, coverage: Coverage, plan: Plan, year: date, earliest: date) -> History:
        """What was used in the plan year that began on ``year``, and which services since ``earliest`` were judged."""
        own = list(self._explanations(coverage.reference, min(year, earliest)))
        member = _used(own, year)
        others = [] if coverage.subscriber is None or not _of_family(plan) else self._family(coverage)
        family = sum((_used(self._explanations(each, year), year) for each in others), member)
        return History(member, family, frozenset(service for each in own for service in services(each)))

    def _plans(self, value: str) -> Iterator[Plan]:
        for version in self.snapshot.find("InsurancePlan", starts(term("identifier", value, ""))):
            if (body := body_of(version)).get("status") != "draft":
                yield read_plan(body)

    def _family(self, coverage: Coverage) -> Iterator[str]:
        """The subscriber's other coverages under the same plan."""
        for version in self.snapshot.find("Coverage", equals(term("subscriber", coverage.subscriber or ""))):
            other = read_coverage(body_of(version))
            if other.reference != coverage.reference and set(other.plans) & set(coverage.plans):
                yield other.reference

    def _explanations(self, coverage: str, since: date) -> Iterator[Json]:
        """Nothing is judged before it was given, so what was written before ``since`` need not be read."""
        found = self.snapshot.find(
            "ExplanationOfBenefit", All((equals(term("coverage", coverage)), _created_since(since)))
        )
        return filter(counts, map(body_of, found))


def body_of(version: Version) -> Json:
    found: Json = loads(version.body or b"{}")
    return found


def _carries(plan: Plan, coverage: Coverage) -> bool:
    """A plan that says whose it is, is nobody else's."""
    return not plan.payers or not plan.payers.isdisjoint(coverage.payors)


def _of_family(plan: Plan) -> bool:
    return plan.deductible.family is not None or plan.out_of_pocket.family is not None


def _used(explanations: Iterable[Json], year: date) -> Used:
    in_year = (each for each in explanations if year_start(each) == year)
    return sum((_used_by(each) for each in in_year), Used())


def _used_by(explanation: Json) -> Used:
    deductible = sum_of(explanation, "deductible")
    return Used(deductible, deductible + sum_of(explanation, "copay") + sum_of(explanation, "coinsurance"))


def _created_since(day: date) -> Query:
    midnight = datetime.combine(day, time(), UTC) - ZONES
    return Between(term("created" + ENDS, written(midnight)), term("created" + ENDS, AFTER))
