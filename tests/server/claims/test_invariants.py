"""What holds for any claim under any plan, to the cent."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.claim.adjudicated import totals
from mappings.claim.claim import Claim, Line
from mappings.claim.coverage import Coverage
from mappings.claim.decision import Decision
from mappings.claim.element import codes
from mappings.claim.money import ZERO, cents, total
from server.claims.adjudication.adjudicate import adjudicate
from server.claims.adjudication.case import History, Used
from server.claims.adjudication.plan import EVERY_SERVICE, Cost, Limit, Plan

SERVED = date(2024, 3, 5)
TODAY = date(2024, 4, 1)
COVERAGE = Coverage("Coverage/3", "active", "Patient/1", None, None, None, ("Organization/4",), ("SILVER",))
law = settings(deadline=None, max_examples=60)
CODES = ("99213", "71046", "80053", "excluded")
NOTHING_BEFORE = History()
NEEDS_REMARK = {"16", "96"}

amounts = st.decimals(Decimal(0), Decimal(2000), places=2)
percents = st.decimals(Decimal(0), Decimal(100), places=1)
limits = st.none() | amounts


@st.composite
def lines(draw) -> Line:
    return Line(
        sequence=1,
        codes=draw(st.sampled_from([(each,) for each in CODES] + [()])),
        modifiers=draw(st.sampled_from([(), ("26",), ("59", "26")])),
        category=None,
        served=draw(st.sampled_from([SERVED, SERVED + timedelta(days=1), date(2020, 1, 1), None])),
        quantity=draw(st.sampled_from([Decimal(1), Decimal(3), Decimal("0.5"), Decimal(0)])),
        charge=draw(amounts),
    )


claims = st.lists(lines(), min_size=1, max_size=6).map(lambda found: claim(*found))


@st.composite
def costs(draw, *, visits: bool = True) -> dict[tuple[str, str], tuple[Cost, ...]]:
    """Fees and shares for some codes and for all; the code ``excluded`` is."""
    found = [row("excluded", "excluded", ZERO), row("coinsurance", EVERY_SERVICE, draw(percents))]
    for code in draw(st.sets(st.sampled_from(CODES[:3]))):
        full = draw(st.sampled_from([frozenset(), frozenset({"full-fee"})]))
        found.append(row("allowed", code, draw(amounts), full))
    if draw(st.booleans()):
        marks = [frozenset(), frozenset({"deductible-waived"}), *([frozenset({"per-visit"})] if visits else [])]
        found.append(row("copay", EVERY_SERVICE, draw(amounts), draw(st.sampled_from(marks))))
    return {(each.kind, each.service): (each,) for each in found}


@st.composite
def plans(draw, *, visits: bool = True, maximum=limits) -> Plan:
    return Plan(
        currency="USD",
        start=date(2024, 1, 1),
        deductible=Limit(draw(limits), draw(limits)),
        out_of_pocket=Limit(draw(maximum), draw(maximum)),
        costs=draw(costs(visits=visits)),
    )


@st.composite
def histories(draw) -> History:
    """What was used before; a family has used what its member has, and more."""
    deductible, share, others = draw(amounts), draw(amounts), draw(amounts)
    member = Used(deductible, deductible + share)
    return History(member, member + Used(others, others))


def row(kind: str, service: str, amount: Decimal, qualifiers: frozenset[str] = frozenset()) -> Cost:
    percent = kind == "coinsurance"
    return Cost(kind, service, amount, percent, frozenset(), qualifiers, date.min, date.max)


def claim(*found: Line) -> Claim:
    numbered = tuple(replace(each, sequence=number) for number, each in enumerate(found, 1))
    return Claim("Patient/1", "Organization/2", None, "Coverage/3", "USD", numbered)


def judge(asked: Claim, plan: Plan, history: History = NOTHING_BEFORE, cover: Coverage = COVERAGE) -> Decision:
    decision = adjudicate(asked, plan, cover, history, TODAY)
    assert isinstance(decision, Decision)
    return decision


def shares(decision: Decision) -> Decimal:
    """Copay, deductible and coinsurance."""
    return total(line.amount(carc) for line in decision.lines for carc in "123")


def used(decision: Decision) -> Used:
    return Used(total(line.amount("1") for line in decision.lines), shares(decision))


@law
@given(claims, plans(), histories())
def test_1_to_8_every_line(asked, plan, history):
    for line, decided in zip(asked.lines, judge(asked, plan, history).lines, strict=True):
        every_cent_has_one_place(line, decided)
        (denied if decided.denied else priced)(decided)


def every_cent_has_one_place(line, decided):
    adjustments = decided.adjustments
    assert decided.charge == line.charge == decided.paid + total(each.amount for each in adjustments)
    assert decided.member == total(each.amount for each in adjustments if each.group == "PR")
    assert all(each.amount == cents(each.amount) for each in adjustments)
    assert all((each.amount < 0) == (each.carc == "94") for each in adjustments if each.amount)
    assert all(each.remark for each in adjustments if each.carc in NEEDS_REMARK)
    assert decided.paid == cents(decided.paid) >= 0


def denied(decided):
    (only,) = decided.adjustments
    assert (decided.paid, decided.allowed, decided.noncovered) == (0, 0, decided.charge)
    assert only.amount == decided.charge
    assert only.carc not in {"1", "2", "3", "45"}


def priced(decided):
    share = total(decided.amount(carc) for carc in "123")
    assert decided.member == share
    assert decided.allowed == share + decided.paid
    assert decided.charge - decided.allowed == decided.amount("45") + decided.amount("94")
    assert not (decided.amount("45") and decided.amount("94"))
    assert 0 <= decided.paid <= decided.allowed
    assert share <= decided.allowed


@law
@given(claims, plans(), histories())
def test_9_to_12_the_claim_is_the_sum_of_its_lines(asked, plan, history):
    decision = judge(asked, plan, history)
    stated = {codes(each["category"])[0]: each["amount"]["value"] for each in totals(decision)}
    assert stated["submitted"] == asked.charge == decision.charge
    assert stated["benefit"] == decision.paid == total(line.paid for line in decision.lines)
    assert stated["memberliability"] == decision.member
    assert stated["copay"] + stated["deductible"] + stated["coinsurance"] == shares(decision)
    adjustments = [each for line in decision.lines for each in line.adjustments]
    assert decision.charge - decision.paid == total(each.amount for each in adjustments)
    refused = {line.denied for line in decision.lines}
    assert decision.status == {(True,): "denied", (False,): "paid"}.get(tuple(refused), "partiallypaid")


@law
@given(claims, plans(), histories(), st.integers(0, 6))
def test_13_a_denied_line_changes_no_other(asked, plan, history, place):
    before = judge(asked, plan, history).lines
    extra = replace(asked.lines[0], codes=())
    there = min(place, len(asked.lines))
    after = judge(claim(*asked.lines[:there], extra, *asked.lines[there:]), plan, history).lines
    others = (*after[:there], *after[there + 1 :])
    assert [each.adjustments for each in others] == [each.adjustments for each in before]


@law
@given(claims, plans(visits=False, maximum=st.none()), histories(), st.randoms())
def test_14_the_order_of_lines_moves_no_money(asked, plan, history, random):
    shuffled = list(asked.lines)
    random.shuffle(shuffled)
    one, other = judge(asked, plan, history), judge(claim(*shuffled), plan, history)
    assert one.paid + one.member == other.paid + other.member
    assert used(one).deductible == used(other).deductible


@law
@given(claims, plans(visits=False), histories(), st.integers(1, 5))
def test_15_a_claim_in_two_parts_costs_the_patient_the_same(asked, plan, history, cut):
    whole = judge(asked, plan, history)
    if cut >= len(asked.lines):
        return
    first = judge(claim(*asked.lines[:cut]), plan, history)
    second = judge(claim(*asked.lines[cut:]), plan, history + used(first))
    assert first.member + second.member == whole.member


@law
@given(st.lists(claims, max_size=4), plans())
def test_16_to_18_a_years_limits_hold(asked, plan):
    history = History()
    for each in asked:
        decision = judge(each, plan, history)
        for balance in decision.balances:
            assert 0 <= balance.used <= balance.limit
        if plan.out_of_pocket.individual == history.member.out_of_pocket:
            assert shares(decision) == 0
        history += used(decision)
    assert plan.deductible.individual is None or history.member.deductible <= plan.deductible.individual
    assert plan.out_of_pocket.individual is None or history.member.out_of_pocket <= plan.out_of_pocket.individual
    assert plan.out_of_pocket.family is None or history.family.out_of_pocket <= plan.out_of_pocket.family


@law
@given(st.lists(claims, max_size=4), plans(), histories())
def test_19_a_family_has_used_what_each_member_has(asked, plan, history):
    for each in asked:
        history += used(judge(each, plan, history))
    assert history.family.deductible >= history.member.deductible
    assert history.family.out_of_pocket >= history.member.out_of_pocket


@law
@given(claims, plans(), histories(), amounts)
def test_23_a_higher_deductible_never_lowers_what_the_patient_pays(asked, plan, history, more):
    if plan.deductible.individual is None:
        return
    higher = replace(plan, deductible=replace(plan.deductible, individual=plan.deductible.individual + more))
    assert judge(asked, higher, history).member >= judge(asked, plan, history).member


@law
@given(claims, plans(), histories(), percents, percents)
def test_23_a_higher_coinsurance_never_lowers_what_the_patient_pays(asked, plan, history, one, other):
    members = [
        judge(asked, replace(plan, costs={**plan.costs, key: (row(*key, rate),)}), history).member
        for rate in sorted((one, other))
        for key in [("coinsurance", EVERY_SERVICE)]
    ]
    assert all(lower <= higher for lower, higher in pairwise(members))


@law
@given(claims, plans(), amounts, amounts)
def test_23_a_higher_fee_never_lowers_what_is_allowed(asked, plan, one, other):
    key = ("allowed", "99213")
    allowed = [
        total(line.allowed for line in judge(asked, replace(plan, costs={**plan.costs, key: (row(*key, fee),)})).lines)
        for fee in sorted((one, other))
    ]
    assert all(lower <= higher for lower, higher in pairwise(allowed))


@law
@given(claims, plans())
def test_24_after_the_coverage_nothing_is_paid(asked, plan):
    decision = judge(asked, plan, cover=replace(COVERAGE, end=date(2019, 12, 31)))
    late = [line for line, service in zip(decision.lines, asked.lines, strict=True) if service.served is not None]
    assert all((line.paid, line.adjustments[0].carc) in {(0, "27"), (0, "26")} for line in late)


@pytest.mark.parametrize(("late", "carcs"), {"in time": (0, []), "one day late": (1, ["29"])}.values())
def test_25_one_day_late_is_late(late, carcs, plan, claim, line):
    limited = plan(filing_days=90)
    served = TODAY - timedelta(days=90 + late)
    decided = judge(claim(line(served=served)), limited).lines[0]
    assert [each.carc for each in decided.adjustments] == carcs


@law
@given(claims, plans())
def test_26_an_exact_copy_is_a_duplicate_and_a_marked_one_is_not(asked, plan):
    services = (line.service(asked.provider) for line in asked.lines)
    history = History(services=frozenset(services))
    copy = judge(asked, plan, history)
    assert copy.paid == 0
    marked = claim(*(replace(line, modifiers=(*line.modifiers, "76")) for line in asked.lines))
    assert all(each.carc != "18" for line in judge(marked, plan, history).lines for each in line.adjustments)


@law
@given(claims, plans(), histories())
def test_38_asked_again_it_decides_the_same(asked, plan, history):
    assert judge(asked, plan, history) == judge(asked, plan, history)
