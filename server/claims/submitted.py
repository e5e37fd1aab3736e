"""What a claim or a question holds once it is answered: the hash of its content, by which it is known again."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from mappings.fhir.json import dumps
from server.store.entry import Version

CONTENT = "?content="
UNSAID = frozenset({"id", "meta", "implicitRules", "language", "text", "status", "created"})
"""What may differ between two sendings of the same: the server's own elements, and when it was written down."""


def content(body: Mapping[str, Any]) -> str:
    """The reserve that an answered claim or question of this content holds."""
    said = {name: value for name, value in body.items() if name not in UNSAID}
    return f"{body['resourceType']}{CONTENT}{sha256(dumps(_canonical(said))).hexdigest()}"


def is_submitted(version: Version) -> bool:
    return any(CONTENT in each for each in version.reserves)


def _canonical(value: Any) -> Any:
    """In one order, and 100.0 as 100.00: the same claim has the same bytes."""
    if isinstance(value, Mapping):
        return {name: _canonical(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_canonical(each) for each in value]
    return str(value.normalize()) if isinstance(value, Decimal) else value
