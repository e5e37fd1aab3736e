"""A40: one patient goes up in another, and everything that spoke of the one speaks of the other.

https://hl7.org/fhir/R4/patient.html#merge"""

from collections.abc import Sequence
from typing import Protocol

from mappings.fhir.json import Json, loads
from server.fhir.registry import referring
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
    stored.put(prior, {**gone, "active": False, "link": linked(gone, survivor, "replaced-by")})
    stored.put(survivor, inherited({**stays, "link": linked(stays, prior, "replaces")}, gone))
    repoint(stored, str(prior), str(survivor))


def linked(patient: Json, other: Key, type: str) -> list[Json]:
    link = {"other": {"reference": str(other)}, "type": type}
    return [*(each for each in patient.get("link", ()) if each != link), link]


def inherited(survivor: Json, prior: Json) -> Json:
    """The survivor with the prior's identifiers, as old ones."""
    known = {(each.get("system"), each.get("value")) for each in survivor.get("identifier", ())}
    more = [
        {**each, "use": "old"}
        for each in prior.get("identifier", ())
        if (each.get("system"), each.get("value")) not in known
    ]
    return {**survivor, "identifier": [*survivor.get("identifier", ()), *more]} if more else survivor


def repoint(stored: Stored, old: str, new: str) -> None:
    """Every resource that a reference parameter finds under ``old`` refers to ``new`` from now on."""
    for type, parameters in referring("Patient").items():
        if type in HISTORY_AS_IT_WAS:
            continue
        for parameter in parameters:
            for version in stored.find(type, equals(term(parameter, old))):
                body = stored.body(version.key) or loads(version.body or b"{}")
                stored.put(version.key, replaced(body, {old: new}))
