"""Clients' public keys: JSON Web Key Sets. https://www.rfc-editor.org/rfc/rfc7517"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from mappings.fhir.json import NotJson, loads

ALGORITHMS = ("RS384", "ES384")
"""https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html"""

MAX_BYTES = 65_536
MAX_KEYS = 20
RSA_BITS = range(2048, 8193)
SECRET = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members that only a private or a symmetric key has (RFC 7518 section 6)."""


class BadKeys(ValueError):
    """The key set cannot be used; says which key and why, and repeats nothing of it."""


def read(data: bytes) -> dict[str, Any]:
    """A key set from a file, checked. Raises BadKeys."""
    keys = _listed(data)
    kids = [_checked(key, place) for place, key in enumerate(keys, 1)]
    if len(set(kids)) != len(kids):
        raise BadKeys("two keys have the same kid")
    return {"keys": keys}


def usable(data: bytes) -> dict[str, Any]:
    """Those of a key set that will do: what is fetched may hold keys for other purposes as well. Raises BadKeys."""
    found: dict[str, Any] = {}
    for place, key in enumerate(_listed(data), 1):
        with suppress(BadKeys):
            found.setdefault(_checked(key, place), key)
    if not found:
        raise BadKeys("there is no key that will do")
    return {"keys": list(found.values())}


def _listed(data: bytes) -> list[Any]:
    if len(data) > MAX_BYTES:
        raise BadKeys(f"longer than {MAX_BYTES} bytes")
    try:
        jwks = loads(data)
    except NotJson as error:
        raise BadKeys(f"not JSON: {error}") from None
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MAX_KEYS:
        raise BadKeys(f"not a JSON Web Key Set of 1 to {MAX_KEYS} keys")
    return keys


def key_set(jwks: Mapping[str, Any]) -> KeySet:
    return KeySet([_imported(key) for key in jwks["keys"]])


def _checked(key: Any, place: int) -> str:
    """The key's kid, if the key will do. Raises BadKeys."""
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or not key["kid"]:
        raise BadKeys(f"key {place} has no kid")
    if SECRET & key.keys():
        raise BadKeys(f"key {place} holds private key material: register the public key, and replace this one")
    if key.get("use", "sig") != "sig" or "verify" not in key.get("key_ops", ["verify"]):
        raise BadKeys(f"key {place} is not for signatures")
    try:
        algorithm = _algorithm(_imported(key))
    except (JoseError, ValueError, TypeError, KeyError):
        raise BadKeys(f"key {place} is not a public key") from None
    if algorithm is None or key.get("alg", algorithm) != algorithm:
        raise BadKeys(f"key {place} is for neither RS384 (RSA, 2048 bits or more) nor ES384 (P-384)")
    return str(key["kid"])


def _imported(key: Mapping[str, Any]) -> RSAKey | ECKey:
    return RSAKey.import_key(dict(key)) if key["kty"] == "RSA" else ECKey.import_key(dict(key))


def _algorithm(key: RSAKey | ECKey) -> str | None:
    """The one algorithm that a key may be used with. https://www.rfc-editor.org/rfc/rfc8725#section-3.1"""
    if isinstance(key, RSAKey):
        return "RS384" if key.public_key.key_size in RSA_BITS else None
    return "ES384" if key.curve_name == "P-384" else None
