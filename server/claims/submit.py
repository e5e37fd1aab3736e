"""Claim/$submit: a claim comes in, is judged, and claim, answer and explanation are written together.

https://hl7.org/fhir/R4/claim-operation-submit.html"""

from collections.abc import Iterator

from mappings.claim.claim import Rejection
from mappings.claim.element import reference
from mappings.claim.to_eob import explanation
from mappings.claim.to_response import response
from mappings.fhir.json import Json, loads
from server.claims.judge import insurer_of, judged
from server.claims.records import Records
from server.claims.submission import Answered, Submission, fresh, living, settled
from server.claims.submitted import content, is_submitted
from server.fhir.outcome import Conflict, Issue
from server.fhir.resource import instant, prepare
from server.identity.keys import identities
from server.identity.locate import merged_into, survivor
from server.store.entry import Entry, Key, Version, Write
from server.store.journal import Snapshot


def submit(snapshot: Snapshot, sent: Submission) -> Entry:
    """A fold: the claim (a draft becomes active), its answer and its explanation.

    Raises Answered; Conflict where another claim has its identifier; Invalid where it is not FHIR."""
    body, brought = settled(snapshot, sent)
    records = Records(snapshot, {each.key: loads(each.body or b"{}") for each in brought})
    body = _amended(records, body)
    reserve = content(body)
    _unless_answered(snapshot, reserve, *_under_other_patients(records, body))
    base, id = standing(snapshot, body, reserve)
    decision, insurer = judged(records, body), insurer_of(records, body)
    created = instant(snapshot.at)
    if isinstance(decision, Rejection):
        raise Answered(response(body, decision, request=None, insurer=insurer, created=created))
    claim = prepare(snapshot, body, base=base, reserves_extra=(reserve,), id=id)
    request = {"reference": str(claim.key)}
    answered = _answer(snapshot, claim.key, response(body, decision, request=request, insurer=insurer, created=created))
    references = {"request": request, "response": {"reference": str(answered.key)}, "insurer": insurer}
    explained = _answer(snapshot, claim.key, explanation(body, decision, **references, created=created))
    return _entry(snapshot, (*brought, claim, answered, explained), answered.body or b"", decision.status)


def _answer(snapshot: Snapshot, claim: Key, body: Json) -> Write:
    """One of a kind for each claim."""
    key = _answer_key(snapshot, body["resourceType"], claim)
    return prepare(snapshot, body, base=snapshot.read(key), id=key.id)


def _answer_key(snapshot: Snapshot, type: str, claim: Key) -> Key:
    return Key(type, snapshot.new_id(f"{type}?request={claim}"))


def _amended(records: Records, body: Json) -> Json:
    """A draft that is submitted counts; a claim for a patient who went up in another is the other's."""
    status = "active" if body["status"] == "draft" else body["status"]
    type, _, id = (reference(body["patient"]) or "").partition("/")
    patient = {**body["patient"], "reference": str(survivor(records, Key(type, id)))} if id else body["patient"]
    return {**body, "status": status, "patient": patient}


def standing(snapshot: Snapshot, body: Json, reserve: str) -> tuple[Version | None, str]:
    """The stored version that this one follows, and the id that it has or gets.

    Raises Conflict if that claim was judged already."""
    known = identities(body)
    held = snapshot.holders(known) if known else {}
    key = next((held[each] for each in known if each in held), None) or _by_id(snapshot, body, known)
    if key is None:
        key = fresh(snapshot, "Claim", known[0] if known else reserve)
        return snapshot.read(key), key.id
    version = living(snapshot, key)
    if version is None or is_submitted(version):
        raise Conflict(Issue("a claim with this identifier was submitted already", "Claim.identifier", "duplicate"))
    return version, key.id


def _under_other_patients(records: Records, body: Json) -> Iterator[str]:
    """The contents under which the same claim was answered before its patients were merged."""
    type, _, id = (reference(body["patient"]) or "").partition("/")
    for prior in merged_into(records, Key(type, id))[1:]:
        yield content({**body, "patient": {**body["patient"], "reference": str(prior)}})


def _unless_answered(snapshot: Snapshot, *contents: str) -> None:
    claim = next(iter(snapshot.holders(contents).values()), None)
    if claim is None:
        return
    version = snapshot.read(_answer_key(snapshot, "ClaimResponse", claim))
    if version is None or version.body is None or snapshot.read(claim) is None:
        raise Conflict(Issue("this claim was submitted already", "Claim", "duplicate"))
    raise Answered(loads(version.body))


def _by_id(snapshot: Snapshot, body: Json, known: tuple[str, ...]) -> Key | None:
    """A sender's ids are its own: what stands here under the same id is the same claim if no identifier denies it."""
    version = living(snapshot, Key("Claim", body.get("id", "")))
    if version is None or (known and identities(loads(version.body or b"{}"))):
        return None
    return version.key


def _entry(snapshot: Snapshot, writes: tuple[Write, ...], reply: bytes, status: str) -> Entry:
    about = {"interaction": "operation", "operation": "Claim/$submit", "status": status}
    return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "", "fhir", writes, reply, about=about)
