"""What a message does to what is stored, decided from the message and a snapshot alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC

from mappings.fhir.json import Json
from mappings.v2_to_fhir.draft import Draft, Identity, Issue, Mapped
from server.claims.capture import recapture
from server.fhir.outcome import FhirError
from server.identity.locate import Ambiguous, holders, located, survivor
from server.identity.merge import merge
from server.identity.references import replaced
from server.intake.lay import lay
from server.intake.work import Work
from server.store.entry import Key, Write
from server.store.query import equals, term
from server.store.snapshot import Snapshot

COVERAGE_SNAPSHOTS = frozenset({"A01", "A04", "A05", "A08", "A28", "A31"})
"""Events whose IN1 segments are all the coverages that the sender knows of."""


class Refused(Exception):
    """The message cannot be applied; ``issue`` says where."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.text)
        self.issue = issue


def fold(mapped: Mapped, snapshot: Snapshot) -> tuple[Write, ...]:
    """The resource versions that follow from a message.

    Raises Refused: then none of them does."""
    work = Work.over(snapshot)
    try:
        held = holders(work, mapped.drafts)
        keys = located_all(work, mapped, held)
        apply(work, mapped, keys, held)
        end_coverages(work, mapped, keys)
        merge_patients(work, mapped, keys)
        capture_claims(work, mapped, keys)
        return work.writes()
    except Ambiguous:
        raise Refused(Issue("the identifiers belong to more than one stored patient", "PID^1^3", "205", True)) from None
    except FhirError as error:
        where = ", ".join(issue.expression or "" for issue in error.issues)
        raise Refused(Issue(f"would break FHIR at {where}", "MSH^1", "207", True)) from error


def located_all(work: Work, mapped: Mapped, held: Mapping[str, Key]) -> Mapping[Identity, Key]:
    """Where each draft will stand: at a stored resource, or at a new id derived from its identity."""
    keys = {draft.identity: located(work, draft, held) or new_key(work, draft.identity) for draft in mapped.drafts}
    work.load(tuple(keys.values()))
    return keys


def new_key(work: Work, identity: Identity) -> Key:
    return Key(identity.type, work.new_id(str(identity)))


def apply(work: Work, mapped: Mapped, keys: Mapping[Identity, Key], held: Mapping[str, Key]) -> None:
    """Lays every draft over what is stored; an unchanged resource is not written, and most that are only referred to
    are known."""
    at = instant(work, mapped)
    targets = {identity.urn: str(key) for identity, key in keys.items()}
    for draft in mapped.drafts:
        key = keys[draft.identity]
        stored = work.body(key)
        if stored and draft.stub and stored.keys() >= draft.body.keys():
            continue
        body, marks = lay(stored, referring(draft, targets), work.marks(key), at)
        if draft.type == "Encounter":
            body = with_status_history(stored, body, mapped)
        if body != stored:
            named = map(str, (draft.identity, *draft.also))
            work.put(key, body, marks, [each for each in named if held.get(each, key) == key])


def instant(work: Work, mapped: Mapped) -> str:
    """The event's time as text whose order is time's; a message without one happened when it came."""
    return (mapped.event.at or work.at).astimezone(UTC).isoformat(timespec="milliseconds")


def referring(draft: Draft, targets: Mapping[str, str]) -> Draft:
    """The draft with its references as they are here."""
    told = [draft.body, draft.defaults]
    here = replaced(told, targets)
    return draft if here is told else replace(draft, body=here[0], defaults=here[1])


def with_status_history(stored: Json | None, body: Json, mapped: Mapped) -> Json:
    """https://hl7.org/fhir/R4/encounter-definitions.html#Encounter.statusHistory"""
    if stored is None or stored["status"] == body["status"] or mapped.event.at is None:
        return body
    left = {"status": stored["status"], "period": {"end": mapped.event.at.isoformat()}}
    return {**body, "statusHistory": [*stored.get("statusHistory", ()), left]}


def end_coverages(work: Work, mapped: Mapped, keys: Mapping[Identity, Key]) -> None:
    """IN1 is a snapshot: a payer that an earlier message named and this one does not is no longer there.

    Only what messages have told is ended; a Coverage that came as FHIR is its sender's to end."""
    told = {keys[draft.identity] for draft in mapped.drafts if draft.type == "Coverage"}
    if not told or mapped.event.trigger not in COVERAGE_SNAPSHOTS:
        return
    at = instant(work, mapped)
    patients = {keys[draft.identity] for draft in mapped.drafts if draft.type == "Patient"}
    for patient in filter(work.stored, patients):  # one who is new has none
        for version in work.find("Coverage", equals(term("beneficiary", str(patient)))):
            marks = work.marks(version.key)
            body = work.body(version.key)
            if version.key in told or not body or body.get("status") != "active" or not marks:
                continue
            if max(marks.values()) <= at:
                work.put(version.key, {**body, "status": "cancelled"}, {**marks, "status": at})


def merge_patients(work: Work, mapped: Mapped, keys: Mapping[Identity, Key]) -> None:
    for pair in mapped.merges:
        stays, goes = (survivor(work, keys[identity]) for identity in (pair.survivor, pair.prior))
        merge(work, stays, goes)


def capture_claims(work: Work, mapped: Mapped, keys: Mapping[Identity, Key]) -> None:
    """Charges came: their account's draft claim is made anew from all of them."""
    if not any(draft.type == "ChargeItem" for draft in mapped.drafts):
        return
    accounts = {keys[draft.identity] for draft in mapped.drafts if draft.type == "Account"}
    for account in sorted(accounts):
        for write in recapture(work, str(account)):
            work.add(write)
