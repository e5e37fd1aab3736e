"""Whose a subscription is: the client that wrote it last. What the server itself says of it makes it nobody else's."""

from functools import lru_cache

from server.store.entry import Version
from server.store.store import Store
from server.subscriptions.progress import SERVER

PAGE = 20


def owner(store: Store, tenant: str, version: Version) -> str:
    """The client's id; "" when it cannot be told any more."""
    before: int | None = version.seq + 1
    while before is not None:
        page = store.history(tenant, version.key, limit=PAGE, before=before)
        for each in page.versions:
            if (actor := _actor(store, tenant, each.seq)) != SERVER:
                return actor
        before = int(page.next) if page.next else None
    return ""


@lru_cache(maxsize=4096)
def _actor(store: Store, tenant: str, seq: int) -> str:
    entries = store.tail(tenant, seq - 1, 1)
    return entries[0].actor if entries and entries[0].seq == seq else ""
