"""The keys that id_tokens are signed with: one for a quarter of a year, made when it is first needed.

A key is shown a quarter longer than it signs, so that what it signed can be verified still."""

from joserfc.jwk import KeySet, RSAKey

from server.auth import records
from server.auth.policy import DAY
from server.store.entry import Key
from server.store.store import Store

TYPE = "-signing-key"
ALGORITHM = "RS256"
"""https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-identity-data"""

LASTS = 90 * DAY
BITS = 2048


def signing(store: Store, now: int) -> RSAKey:
    """The key of this quarter. Of several processes that make it at once, one does."""
    period = now // LASTS
    if found := _kept(store, period):
        return found
    made = RSAKey.generate_key(BITS, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)

    def first(known: dict[str, str] | None) -> dict[str, str]:
        if known:
            raise records.Unchanged
        return {name: str(value) for name, value in made.as_dict(private=True).items()}

    try:
        records.change(store, _key(period), dict[str, str], first, "oidc")
    except records.Unchanged:
        return signing(store, now)
    return made


def public(store: Store, now: int) -> KeySet:
    """What clients may verify with, the present one first."""
    present = signing(store, now)
    before = _kept(store, now // LASTS - 1)
    return KeySet([present, *([before] if before else [])])


def _kept(store: Store, period: int) -> RSAKey | None:
    found = records.get(store, _key(period), dict[str, str])
    return RSAKey.import_key({**found}) if found else None


def _key(period: int) -> Key:
    return Key(TYPE, str(period))
