"""One case for each rule, and for what happens where two meet: (what is taken, in order), paid."""

from datetime import date
from decimal import Decimal

import pytest

from mappings.claim.codes import CARC_TEXT, GROUP_TEXT, RARC_TEXT
from mappings.claim.decision import Decision
from server.claims.adjudication.case import History, Used
from server.claims.adjudication.plan import Limit
from server.claims.adjudication.rules import RULES

SERVED = date(2024, 3, 5)
VISIT = {"qualifiers": frozenset({"per-visit"})}
WAIVED = {"qualifiers": frozenset({"deductible-waived"})}
FULL_FEE = {"qualifiers": frozenset({"full-fee"})}


def taken(decision: Decision, index: int = 0) -> list[str]:
    return [f"{each.group} {each.carc} {each.amount}" for each in decision.lines[index].adjustments]


DENIALS = {
    "somebody else's coverage": ({"beneficiary": "Patient/9"}, {}, {}, {}, "PR 31"),
    "a coverage entered in error": ({"status": "entered-in-error"}, {}, {}, {}, "PR 31"),
    "before the coverage": ({"start": date(2024, 3, 6)}, {}, {}, {}, "PR 26"),
    "on the coverage's first day": ({"start": SERVED}, {}, {}, {}, None),
    "before the plan": ({}, {"start": date(2024, 3, 6)}, {}, {}, "PR 26"),
    "after the coverage": ({"end": date(2024, 3, 4)}, {}, {}, {}, "PR 27"),
    "on the coverage's last day": ({"end": SERVED}, {}, {}, {}, None),
    "after the plan": ({}, {"end": date(2024, 3, 4)}, {}, {}, "PR 27"),
    "a cancelled coverage without an end": ({"status": "cancelled"}, {}, {}, {}, "PR 27"),
    "a cancelled coverage before its end": ({"status": "cancelled", "end": SERVED}, {}, {}, {}, None),
    "another insurer": ({}, {}, {"insurer": "Organization/8"}, {}, "OA 109"),
    "the coverage's payor": ({}, {}, {"insurer": "Organization/4"}, {}, None),
    "the plan's owner": ({}, {"payers": frozenset({"Organization/5"})}, {"insurer": "Organization/5"}, {}, None),
    "a day late": ({}, {"filing_days": 26}, {}, {}, "CO 29"),
    "on the last day of filing": ({}, {"filing_days": 27}, {}, {}, None),
    "no code": ({}, {}, {}, {"codes": ()}, "CO 16"),
    "no date": ({}, {}, {}, {"served": None}, "CO 16"),
    "no units": ({}, {}, {}, {"quantity": Decimal(0)}, "CO 16"),
    "tomorrow's service": ({}, {}, {}, {"served": date(2024, 4, 2)}, "OA 110"),
}


@pytest.mark.parametrize(("cover", "terms", "head", "service", "expected"), DENIALS.values(), ids=DENIALS)
def test_denied_or_paid_in_full(cover, terms, head, service, expected, *, judge, claim, line, plan, coverage):
    decision = judge(claim(line(**service), **head), plan(**terms), coverage(**cover))
    assert taken(decision) == ([f"{expected} 100.00"] if expected else [])
    assert decision.status == ("denied" if expected else "paid")


def test_missing_data_has_a_remark_for_each_kind(judge, claim, line, plan):
    lines = (line(codes=()), line(served=None), line(quantity=Decimal(0)))
    decision = judge(claim(*lines), plan())
    assert [each.adjustments[0].remark for each in decision.lines] == ["M51", "M52", "M53"]


def test_a_service_that_was_judged_before_is_a_duplicate(judge, claim, line, plan):
    before = History(services=frozenset({line().service("Organization/2")}))
    decision = judge(claim(line(), line(modifiers=("76",)), line(code="71046")), plan(), None, before)
    assert [taken(decision, index) for index in range(3)] == [["OA 18 100.00"], [], []]
    assert decision.status == "partiallypaid"


def test_the_same_service_of_another_provider_is_none(judge, claim, line, plan):
    before = History(services=frozenset({line().service("Organization/9")}))
    assert taken(judge(claim(line()), plan(), None, before)) == []


