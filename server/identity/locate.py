"""Which stored resource a message speaks of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from mappings.fhir.json import Json
from mappings.v2_to_fhir.draft import Draft, Identity
from server.identity.keys import identity
from server.store.entry import Key

MERGED = frozenset({"Patient", "Account", "Encounter"})
MISTAKE = "entered-in-error"

LONGEST_CHAIN = 32
"""Of merges of merges that is followed; a longer one would be a circle."""


class Stored(Protocol):
    """What is asked of the store here."""

    def holders(self, values: Sequence[str]) -> Mapping[str, Key]: ...

    def body(self, key: Key) -> Json | None: ...


class Ambiguous(Exception):
    """The identifiers of one patient are held by several: a person has to decide which it is."""


def identities(drafts: Iterable[Draft]) -> tuple[str, ...]:
    """All by which the drafts' resources could be known."""
    return tuple(str(each) for draft in drafts for each in (draft.identity, *draft.also))


def holders(stored: Stored, drafts: Iterable[Draft]) -> Mapping[str, Key]:
    """Everything that the drafts could be, asked in one question."""
    return stored.holders(identities(drafts))


def located(stored: Stored, draft: Draft, held: Mapping[str, Key]) -> Key | None:
    """The resource that holds the draft's identity, None when there is none yet.

    Raises Ambiguous for a patient; of anything else the first identity decides."""
    keys = [held[str(each)] for each in (draft.identity, *draft.also) if str(each) in held]
    found = dict.fromkeys(survivor(stored, key) for key in keys)
    if draft.type == "Patient" and len(found) > 1:
        raise Ambiguous
    return next(iter(found), None)


def under_other_numbers(stored: Stored, drafts: Sequence[Draft], held: Mapping[str, Key]) -> Mapping[str, Key]:
    """What belongs to a patient and was told before under another of their numbers: one that was merged into theirs."""
    wanted: dict[str, str] = {}
    for patient in drafts:
        if patient.type == "Patient" and (key := located(stored, patient, held)):
            for other in numbers(stored.body(key)) - {str(patient.identity)}:
                wanted |= {str(there): here for here, there in kin(drafts, str(patient.identity), other, held)}
    found = stored.holders(tuple(wanted)) if wanted else {}
    return {wanted[there]: key for there, key in found.items()}


def numbers(patient: Json | None) -> set[str]:
    """All by which a patient is or was known."""
    told = (patient or {}).get("identifier", ())
    return {identity("Patient", each) for each in told if each.get("system") and each.get("value")}


def kin(drafts: Iterable[Draft], owner: str, other: str, held: Mapping[str, Key]) -> Iterable[tuple[str, Identity]]:
    """The identities that nothing holds under one number, and what they would be under another."""
    for draft in drafts:
        for each in (draft.identity, *draft.also):
            if str(each) not in held and (there := each.under(owner, other)):
                yield str(each), there


def survivor(stored: Stored, key: Key) -> Key:
    """Follows merges: messages for a patient, an account or a visit that went up in another are about the other.

    https://hl7.org/fhir/R4/patient.html#links"""
    for _ in range(LONGEST_CHAIN):
        following = replaced_by(stored.body(key)) if key.type in MERGED else None
        if following is None:
            break
        key = following
    return key


def merged_into(stored: Stored, key: Key) -> tuple[Key, ...]:
    """The patient, and all who went up in them."""
    found = [key]
    for each in found:
        found += [prior for prior in linked(stored.body(each), "replaces") if prior not in found][:LONGEST_CHAIN]
        if len(found) > LONGEST_CHAIN:
            break
    return tuple(found)


def replaced_by(body: Json | None) -> Key | None:
    """A patient's link; an account or a visit that was a mistake is said to be part of the right one."""
    if body and body.get("status") == MISTAKE:
        return target(body.get("partOf", {}), body["resourceType"])
    return next(linked(body, "replaced-by"), None)


def linked(patient: Json | None, type: str) -> Iterator[Key]:
    links = (patient or {}).get("link", ())
    targets = (target(each["other"], "Patient") for each in links if each.get("type") == type)
    return filter(None, targets)


def target(reference: Json, type: str) -> Key | None:
    found, _, id = str(reference.get("reference", "")).partition("/")
    return Key(type, id) if found == type and id else None
