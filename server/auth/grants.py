"""What a person has granted to an app: every code and token of it hangs on this one record, and ends with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.auth import records
from server.store.entry import Key
from server.store.store import Store

TYPE = "-grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where the app is launched. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html"""

    patient: str | None = None
    encounter: str | None = None
    intent: str | None = None
    need_patient_banner: bool | None = None
    fhir_context: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """``session``: the grant lasts no longer than it (``online_access``). Times are seconds since 1970."""

    id: str
    client_id: str
    tenant: str
    user: str
    scope: str
    context: Context
    granted_at: int
    signed_in_at: int
    expires_at: int
    session: str | None = None


def keep(store: Store, grant: Grant, *others: tuple[Key, object]) -> None:
    """With other records, in one entry."""
    records.save(store, grant.user, (_key(grant.id), grant), *others)


def find(store: Store, id: str) -> Grant | None:
    return records.get(store, _key(id), Grant)


def of(store: Store, user: str, now: int) -> list[Grant]:
    """Newest first."""
    found = records.every(store, TYPE, Grant, records.having("user", user))
    return sorted((each for each in found if each.expires_at > now), key=lambda each: -each.granted_at)


def revoke(store: Store, id: str, actor: str) -> bool:
    """None of its tokens is accepted from now on."""
    return records.remove(store, _key(id), actor=actor)


def _key(id: str) -> Key:
    return Key(TYPE, id)
