"""The public keys that a client is known by: those it was registered with, or those at the address it was.

What was fetched is kept no longer than the answer allows, and is fetched anew for a key that is not in it:
https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#registering-a-client-communicating-public-keys"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import msgspec
from joserfc.jwk import KeySet

from server.auth import rfc7517
from server.auth.clients import Client
from server.auth.rfc7517 import BadKeys
from server.outside import Outside, Unreachable

KEPT = 256
"""Addresses whose keys are remembered; the one that was not asked for longest is forgotten first."""
USUAL, LONGEST = 300, 3600
"""Seconds that keys are kept when the answer does not say, and at most."""
PAUSE = 10
"""Seconds between two looks at an address, whoever asks: nobody has us call it for each request."""
MAX_AGE = re.compile(r"max-age=(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Kept:
    """``keys`` None: nothing that could be used."""

    keys: KeySet | None
    fetched_at: int
    expires_at: int


class KeySets:
    """Of one process. Any thread may ask."""

    def __init__(self, outside: Outside, now: Callable[[], int]) -> None:
        self._outside, self._now = outside, now
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()

    def of(self, client: Client, kid: str) -> KeySet | None:
        """None when there are no keys, or none can be had now."""
        if client.jwks:
            return inline(msgspec.json.encode(client.jwks))
        return self._at(client.jwks_url, kid) if client.jwks_url else None

    def _at(self, url: str, kid: str) -> KeySet | None:
        now = self._now()
        with self._lock:
            known = self._kept.get(url)
            if known:
                self._kept.move_to_end(url)
        if known and (now < known.fetched_at + PAUSE or (now < known.expires_at and _has(known.keys, kid))):
            return known.keys
        return self._fetched(url, now)

    def _fetched(self, url: str, now: int) -> KeySet | None:
        """Noted before it is begun, so that those who come meanwhile do not begin it as well."""
        with self._lock:
            before = self._kept.get(url)
            self._kept[url] = Kept(before.keys if before and now < before.expires_at else None, now, now + PAUSE)
        found = self._read(url, now)
        with self._lock:
            self._kept[url] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found.keys

    def _read(self, url: str, now: int) -> Kept:
        try:
            answer = self._outside.get(url, rfc7517.MAX_BYTES)
            return Kept(rfc7517.key_set(rfc7517.usable(answer.body)), now, now + lasts(answer.headers))
        except (Unreachable, BadKeys):
            return Kept(None, now, now + PAUSE)


def lasts(headers: Mapping[str, str]) -> int:
    """https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2"""
    said = headers.get("cache-control", "").lower()
    if "no-store" in said or "no-cache" in said:
        return 0
    found = MAX_AGE.search(said)
    return min(int(found[1]), LONGEST) if found else USUAL


def _has(keys: KeySet | None, kid: str) -> bool:
    return keys is not None and any(key.kid == kid for key in keys.keys)


@lru_cache(maxsize=256)
def inline(jwks: bytes) -> KeySet:
    """Importing keys costs as much as verifying with one."""
    return rfc7517.key_set(msgspec.json.decode(jwks))
