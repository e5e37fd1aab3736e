"""References within a transaction: what entries call each other becomes what they are stored as.

https://hl7.org/fhir/R4/http.html#trules"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from mappings.fhir.json import Json

CONDITIONAL = re.compile(r"[A-Z][A-Za-z]+\?.+")
"""``Patient?identifier=...``: whichever resource meets the criteria."""


def resolved(body: Json, names: Mapping[str, str], find: Callable[[str], str]) -> Json:
    """A copy in which every ``fullUrl`` is its entry's address, and every conditional reference what ``find`` finds.

    An entry's name counts wherever it stands alone as a value, since uris may refer to it too."""
    return {name: _resolved(name, value, names, find) for name, value in body.items()}


def _resolved(name: str, value: Any, names: Mapping[str, str], find: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        if value in names:
            return names[value]
        return find(value) if name == "reference" and CONDITIONAL.fullmatch(value) else value
    if isinstance(value, list):
        return [_resolved(name, each, names, find) for each in value]
    return resolved(value, names, find) if isinstance(value, dict) else value
