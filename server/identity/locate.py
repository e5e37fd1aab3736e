"""Which stored resource a message speaks of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from mappings.fhir.json import Json
from mappings.v2_to_fhir.draft import Draft
from server.store.entry import Key

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


def survivor(stored: Stored, key: Key) -> Key:
    """Follows merges: messages for a patient who went up in another are about the other.

    https://hl7.org/fhir/R4/patient.html#links"""
    for _ in range(LONGEST_CHAIN):
        following = replaced_by(stored.body(key)) if key.type == "Patient" else None
        if following is None:
            break
        key = following
    return key


def replaced_by(patient: Json | None) -> Key | None:
    links = (patient or {}).get("link", ())
    targets = (each["other"].get("reference", "") for each in links if each.get("type") == "replaced-by")
    return next((Key(*target.split("/", 1)) for target in targets if target.startswith("Patient/")), None)
