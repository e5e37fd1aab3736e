"""Charge capture: what an account's charges are billed as, from what is stored.

An account has one open draft Claim, made anew whenever its charges change. What was submitted stays as it was: charges
that come later, and more lines than one claim may have, go on a further draft (``.../2``)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mappings.claim.element import codes, first, reference
from mappings.claim.front_end import MOST_ITEMS
from mappings.fhir.json import Json
from server.claims.charges import Charge, billable
from server.claims.draft import CLAIM_IDENTIFIER, ITEM_CHARGE, Bill, draft, kind
from server.claims.records import Records, body_of
from server.claims.submission import fresh
from server.claims.submitted import is_submitted
from server.fhir.resource import prepare
from server.identity.keys import identity
from server.store.entry import Version, Write
from server.store.journal import Snapshot
from server.store.query import equals, starts, term

NUMBER = re.compile(r"[0-9]+/(?:professional|institutional)(?:/[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Billed:
    """A claim of the account that is stored already."""

    version: Version
    body: Json
    number: str
    charges: frozenset[str]

    @property
    def open(self) -> bool:
        """It may be amended: a draft, or one that was emptied when its charges were taken back."""
        return self.body["status"] in ("draft", "cancelled") and not is_submitted(self.version)


def recapture(snapshot: Snapshot, account: str) -> tuple[Write, ...]:
    """The draft claims that follow from an account's charges as they stand (``account``: ``Account/a1``).

    None without a coverage: what no insurance pays is not claimed."""
    home = Records(snapshot).at(account)
    bodies = [body_of(each) for each in snapshot.find("ChargeItem", equals(term("account", account)))]
    if home is None or not bodies:
        return ()
    claims, name = _claims(snapshot, home, bodies)
    bills = tuple(_bills(snapshot, home, billable(bodies), claims, name))
    wanted = [draft(each, snapshot.at) for each in bills]
    writes = [_written(snapshot, body, claims) for body in wanted]
    dropped = (each for each in claims if each.open and each.number not in {bill.number for bill in bills})
    return tuple(filter(None, [*writes, *(_dropped(snapshot, each) for each in dropped)]))


def _bills(
    snapshot: Snapshot, home: Json, charges: Sequence[Charge], claims: Sequence[Billed], name: str
) -> Iterator[Bill]:
    """What is not billed yet, as many lines at a time as a claim may have."""
    coverages = _coverages(snapshot, home)
    billed = {charge for each in claims if not each.open for charge in each.charges}
    left = [each for each in charges if each.reference not in billed]
    if not (coverages and left):
        return
    encounter = _encounter(snapshot, left)
    order = coverages[0].get("order", 1)
    base = f"{snapshot.tenant}/{name}/{order}/{kind(left, encounter)}"
    numbers = _free(base, {each.number for each in claims if not each.open})
    for start in range(0, len(left), MOST_ITEMS):
        yield Bill(
            number=next(numbers),
            kind=kind(left, encounter),
            subject=left[0].body["subject"],
            charges=left[start : start + MOST_ITEMS],
            coverages=coverages,
            encounter=encounter,
            conditions=_conditions(snapshot, encounter),
        )


def _free(base: str, taken: set[str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        name = base if number == 1 else f"{base}/{number}"
        if name not in taken:
            yield name


def _claims(snapshot: Snapshot, home: Json, bodies: Sequence[Json]) -> tuple[list[Billed], str]:
    """The account's claims, and the name that further ones get: the account's number, else its only visit's, else the
    account's id; which is also what is left should another authority's account have claims under the same number."""
    charges = frozenset(f"ChargeItem/{each['id']}" for each in bodies)
    visits = list(dict.fromkeys(filter(None, (_number(each) for each in _visits(snapshot, bodies)))))
    preferred = _number(home) or (visits[0] if len(visits) == 1 else home["id"])
    found = {name: _numbered(snapshot, name) for name in dict.fromkeys([preferred, *visits, home["id"]])}
    ours = [each for claims in found.values() for each in claims if each.charges & charges]
    taken = found[preferred] and not any(each.charges & charges for each in found[preferred])
    return ours, home["id"] if taken else preferred


def _number(body: Json) -> str | None:
    return first(each["value"] for each in body.get("identifier", ()) if "value" in each)


def _visits(snapshot: Snapshot, bodies: Sequence[Json]) -> Iterator[Json]:
    for each in dict.fromkeys(reference(body.get("context")) for body in bodies):
        if each and (visit := Records(snapshot).at(each)):
            yield visit


def _numbered(snapshot: Snapshot, name: str) -> list[Billed]:
    prefix = f"{snapshot.tenant}/{name}/"
    found = (_billed(each) for each in snapshot.find("Claim", starts(term("identifier", prefix))))
    return [each for each in found if NUMBER.fullmatch(each.number.removeprefix(prefix))]


def _billed(version: Version) -> Billed:
    body = body_of(version)
    number = first(each["value"] for each in body["identifier"] if each.get("system") == CLAIM_IDENTIFIER) or ""
    linked = (each for item in body.get("item", ()) for each in item.get("extension", ()) if each["url"] == ITEM_CHARGE)
    return Billed(
        version, body, number, frozenset(filter(None, (reference(each["valueReference"]) for each in linked)))
    )


def _written(snapshot: Snapshot, body: Json, claims: Iterable[Billed]) -> Write | None:
    """Nothing when it stands like that already."""
    number = body["identifier"][0]["value"]
    base = first(each for each in claims if each.number == number)
    if base is None:
        key = fresh(snapshot, "Claim", identity("Claim", body["identifier"][0]))
        return prepare(snapshot, body, base=snapshot.read(key), id=key.id)
    same = {**body, "created": base.body["created"]}
    unchanged = {name: value for name, value in base.body.items() if name not in ("id", "meta")} == same
    return None if unchanged else prepare(snapshot, same, base=base.version)


def _dropped(snapshot: Snapshot, claim: Billed) -> Write | None:
    if claim.body["status"] == "cancelled":
        return None
    return prepare(snapshot, {**claim.body, "status": "cancelled"}, base=claim.version)


def _coverages(snapshot: Snapshot, home: Json) -> list[Json]:
    """The account's, else the patient's, in force, in the order in which they pay."""
    named = [(each.get("priority"), reference(each["coverage"])) for each in home.get("coverage", ())]
    bodies = [(order, Records(snapshot).at(each)) for order, each in named if each]
    if not bodies:
        patient = first(filter(None, map(reference, home.get("subject", ()))))
        found = snapshot.find("Coverage", equals(term("beneficiary", patient or "")))
        bodies = [(None, body_of(each)) for each in found]
    active = [
        (order or body.get("order", MOST_ITEMS), body) for order, body in bodies if body and body["status"] == "active"
    ]
    return [body for _, body in sorted(active, key=lambda each: (each[0], each[1]["id"]))]


def _encounter(snapshot: Snapshot, charges: Iterable[Charge]) -> Json | None:
    """The visit of the first charge that names one."""
    named = first(filter(None, (reference(each.body.get("context")) for each in charges)))
    return Records(snapshot).at(named) if named and named.startswith("Encounter/") else None


def _conditions(snapshot: Snapshot, encounter: Json | None) -> tuple[Json, ...]:
    """The visit's diagnoses by rank; what was withdrawn is none."""
    listed = sorted((encounter or {}).get("diagnosis", ()), key=lambda each: each.get("rank", MOST_ITEMS))
    found = (Records(snapshot).at(reference(each["condition"]) or "") for each in listed)
    return tuple(each for each in found if each and "entered-in-error" not in codes(each.get("verificationStatus")))