COVERED = {
    "excluded by its code": ([("excluded", "0", "99213")], False, ["PR 96 100.00"]),
    "excluded with all others": ([("excluded",)], False, ["PR 96 100.00"]),
    "all excluded but this one": ([("excluded",), ("allowed", "80", "99213")], False, ["CO 45 20.00"]),
    "not listed": ([("allowed", "80", "71046")], True, ["PR 204 100.00"]),
    "listed": ([("allowed", "80", "99213")], True, ["CO 45 20.00"]),
}


@pytest.mark.parametrize(("costs", "closed", "expected"), COVERED.values(), ids=COVERED)
def test_what_is_a_benefit(costs, closed, expected, *, judge, claim, line, plan, cost):
    offered = [cost(*each) for each in costs]
    if not closed:
        offered.append(cost("coinsurance", "0%"))
    assert taken(judge(claim(line()), plan(*offered, closed=True))) == expected


PRICES = {
    "fee below the charge": (("80", {}), "1", ["CO 45 20.00"], "80.00"),
    "fee above the charge": (("130", {}), "1", [], "100.00"),
    "full fee above the charge": (("130", FULL_FEE), "1", ["OA 94 -30.00"], "130.00"),
    "fee for each unit": (("30", {}), "3", ["CO 45 10.00"], "90.00"),
    "fee for a part of a unit": (("33.33", {}), "0.5", ["CO 45 83.33"], "16.67"),
    "share of the charge": (("62.5%", {}), "1", ["CO 45 37.50"], "62.50"),
    "another modifier's fee": (("80", {"modifiers": frozenset({"TC"})}), "1", [], "100.00"),
    "next year's fee": (("80", {"start": date(2025, 1, 1)}), "1", [], "100.00"),
    "last year's fee": (("80", {"end": date(2023, 12, 31)}), "1", [], "100.00"),
    "today's fee": (("80", {"start": SERVED, "end": SERVED}), "1", ["CO 45 20.00"], "80.00"),
}


@pytest.mark.parametrize(("fee", "units", "expected", "paid"), PRICES.values(), ids=PRICES)
def test_price(fee, units, expected, paid, *, judge, claim, line, plan, cost):
    amount, changes = fee
    decision = judge(claim(line(quantity=Decimal(units))), plan(cost("allowed", amount, "99213", **changes)))
    assert (taken(decision), decision.lines[0].paid) == (expected, Decimal(paid))


def test_the_fee_with_the_most_modifiers_of_a_line_is_its_fee(judge, claim, line, plan, cost):
    fees = plan(cost("allowed", "80", "71046"), cost("allowed", "30", "71046", modifiers=frozenset({"26"})))
    decision = judge(claim(line(code="71046"), line(code="71046", modifiers=("59", "26"))), fees)
    assert [each.allowed for each in decision.lines] == [80, 30]


def test_the_fee_that_began_last_is_the_fee(judge, claim, line, plan, cost):
    fees = plan(cost("allowed", "70", "99213"), cost("allowed", "75", "99213", start=date(2024, 2, 1)))
    assert judge(claim(line()), fees).lines[0].allowed == 75


NEAREST = {
    "its code's": ({"allowed": "60"}, "99213", None, 60),
    "its category's, by the plan": ({}, "99214", None, 50),
    "its category's, by the claim": ({}, "12345", "visit", 50),
    "of all": ({}, "12345", None, 40),
}


@pytest.mark.parametrize(("own", "code", "category", "allowed"), NEAREST.values(), ids=NEAREST)
def test_the_nearest_cost_counts(own, code, category, allowed, *, judge, claim, line, plan, cost):
    costs = [cost(kind, amount, "99213") for kind, amount in own.items()]
    whole = plan(*costs, cost("allowed", "50", "visit"), cost("allowed", "40"), categories={"99214": "visit"})
    assert judge(claim(line(code=code, category=category)), whole).lines[0].allowed == allowed


