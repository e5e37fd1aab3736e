"""Access and refresh tokens: 256 random bits, kept as their SHA-256 alone: who reads the store cannot use one."""

import re
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256

from server.auth import records
from server.store.entry import Key
from server.store.store import Store

TYPE = "-token"
REFRESH = "-refresh"

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What an access token stands for. Times are seconds since 1970. ``grant``: the person's grant that it is of;
    ``purpose``: what the client said that it asks for."""

    client_id: str
    tenant: str
    scope: str
    issued_at: int
    expires_at: int
    grant: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """What a refresh token stands for. One that was used is kept, so that a second use of it is noticed."""

    client_id: str
    grant: str
    expires_at: int
    used: bool = False


def new() -> str:
    return secrets.token_urlsafe(32)


def keep(store: Store, text: str, token: Token, refresh: tuple[str, Refresh] | None = None) -> None:
    """Both in one entry."""
    made = [(_key(TYPE, text), token), *([(_key(REFRESH, refresh[0]), refresh[1])] if refresh else [])]
    records.save(store, token.client_id, *made)


def find(store: Store, text: str) -> Token | None:
    """None for what was never issued, or was revoked."""
    return records.get(store, _key(TYPE, text), Token) if _SHAPE.fullmatch(text) else None


def find_refresh(store: Store, text: str) -> Refresh | None:
    return records.get(store, _key(REFRESH, text), Refresh) if _SHAPE.fullmatch(text) else None


def use_refresh(store: Store, text: str, client_id: str) -> Refresh | None:
    """The refresh token as it was; from now on it is used. Of several who use it at once, one sees it unused. A client
    cannot use up another's."""

    def used(known: Refresh | None) -> Refresh:
        if known is None or known.client_id != client_id:
            raise records.Unchanged
        return replace(known, used=True)

    if not _SHAPE.fullmatch(text):
        return None
    try:
        return records.change(store, _key(REFRESH, text), Refresh, used, client_id)
    except records.Unchanged:
        return None


def revoke(store: Store, text: str, actor: str) -> bool:
    return records.remove(store, _key(TYPE, text), actor=actor)


def _key(type: str, text: str) -> Key:
    return Key(type, sha256(text.encode()).hexdigest())
