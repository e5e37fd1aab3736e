"""How far a subscription is: kept beside the resource, so that a delivery makes no version of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.auth import records
from server.store.entry import Key
from server.store.store import Store
from server.subscriptions.events import Event

TYPE = "-subscription"
KEPT = 100
"""Events of a subscription that can be asked for again."""

SERVER = "subscriptions"
"""Who writes what the server says of a subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """``seq`` is the last entry of the journal that is dealt with, ``count`` the events so far, ``channel`` the one
    that answered a handshake. ``failures`` in a row, since ``failing_since`` (seconds, as the other times are); nothing
    is tried before ``due``. ``told_at``: when it was heard of last."""

    seq: int
    count: int = 0
    recent: tuple[Event, ...] = ()
    channel: str = ""
    failures: int = 0
    failing_since: float = 0
    due: float = 0
    told_at: float = 0


def of(store: Store, tenant: str, subscription: Key) -> Progress | None:
    return records.get(store, _key(tenant, subscription), Progress)


def keep(store: Store, tenant: str, subscription: Key, progress: Progress) -> None:
    records.add(store, _key(tenant, subscription), progress, SERVER)


def forget(store: Store, tenant: str, subscription: Key) -> None:
    records.remove(store, _key(tenant, subscription), actor=SERVER)


def recalled(known: Sequence[Event], more: Sequence[Event]) -> tuple[Event, ...]:
    return (*known, *more)[-KEPT:]


def _key(tenant: str, subscription: Key) -> Key:
    return Key(TYPE, f"{tenant}/{subscription.id}")