SHARES = {
    "copay": ({}, [("copay", "25")], ["PR 3 25.00"]),
    "copay above the charge": ({}, [("copay", "125")], ["PR 3 100.00"]),
    "deductible": ({"deductible": "40"}, [], ["PR 1 40.00"]),
    "deductible above the charge": ({"deductible": "500"}, [], ["PR 1 100.00"]),
    "coinsurance": ({}, [("coinsurance", "20%")], ["PR 2 20.00"]),
    "coinsurance of half a cent": ({}, [("allowed", "0.25"), ("coinsurance", "10%")], ["CO 45 99.75", "PR 2 0.03"]),
    "coinsurance above all": ({}, [("coinsurance", "150%")], ["PR 2 100.00"]),
    "all three": (
        {"deductible": "15"},
        [("copay", "25"), ("coinsurance", "20%")],
        ["PR 3 25.00", "PR 1 15.00", "PR 2 12.00"],
    ),
    "deductible waived": (
        {"deductible": "15"},
        [("copay", "25", "all", WAIVED), ("coinsurance", "20%")],
        ["PR 3 25.00", "PR 2 15.00"],
    ),
    "maximum lowers coinsurance first": (
        {"deductible": "15", "maximum": "45"},
        [("copay", "25"), ("coinsurance", "20%")],
        ["PR 3 25.00", "PR 1 15.00", "PR 2 5.00"],
    ),
    "then copay": (
        {"deductible": "15", "maximum": "20"},
        [("copay", "25"), ("coinsurance", "20%")],
        ["PR 3 5.00", "PR 1 15.00"],
    ),
    "then deductible": (
        {"deductible": "15", "maximum": "10"},
        [("copay", "25"), ("coinsurance", "20%")],
        ["PR 1 10.00"],
    ),
}


@pytest.mark.parametrize(("limits", "costs", "expected"), SHARES.values(), ids=SHARES)
def test_cost_share(limits, costs, expected, *, judge, claim, line, plan, cost):
    offered = [cost(*each[:3], **(each[3] if len(each) > 3 else {})) for each in costs]
    assert taken(judge(claim(line()), plan(*offered, **limits))) == expected


def test_a_copay_of_a_visit_is_paid_once_a_day(judge, claim, line, plan, cost):
    lines = (line("10.00"), line(), line(), line(served=date(2024, 3, 6)))
    decision = judge(claim(*lines), plan(cost("copay", "25", **VISIT)))
    assert [taken(decision, index) for index in range(4)] == [["PR 3 10.00"], ["PR 3 15.00"], [], ["PR 3 25.00"]]


def test_a_copay_of_a_line_is_paid_on_each(judge, claim, line, plan, cost):
    decision = judge(claim(line(), line()), plan(cost("copay", "25")))
    assert decision.member == 50


def test_a_deductible_spans_lines_and_goes_on_where_earlier_claims_left_it(judge, claim, line, plan):
    history = History(member=Used(Decimal(330), Decimal(330)))
    decision = judge(claim(line(), line(), line()), plan(deductible="500"), None, history)
    assert [each.amount("1") for each in decision.lines] == [100, 70, 0]
    assert [(each.kind, each.used) for each in decision.balances] == [("deductible", 500)]


FAMILY = {
    "own limit first": (Used(Decimal(450)), Used(Decimal(500)), 50),
    "the family's first": (Used(Decimal(100)), Used(Decimal(970)), 30),
    "the family's met": (Used(), Used(Decimal(1000)), 0),
}


@pytest.mark.parametrize(("member", "family", "expected"), FAMILY.values(), ids=FAMILY)
def test_of_two_limits_the_one_met_first_ends_it(member, family, expected, *, judge, claim, line, plan):
    embedded = plan(deductible="1")
    embedded = type(embedded)("USD", deductible=Limit(Decimal(500), Decimal(1000)), costs=embedded.costs)
    decision = judge(claim(line()), embedded, None, History(member, family))
    assert decision.lines[0].amount("1") == expected


def test_every_rule_says_why_in_a_sentence():
    assert all(rule.reason.endswith(".") and "\n" not in rule.reason for rule in RULES)


def test_every_code_of_a_rule_has_its_words():
    declared = [rule for rule in RULES if rule.carc]
    assert {rule.carc for rule in declared} <= CARC_TEXT.keys()
    assert {rule.group for rule in declared} <= GROUP_TEXT.keys()
    assert {rule.remark for rule in declared if rule.remark} <= RARC_TEXT.keys()


def test_the_order_is_that_of_the_promise():
    assert [rule.carc or rule.name for rule in RULES] == [
        *("31", "26", "27", "109", "29", "18"),
        *("16", "16", "16", "110", "96", "204"),
        *("45", "94", "3", "1", "2", "out_of_pocket_maximum"),
    ]


def test_every_carc_is_in_force(shared):
    rows = [each.split(",") for each in (shared / "billing/codes/carc_dates.csv").read_text().splitlines()[1:]]
    active = {code for code, _, _, end in rows if not end}
    assert CARC_TEXT.keys() <= active
