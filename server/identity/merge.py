"""One patient, account or visit goes up in another (A40, A41, A42), and everything that spoke of the one speaks of the
other; patients are linked (A24), accounts and visits are moved (A44, A45).

https://hl7.org/fhir/R4/patient.html#merge"""

from collections.abc import Sequence
from typing import Protocol

from mappings.fhir.json import Json
from server.fhir.registry import referring
from server.identity.locate import MISTAKE
from server.identity.references import replaced
from server.store.entry import Key, Marks, Version
from server.store.query import Query, equals, term

HISTORY_AS_IT_WAS = frozenset({"Patient", "AuditEvent", "Provenance"})
"""Not re-pointed: patients are linked instead, and a record of the past says what was true then."""


class Stored(Protocol):
    """What is asked of the store here, and done to it."""

    def body(self, key: Key) -> Json | None: ...

    def find(self, type: str, query: Query) -> tuple[Version, ...]: ...

    def put(self, key: Key, body: Json, marks: Marks | None = None, reserves: Sequence[str] = ()) -> None: ...


def merge(stored: Stored, survivor: Key, prior: Key) -> None:
    """Both must be there already. Done twice, or the other way round afterwards, it changes nothing more."""
    gone, stays = stored.body(prior), stored.body(survivor)
    if gone is None or stays is None or survivor == prior:
        return
    if prior.type == "Patient":
        stored.put(prior, {**gone, "active": False, "link": linked(gone, survivor, "replaced-by")})
        stays = {**stays, "link": linked(stays, prior, "replaces")}
    else:
        stored.put(prior, {**gone, "status": MISTAKE, "partOf": {"reference": str(survivor)}})
    stored.put(survivor, inherited(stays, gone))
    for referrer in referrers(stored, prior):
        rename(stored, referrer, str(prior), str(survivor))


def link(stored: Stored, one: Key, other: Key, *, together: bool) -> None:
    """https://hl7.org/fhir/R4/valueset-link-type.html: seealso, of each other."""
    for here, there in ((one, other), (other, one)):
        if body := stored.body(here):
            links = linked(body, there, "seealso") if together else unlinked(body, there, "seealso")
            rest = {name: value for name, value in body.items() if name != "link"}
            stored.put(here, {**rest, "link": links} if links else rest)


def move(stored: Stored, what: Key, patient: Key) -> None:
    """An account or a visit becomes another patient's, with all that is of it and of them."""
    body = stored.body(what) or {}
    subject = body.get("subject") or {}
    owner = subject[0] if isinstance(subject, list) else subject
    if (old := owner.get("reference")) and old != str(patient):
        hand_over(stored, what, old, str(patient))


def hand_over(stored: Stored, key: Key, old: str, new: str) -> None:
    if rename(stored, key, old, new):
        for each in referrers(stored, key):
            hand_over(stored, each, old, new)


def linked(patient: Json, other: Key, type: str) -> list[Json]:
    return [*unlinked(patient, other, type), {"other": {"reference": str(other)}, "type": type}]


def unlinked(patient: Json, other: Key, type: str) -> list[Json]:
    link = {"other": {"reference": str(other)}, "type": type}
    return [each for each in patient.get("link", ()) if each != link]


def inherited(survivor: Json, prior: Json) -> Json:
    """The survivor with the prior's identifiers, as old ones."""
    known = {(each.get("system"), each.get("value")) for each in survivor.get("identifier", ())}
    more = [
        {**each, "use": "old"}
        for each in prior.get("identifier", ())
        if (each.get("system"), each.get("value")) not in known
    ]
    return {**survivor, "identifier": [*survivor.get("identifier", ()), *more]} if more else survivor


def referrers(stored: Stored, target: Key) -> list[Key]:
    """Every resource that a reference parameter finds under it, but for what says how it was."""
    asked = ((type, each) for type, codes in referring(target.type).items() for each in codes)
    found = [
        version.key
        for type, parameter in asked
        if type not in HISTORY_AS_IT_WAS
        for version in stored.find(type, equals(term(parameter, str(target))))
    ]
    return list(dict.fromkeys(found))


def rename(stored: Stored, key: Key, old: str, new: str) -> bool:
    """Whether it did refer to the old one, and so now refers to the new."""
    body = stored.body(key)
    here = replaced(body, {old: new})
    if body is None or here is body:
        return False
    stored.put(key, here)
    return True
