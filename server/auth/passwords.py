"""Passwords, as argon2id keeps them. https://www.rfc-editor.org/rfc/rfc9106"""

from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST, LONGEST = 12, 256
"""https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver asks for a length, and for no rules about characters."""

HASHER = PasswordHasher()
"""64 MiB and three passes: RFC 9106's second recommendation."""
AT_ONCE = BoundedSemaphore(4)
"""Each needs its 64 MiB: more than these wait."""


class BadPassword(ValueError):
    """This cannot be a password; says why."""


def hashed(password: str) -> str:
    """Raises BadPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword(f"a password has {SHORTEST} to {LONGEST} characters")
    with AT_ONCE:
        return HASHER.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Takes as long for nobody's password as for somebody's."""
    if len(password) > LONGEST:
        return False
    with AT_ONCE:
        try:
            right = HASHER.verify(kept or _nobodys(), password)
        except (Argon2Error, InvalidHashError):
            return False
    return right and kept is not None


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return HASHER.hash("the password of a user who is not there")
