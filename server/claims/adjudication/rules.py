"""How a line of a claim is judged: RULES is the order, and the order is part of the promise.

A denial takes the whole line; a reduction takes an amount; a relief gives some of it back. What is left is paid."""

from decimal import Decimal

from mappings.claim.decision import COINSURANCE, COPAY, DEDUCTIBLE
from mappings.claim.money import ZERO, cents
from server.claims.adjudication.case import Case, Judging
from server.claims.adjudication.rule import Rule, denial, reduction, relief


@denial("PR", "31")
def not_insured(_: Judging, case: Case) -> bool:
    """The patient is not the one whom this coverage insures."""
    return case.coverage.beneficiary != case.claim.patient or case.coverage.status not in ("active", "cancelled")


@denial("PR", "26")
def before_coverage(judging: Judging, case: Case) -> bool:
    """The service was given before the coverage began."""
    start, _ = case.plan.force(case.coverage)
    return judging.line.served is not None and judging.line.served < start


@denial("PR", "27")
def after_coverage(judging: Judging, case: Case) -> bool:
    """The service was given after the coverage ended."""
    _, end = case.plan.force(case.coverage)
    return judging.line.served is not None and judging.line.served > end


@denial("OA", "109")
def wrong_payer(_: Judging, case: Case) -> bool:
    """The claim names an insurer that does not carry this coverage."""
    return case.claim.insurer is not None and case.claim.insurer not in {*case.coverage.payors, *case.plan.payers}


@denial("CO", "29")
def timely_filing(judging: Judging, case: Case) -> bool:
    """The claim came after the time that the plan leaves for filing."""
    days, served = case.plan.filing_days, judging.line.served
    return days is not None and served is not None and (case.today - served).days > days


@denial("OA", "18")
def duplicate(judging: Judging, case: Case) -> bool:
    """The same service was billed and judged before."""
    return judging.service in case.history.services


@denial("CO", "16", remark="M51")
def procedure_missing(judging: Judging, _: Case) -> bool:
    """The line does not say by a code what was done."""
    return not judging.line.codes


@denial("CO", "16", remark="M52")
def date_missing(judging: Judging, _: Case) -> bool:
    """The line does not say when the service was given."""
    return judging.line.served is None


@denial("CO", "16", remark="M53")
def units_missing(judging: Judging, _: Case) -> bool:
    """The line has no units."""
    return judging.line.quantity == 0


@denial("OA", "110")
def not_yet_given(judging: Judging, case: Case) -> bool:
    """The claim came before the service was given."""
    return judging.line.served is not None and judging.line.served > case.today


@denial("PR", "96", remark="N130")
def excluded(judging: Judging, _: Case) -> bool:
    """The plan excludes this service."""
    return judging.terms.excluded


@denial("PR", "204")
def not_a_benefit(judging: Judging, _: Case) -> bool:
    """The plan does not list this service."""
    return not judging.terms.covered


@reduction("CO", "45")
def fee_schedule(judging: Judging, _: Case) -> Decimal:
    """What is charged above the agreed fee is written off."""
    return max(judging.payable - judging.terms.fee(judging.line), ZERO)


@reduction("OA", "94")
def fee_above_charge(judging: Judging, _: Case) -> Decimal:
    """The plan pays its agreed fee, which is above the charge."""
    return min(judging.payable - judging.terms.fee(judging.line), ZERO) if judging.terms.pays_above_charge else ZERO


@reduction("PR", COPAY)
def copay(judging: Judging, case: Case) -> Decimal:
    """The patient pays a fixed amount for the service or visit."""
    if judging.terms.copay is None:
        return ZERO
    paid = case.copay_paid(judging) if judging.terms.copay_per_visit else ZERO
    return min(cents(judging.terms.copay.amount) - paid, judging.payable)


@reduction("PR", DEDUCTIBLE)
def deductible(judging: Judging, case: Case) -> Decimal:
    """The patient pays until the year's deductible is met."""
    return ZERO if judging.terms.deductible_waived else min(judging.payable, case.deductible_left)


@reduction("PR", COINSURANCE)
def coinsurance(judging: Judging, _: Case) -> Decimal:
    """The patient pays a share of what is left after copay and deductible."""
    rate = judging.terms.coinsurance.amount if judging.terms.coinsurance else ZERO
    return min(cents(judging.payable * rate / 100), judging.payable)


@relief(COINSURANCE, COPAY, DEDUCTIBLE)
def out_of_pocket_maximum(judging: Judging, case: Case) -> Decimal:
    """Above the year's out-of-pocket maximum the plan pays the patient's share."""
    left = case.out_of_pocket_left
    return ZERO if left is None else max(judging.used.out_of_pocket - left, ZERO)


CLAIM_RULES: tuple[Rule, ...] = (
    not_insured,
    before_coverage,
    after_coverage,
    wrong_payer,
    timely_filing,
    duplicate,
)
"""Whether this payer has to look at the service at all."""

LINE_RULES: tuple[Rule, ...] = (
    procedure_missing,
    date_missing,
    units_missing,
    not_yet_given,
    excluded,
    not_a_benefit,
    fee_schedule,
    fee_above_charge,
    copay,
    deductible,
    coinsurance,
    out_of_pocket_maximum,
)
"""Whether the line can be paid, what it is worth, and who pays which part of that."""

RULES = CLAIM_RULES + LINE_RULES
