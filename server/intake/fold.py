"""What a message does to what is stored, decided from the message and a snapshot alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from mappings.v2_to_fhir.datatypes.dtm import utc
from mappings.v2_to_fhir.draft import Draft, Identity, Issue, Mapped
from server.claims.capture import recapture
from server.fhir.outcome import FhirError
from server.identity.locate import Ambiguous, holders, located, survivor, under_other_numbers
from server.identity.merge import link, merge, move
from server.identity.references import replaced
from server.intake.lay import lay
from server.intake.marks import PRESUMED
from server.intake.status import stated, with_history
from server.intake.work import Work
from server.store.entry import Key, Renewal, Write
from server.store.query import equals, term
from server.store.snapshot import Snapshot

COVERAGE_SNAPSHOTS = frozenset({"A01", "A04", "A05", "A08", "A28", "A31"})
"""Events whose IN1 segments are all the coverages that the sender knows of."""

SNAPSHOT = "IN1"
"""A patient's mark: the latest of these events."""


class Refused(Exception):
    """The message cannot be applied; ``issue`` says where."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.text)
        self.issue = issue


@dataclass(frozen=True, slots=True)
class Folded:
    """The resource versions that follow from a message, and what it says of others without changing them."""

    writes: tuple[Write, ...] = ()
    renewals: tuple[Renewal, ...] = ()


NOTHING = Folded()


def fold(mapped: Mapped, snapshot: Snapshot) -> Folded:
    """Raises Refused: then nothing follows."""
    work = Work.over(snapshot)
    try:
        held = holders(work, mapped.drafts)
        held = {**held, **under_other_numbers(work, mapped.drafts, held)}
        keys = located_all(work, mapped, held)
        keys, held = renumbered(work, mapped, keys, held)
        apply(work, mapped, keys, held)
        end_coverages(work, mapped, keys)
        change(work, mapped, keys)
        capture_claims(work, mapped, keys)
        return Folded(work.writes(), work.renewals())
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


def renumbered(
    work: Work, mapped: Mapped, keys: Mapping[Identity, Key], held: Mapping[str, Key]
) -> tuple[Mapping[Identity, Key], Mapping[str, Key]]:
    """What is known by its prior number alone stays the resource that it is; the prior number gets a new one, which
    goes up in it, so that late messages find it."""
    for pair in mapped.merges:
        stays, goes = keys[pair.survivor], keys[pair.prior]
        if pair.renumbers and work.stored(stays) is None and work.stored(goes):
            trace = Key(goes.type, work.new_id(f"{pair.prior} before {pair.survivor}"))
            keys = {**keys, pair.survivor: goes, pair.prior: trace}
            held = {**held, str(pair.prior): trace}
    return keys, held


def apply(work: Work, mapped: Mapped, keys: Mapping[Identity, Key], held: Mapping[str, Key]) -> None:
    """Lays every draft over what is stored; most that are only referred to are known."""
    word = place_in_time(work, mapped)
    targets = {identity.urn: str(key) for identity, key in keys.items()}
    for draft in mapped.drafts:
        key = keys[draft.identity]
        if draft.stub and is_known(work, key, draft, word):
            continue
        before = work.marks(key)
        body, marks = lay(work.body(key), referring(draft, targets), before, word)
        if draft.type == "Encounter" and "status" in draft.body and not draft.stub:
            marks = stated(marks, draft.body["status"], word)
            body = with_history(body, before, marks)
        named = map(str, (draft.identity, *draft.also))
        work.put(key, body, marks, [each for each in named if held.get(each, key) == key])


def place_in_time(work: Work, mapped: Mapped) -> str:
    """The event's place among all events, as text; one without a time happened when it came."""
    return f"{utc(mapped.event.at or work.at)} {mapped.event.tie}"


def is_known(work: Work, key: Key, draft: Draft, word: str) -> bool:
    """Whether all that is presumed of a resource is there, and by no later event."""
    stored = work.body(key)
    if not stored or not stored.keys() >= draft.body.keys():
        return False
    return max(work.marks(key).values(), default="") <= PRESUMED + word


def referring(draft: Draft, targets: Mapping[str, str]) -> Draft:
    """The draft with its references as they are here."""
    told = [draft.body, draft.defaults]
    here = replaced(told, targets)
    return draft if here is told else replace(draft, body=here[0], defaults=here[1])


def end_coverages(work: Work, mapped: Mapped, keys: Mapping[Identity, Key]) -> None:
    """IN1 is a snapshot: a policy that an earlier message named and this one does not is no longer there; nor is one
    that comes late, named by an event before a snapshot without it.

    Only what messages have told is ended; a Coverage that came as FHIR is its sender's to end."""
    told = {keys[draft.identity] for draft in mapped.drafts if draft.type == "Coverage"}
    patients = {keys[draft.identity] for draft in mapped.drafts if draft.type == "Patient"} if told else ()
    word = place_in_time(work, mapped)
    for patient in patients:
        latest = work.marks(patient).get(SNAPSHOT, "")
        if mapped.event.trigger in COVERAGE_SNAPSHOTS and word > latest:
            latest, known = word, coverages(work, patient)
            work.renew(patient, {**work.marks(patient), SNAPSHOT: word})
        else:
            known = told
        for key in known:
            body = work.body(key)
            if body and body.get("status") == "active" and work.marks(key).get("status", latest) < latest:
                work.put(key, {**body, "status": "cancelled"})


def coverages(work: Work, patient: Key) -> Collection[Key]:
    """Of one who is new there are none."""
    if work.stored(patient) is None:
        return ()
    return [version.key for version in work.find("Coverage", equals(term("beneficiary", str(patient))))]


def change(work: Work, mapped: Mapped, keys: Mapping[Identity, Key]) -> None:
    """What becomes of whole patients, accounts and visits."""
    for pair in mapped.merges:
        stays, goes = (survivor(work, keys[identity]) for identity in (pair.survivor, pair.prior))
        merge(work, stays, goes)
    for moved in mapped.moves:
        move(work, keys[moved.what], keys[moved.patient])
    for two in mapped.links:
        link(work, keys[two.one], keys[two.other], together=two.linked)


def capture_claims(work: Work, mapped: Mapped, keys: Mapping[Identity, Key]) -> None:
    """Charges came: their account's draft claim is made anew from all of them."""
    if not any(draft.type == "ChargeItem" for draft in mapped.drafts):
        return
    accounts = {keys[draft.identity] for draft in mapped.drafts if draft.type == "Account"}
    for account in sorted(accounts):
        for write in recapture(work, str(account)):
            work.add(write)
