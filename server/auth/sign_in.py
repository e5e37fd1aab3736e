"""Signing in with a name, a password, and a code where the person uses one.

A try counts before it is judged, for names of nobody as well: many at once get no further than one after the other,
and the answer tells nothing about who there is."""

from dataclasses import dataclass
from hashlib import sha256

import pyotp

from server.auth import passwords, records, users
from server.auth.policy import DAY, MINUTE
from server.auth.users import User
from server.store.entry import Key
from server.store.store import Store

TYPE = "-attempts"
FREE = 5
"""Tries before one has to wait."""
FIRST_WAIT, LONGEST_WAIT = 30, 15 * MINUTE


@dataclass(frozen=True, slots=True)
class Attempts:
    """Wrong tries in a row, and until when there is no other one."""

    failures: int
    until: int
    expires_at: int


def sign_in(store: Store, name: str, password: str, code: str, now: int) -> User | None:
    """The user, or None whatever was wrong."""
    name = users.folded(name)
    key = Key(TYPE, sha256(name.encode()).hexdigest())
    if not _may_try(store, key, now):
        return None
    user = users.find(store, name) if users.NAME.fullmatch(name) else None
    if not passwords.is_right(password, user.password if user else None) or not user:
        return None
    if not _is_right_code(store, user, code, now):
        return None
    records.remove(store, key, actor=name)
    return user


def wait(failures: int) -> int:
    """Seconds after so many wrong tries in a row."""
    return min(FIRST_WAIT * 2 ** min(failures - FREE, 10), LONGEST_WAIT) if failures >= FREE else 0


def _may_try(store: Store, key: Key, now: int) -> bool:
    def counted(known: Attempts | None) -> Attempts:
        if known and known.until > now:
            raise records.Unchanged
        failures = known.failures + 1 if known and known.expires_at > now else 1
        return Attempts(failures, now + wait(failures), now + DAY)

    try:
        records.change(store, key, Attempts, counted, "sign-in")
    except records.Unchanged:
        return False
    return True


def _is_right_code(store: Store, user: User, code: str, now: int) -> bool:
    """A code is good for one sign-in. https://www.rfc-editor.org/rfc/rfc6238#section-5.2"""
    if not user.totp:
        return True
    code = code.replace(" ", "")
    right = pyotp.TOTP(user.totp).verify(code, for_time=now, valid_window=1)
    return right and records.once(store, f"totp|{user.name}|{code}", user.name, now + 3 * MINUTE)
