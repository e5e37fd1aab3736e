"""What an EHR says of where it launches an app: kept under an id that the app hands back, good once.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch"""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from server.auth import records
from server.auth.grants import Context
from server.store.entry import Key
from server.store.store import Store

TYPE = "-launch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """``user``: who alone may use it; None for whoever signs in at the tenant."""

    client_id: str
    tenant: str
    context: Context
    expires_at: int
    user: str | None = None

    def is_for(self, client_id: str, tenant: str, user: str, now: int) -> bool:
        mine = self.client_id == client_id and self.tenant == tenant and self.user in {None, user}
        return mine and self.expires_at > now


def keep(store: Store, launch: Launch, actor: str) -> str:
    """The id, which tells nothing."""
    id = secrets.token_urlsafe(32)
    records.add(store, _key(id), launch, actor)
    return id


def find(store: Store, id: str) -> Launch | None:
    return records.get(store, _key(id), Launch)


def use(store: Store, id: str, actor: str) -> bool:
    """Whether it was there still; now it is not."""
    return records.remove(store, _key(id), actor=actor)


def _key(id: str) -> Key:
    return Key(TYPE, sha256(id.encode()).hexdigest())
