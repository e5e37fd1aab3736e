"""What a billing clerk wants to see of an ExplanationOfBenefit: one line, with the reasons in words."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from mappings.fhir.json import Json

KINDS = {"AMB": "outpatient", "EMER": "emergency", "IMP": "inpatient"}
GROUPS = "https://x12.org/codes/claim-adjustment-group-codes"


class Row(NamedTuple):
    """Money in dollars and cents. ``why``: each reduction, in words."""

    patient: str
    encounter: str
    billed: Decimal
    allowed: Decimal
    paid: Decimal
    owes: Decimal
    why: tuple[str, ...]


def row(eob: Json, patient: Json, encounter: Json) -> Row:
    totals = {code(each["category"]): each["amount"]["value"] for each in eob["total"]}
    return Row(
        name(patient),
        visit(encounter),
        totals["submitted"],
        totals["eligible"],
        totals["benefit"],
        totals["memberliability"],
        tuple(f"{text} {amount}" for text, amount in reductions(eob).items()) or ("paid in full",),
    )


def reductions(eob: Json) -> Mapping[str, Decimal]:
    """The sum of each adjustment's amounts over all lines."""
    sums: dict[str, Decimal] = {}
    for adjudication in adjudications(eob):
        if "reason" in adjudication and adjudication.get("amount", {}).get("value"):
            text = reason(adjudication["reason"])
            sums[text] = sums.get(text, Decimal(0)) + adjudication["amount"]["value"]
    return sums


def adjudications(eob: Json) -> Iterator[Json]:
    yield from eob.get("adjudication", ())
    for item in eob.get("item", ()):
        yield from item.get("adjudication", ())


def reason(concept: Json) -> str:
    """``patient: deductible (PR 1)``"""
    group = next((each["code"] for each in concept["coding"] if each.get("system") == GROUPS), "")
    carc = next(each for each in concept["coding"] if each.get("system") != GROUPS)
    return f"{concept.get('text') or carc.get('display', '')} ({group} {carc['code']})"


def name(patient: Json) -> str:
    first = patient["name"][0]
    return f"{first['family']}, {' '.join(first.get('given', ()))}"


def visit(encounter: Json) -> str:
    return f"{encounter['identifier'][0]['value']} {KINDS.get(encounter['class']['code'], '')}"


def code(concept: Json) -> str:
    return str(concept["coding"][0]["code"])


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """A table for a terminal of 80 columns; the reasons stand below each row."""
    yield f"{'Patient':<20} {'Encounter':<17} {'Billed':>9} {'Allowed':>9} {'Plan paid':>9} {'Owes':>8}"
    for each in rows:
        billed, allowed, paid, owes = (f"{sum:,.2f}" for sum in each[2:6])
        yield f"{each.patient:<20} {each.encounter:<17} {billed:>9} {allowed:>9} {paid:>9} {owes:>8}"
        yield from (f"    {why}" for why in each.why)
