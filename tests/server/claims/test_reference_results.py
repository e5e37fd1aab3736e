"""Published figures: what the engine decides is what remittances, benefit statements and glossaries show.

Fees and shares are taken from an example's own figures; what follows from them is compared."""

from decimal import Decimal
from functools import partial

import pytest

REMITTANCES = ["835-medicaid-two-lines", "835-negotiated-discount"]
SHARES = ["coinsurance-glossary-100", "coinsurance-glossary-100-unmet", "coinsurance-ciia-80"]
COPAYS = ["hl7-R3502-line", "hl7-EB3500-line1"]


@pytest.mark.parametrize("id", REMITTANCES)
def test_a_contract_rate_leaves_its_fee(id, *, examples, judge, claim, line, plan, cost):
    (remittance,) = examples[id]["claims"]
    found = [line(each["charge"], f"P{index}") for index, each in enumerate(remittance["lines"])]
    fees = [cost("allowed", each["allowed"], f"P{index}") for index, each in enumerate(remittance["lines"])]
    decision = judge(claim(*found), plan(*fees))
    assert [each.paid for each in decision.lines] == [Decimal(each["paid"]) for each in remittance["lines"]]
    written_off = [Decimal(each["adjustments"][0]["amount"]) for each in remittance["lines"]]
    assert [each.amount("45") for each in decision.lines] == written_off
    assert (decision.charge, decision.paid) == (Decimal(remittance["charge"]), Decimal(remittance["paid"]))


def test_a_whole_claim_at_its_rate(examples, judge, claim, line, plan, cost):
    for each in examples["835-medicare-a"]["claims"]:
        decision = judge(claim(line(each["charge"])), plan(cost("allowed", each["paid"], "99213")))
        assert decision.lines[0].amount("45") == Decimal(each["adjustments"][0]["amount"])
        assert decision.paid == Decimal(each["paid"])


def test_a_deductible_after_the_rate(examples, judge, claim, line, plan, cost):
    """The claim level withhold (CO A2) of the example is none of a plan's."""
    for each in examples["835-managed-care"]["claims"]:
        (service,) = each["lines"]
        adjusted = {row["carc"]: Decimal(row["amount"]) for row in service["adjustments"]}
        fee = Decimal(service["charge"]) - adjusted.get("45", 0)
        rated = plan(cost("allowed", str(fee), "99213"), deductible=each["patient_resp"])
        decision = judge(claim(line(service["charge"])), rated)
        assert {row.carc: row.amount for row in decision.lines[0].adjustments} == adjusted
        assert decision.paid == Decimal(service["paid"])


def test_a_fee_above_the_charge_is_a_negative_adjustment(examples, judge, claim, line, plan, cost):
    """The figures before the other payer's share: charge 541, allowed 550, OA 94 of -9."""
    (service,) = examples["835-cob-negative-adjustment"]["claims"][0]["lines"]
    full = partial(cost, qualifiers=frozenset({"full-fee"}))
    decided = judge(claim(line(service["charge"])), plan(full("allowed", service["allowed"], "99213"))).lines[0]
    assert decided.amount("94") == Decimal(service["adjustments"][1]["amount"])
    assert decided.allowed == decided.paid == Decimal(service["allowed"])


def test_a_copay_plan_that_pays_all_the_rest(examples, judge, claim, line, plan, cost):
    figures = examples["eob-copay-plan"]
    found = [line(each["charge"], f"P{index}") for index, each in enumerate(figures["lines"])]
    fees = [cost("allowed", each["allowed"], f"P{index}") for index, each in enumerate(figures["lines"])]
    visit = cost("copay", "15", qualifiers=frozenset({"per-visit"}))
    decision = judge(claim(*found), plan(*fees, visit))
    for decided, expected in zip(decision.lines, figures["lines"], strict=True):
        assert (decided.amount("3"), decided.paid, decided.member) == tuple(
            Decimal(expected[name]) for name in ("copay", "paid", "member")
        )
    allowed = sum(each.allowed for each in decision.lines)
    totals = (decision.charge, allowed, decision.paid, decision.member)
    assert totals == tuple(Decimal(figures["totals"][name]) for name in ("charge", "allowed", "paid", "member"))


@pytest.mark.parametrize("id", SHARES)
def test_coinsurance_as_the_glossaries_explain_it(id, *, examples, judge, claim, line, plan, cost):
    figures = examples[id]
    share = cost("coinsurance", figures["coinsurance_percent"] + "%")
    left = figures["deductible_remaining"]
    decision = judge(claim(line(figures["allowed"])), plan(share, deductible=left))
    assert (decision.member, decision.paid) == (Decimal(figures["member"]), Decimal(figures["plan"]))


@pytest.mark.parametrize("id", COPAYS)
def test_coinsurance_comes_after_the_copay(id, *, examples, judge, claim, line, plan, cost):
    figures = examples[id]
    rate = f"{100 - Decimal(figures['percent'])}%"
    decision = judge(claim(line(figures["eligible"])), plan(cost("copay", figures["copay"]), cost("coinsurance", rate)))
    assert decision.paid == Decimal(figures["benefit"])


def test_a_years_share_is_deductible_and_coinsurance(examples, judge, claim, line, plan, cost):
    """A birth: the deductible first, then 20 % of what is left comes to the published sum."""
    figures = examples["sbc-peg-1800"]
    left = Decimal(figures["coinsurance"]) * 5
    charge = str(Decimal(figures["deductible"]) + left)
    decision = judge(claim(line(charge)), plan(cost("coinsurance", "20%"), deductible=figures["deductible"]))
    assert decision.lines[0].amount("2") == Decimal(figures["coinsurance"])
    assert decision.member == Decimal(figures["member"])
