"""What has to be right before a claim can be judged: FRONT_END is the order in which it is looked at.

Each check names all that it finds wrong; one finding is enough to send the claim back.
https://hl7.org/fhir/R4/claim.html"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from mappings.claim.claim import Problem
from mappings.claim.element import day, party, reference, service_day
from mappings.claim.money import LIMIT, cents, decimal, total

Body: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Body], Iterable[Problem]]

MOST_ITEMS = 999
"""As many lines as an institutional X12 claim may have."""

POINTERS = (
    ("diagnosisSequence", "diagnosis"),
    ("careTeamSequence", "careTeam"),
    ("procedureSequence", "procedure"),
    ("informationSequence", "supportingInfo"),
)


def purpose(body: Body) -> Iterator[Problem]:
    if body.get("use") != "claim":
        yield Problem("use", "Only a claim is judged, not a preauthorization or predetermination", "Claim.use")
    if body.get("status") not in ("active", "draft"):
        yield Problem("status", "A claim to be judged is active, or a draft that becomes active", "Claim.status")


def parties(body: Body) -> Iterator[Problem]:
    if not reference(body.get("patient")):
        yield Problem("reference", "A reference to the patient is needed", "Claim.patient.reference")
    if not party(body.get("provider")):
        yield Problem("reference", "A reference to the provider, or an identifier, is needed", "Claim.provider")


def coverage(body: Body) -> Iterator[Problem]:
    focal = focal_insurance(body)
    if len(focal) != 1:
        yield Problem("focal", "Exactly one insurance is the focal one", "Claim.insurance.focal")
    elif not reference(focal[0].get("coverage")):
        yield Problem("reference", "A reference to the coverage is needed", "Claim.insurance.coverage.reference")


def items(body: Body) -> Iterator[Problem]:
    sequences = [item.get("sequence") for item in body.get("item", ())]
    if not sequences:
        yield Problem("item", "A claim has at least one item", "Claim.item")
    if len(sequences) > MOST_ITEMS:
        yield Problem("item", f"A claim has at most {MOST_ITEMS} items", "Claim.item")
    if len(set(sequences)) != len(sequences):
        yield Problem("sequence", "Each item's sequence occurs once", "Claim.item.sequence")


def amounts(body: Body) -> Iterator[Problem]:
    for item, where in _items(body):
        for name in ("net", "unitPrice", "quantity"):
            if name in item and ((value := _value(item, name)) is None or value < 0):
                yield _at(item, "amount", "A number from zero to below 100 million is needed", f"{where}.{name}.value")
        asked = charge(item)
        if asked is None or asked < 0:
            yield _at(item, "amount", "Neither net nor quantity x unitPrice gives an amount", f"{where}.net")


def nets(body: Body) -> Iterator[Problem]:
    for item, where in _items(body):
        net, priced = _value(item, "net"), _priced(item)
        if net is not None and net != cents(net):
            yield _at(item, "cents", "An amount has at most two decimals", f"{where}.net.value")
        elif net is not None and priced is not None and net != priced:
            text = f"net is {net}, quantity x unitPrice x factor is {priced}"
            yield _at(item, "net", text, f"{where}.net")


def sum_of_nets(body: Body) -> Iterator[Problem]:
    stated = _value(body, "total")
    charges = [charge(item) for item in body.get("item", ())]
    if stated is None or None in charges:
        return
    nets = total(filter(None, charges))
    if stated != nets:
        yield Problem("total", f"total is {stated}, the items' nets add up to {nets}", "Claim.total")


def currency(body: Body) -> Iterator[Problem]:
    if len(currencies(body)) > 1:
        yield Problem("currency", "One claim is in one currency", "Claim.item.net.currency")


def dates(body: Body) -> Iterator[Problem]:
    for item, where in _items(body):
        period = item.get("servicedPeriod", {})
        stated = item.get("servicedDate") or period.get("start")
        if stated and not service_day(stated):
            yield _at(item, "date", "A date of service is a day", f"{where}.serviced")
        start, end = day(period.get("start")), day(period.get("end"))
        if start and end and end < start:
            yield _at(item, "date", "The service ends before it starts", f"{where}.servicedPeriod")


def pointers(body: Body) -> Iterator[Problem]:
    for name, target in POINTERS:
        there = {each.get("sequence") for each in body.get(target, ())}
        for item, where in _items(body):
            if not there.issuperset(item.get(name, ())):
                yield _at(item, "pointer", f"It points to a {target} that is not there", f"{where}.{name}")


FRONT_END: tuple[Check, ...] = (
    purpose,
    parties,
    coverage,
    items,
    amounts,
    nets,
    sum_of_nets,
    currency,
    dates,
    pointers,
)


def problems(body: Body) -> tuple[Problem, ...]:
    return tuple(problem for check in FRONT_END for problem in check(body))


def focal_insurance(body: Body) -> list[Body]:
    """An only insurance needs no mark to be the focal one."""
    insurance = body.get("insurance", [])
    return insurance if len(insurance) == 1 else [each for each in insurance if each.get("focal") is True]


def charge(item: Body) -> Decimal | None:
    """What is asked for an item: its net, else what its quantity and price come to."""
    net = _value(item, "net")
    return _priced(item) if net is None else net


def currencies(body: Body) -> set[str]:
    stated = [body.get("total", {})] + [
        item.get(name, {}) for item in body.get("item", ()) for name in ("net", "unitPrice")
    ]
    return {each["currency"] for each in stated if "currency" in each}


def _priced(item: Body) -> Decimal | None:
    price = _value(item, "unitPrice")
    quantity = _value(item, "quantity") if "quantity" in item else Decimal(1)
    factor = decimal(item.get("factor", 1))
    if price is None or quantity is None or factor is None:
        return None
    priced = cents(quantity * price * factor)
    return priced if priced < LIMIT else None


def _value(element: Body, name: str) -> Decimal | None:
    return decimal(element[name].get("value")) if name in element else None


def _items(body: Body) -> Iterator[tuple[Body, str]]:
    return ((item, f"Claim.item[{index}]") for index, item in enumerate(body.get("item", ())))


def _at(item: Body, code: str, text: str, expression: str) -> Problem:
    sequence = item.get("sequence")
    return Problem(code, text, expression, sequence if isinstance(sequence, int) else None)
