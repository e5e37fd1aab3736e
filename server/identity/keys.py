"""Which identifiers make a resource the same resource.

A row: the type, and the kinds of identifier (table 0203) that identify it; None takes every identifier with a system.
An identifier of no stated kind counts as well: FHIR clients often leave the type out."""

from collections.abc import Iterable, Mapping
from typing import Any

IDENTIFYING: Mapping[str, frozenset[str] | None] = {
    "Patient": frozenset({"MR", "PI", "PT"}),
    "Encounter": frozenset({"VN"}),
    "Account": frozenset({"AN"}),
    "Organization": None,
    "Practitioner": None,
    "Location": None,
    "ChargeItem": None,
    "InsurancePlan": None,
    "Claim": None,
}


def identities(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The values that a resource of this body would hold: ``Patient?identifier=urn:x|12``."""
    kinds = IDENTIFYING.get(body["resourceType"], frozenset())
    found = (identity(body["resourceType"], each) for each in body.get("identifier", ()) if _counts(each, kinds))
    return tuple(dict.fromkeys(found))


def identity(type: str, identifier: Mapping[str, Any]) -> str:
    return f"{type}?identifier={identifier['system']}|{identifier['value']}"


def _counts(identifier: Any, kinds: frozenset[str] | None) -> bool:
    if not (isinstance(identifier, Mapping) and identifier.get("system") and identifier.get("value")):
        return False
    if identifier.get("use") == "old" or kinds is None:
        return kinds is None
    codes = set(_codes(identifier.get("type", {})))
    return not codes or bool(codes & kinds)


def _codes(concept: Mapping[str, Any]) -> Iterable[str]:
    return (coding["code"] for coding in concept.get("coding", ()) if "code" in coding)
