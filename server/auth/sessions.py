"""Who sits at a browser: a session ends when it is not used for a while, and some hours after it began in any case."""

import secrets
from dataclasses import dataclass, replace
from hashlib import sha256

from server.auth import records
from server.auth.policy import MINUTE, Policy
from server.store.entry import Key
from server.store.store import Store

TYPE = "-session"


@dataclass(frozen=True, slots=True)
class Session:
    """``id`` is the hash of the cookie, which nothing kept tells. Times are seconds since 1970."""

    id: str
    user: str
    began_at: int
    seen_at: int
    expires_at: int


def begin(store: Store, user: str, now: int, policy: Policy) -> str:
    """The value of the cookie."""
    cookie = secrets.token_urlsafe(32)
    made = Session(hashed(cookie), user, now, now, now + policy.session)
    records.add(store, _key(made.id), made, user)
    return cookie


def find(store: Store, id: str, now: int, policy: Policy) -> Session | None:
    """None when there is none, or none any more."""
    found = records.get(store, _key(id), Session)
    if not found or found.expires_at <= now or found.seen_at + policy.session_idle <= now:
        return None
    return found


def used(store: Store, session: Session, now: int) -> None:
    """Noted once a minute: a page is not a write each time."""
    if now - session.seen_at >= MINUTE:
        records.add(store, _key(session.id), replace(session, seen_at=now), session.user)


def end(store: Store, session: Session) -> None:
    records.remove(store, _key(session.id), actor=session.user)


def hashed(cookie: str) -> str:
    return sha256(cookie.encode()).hexdigest()


def _key(id: str) -> Key:
    return Key(TYPE, id)
