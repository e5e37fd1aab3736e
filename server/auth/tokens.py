"""Access tokens: 256 random bits, kept only as their SHA-256, so that who reads the store cannot use one."""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256

from server.auth import records
from server.store.entry import Key
from server.store.store import Store

TYPE = "-token"
LIFETIME = 300
"""Seconds; what SMART recommends at most for backend services."""

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What an access token stands for. Times are seconds since 1970."""

    client_id: str
    tenant: str
    scope: str
    issued_at: int
    expires_at: int


def new() -> str:
    return secrets.token_urlsafe(32)


def keep(store: Store, text: str, token: Token) -> None:
    records.add(store, _key(text), token, token.client_id)


def find(store: Store, text: str) -> Token | None:
    """None for what was never issued, or was revoked."""
    return records.get(store, _key(text), Token) if _SHAPE.fullmatch(text) else None


def revoke(store: Store, text: str, actor: str) -> bool:
    return records.remove(store, _key(text), actor)


def _key(text: str) -> Key:
    return Key(TYPE, sha256(text.encode()).hexdigest())
