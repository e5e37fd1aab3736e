"""Literal references, renamed all at once. https://hl7.org/fhir/R4/references.html#literal"""

import re
from collections.abc import Mapping
from typing import Any

from mappings.fhir.json import dumps, loads

_REFERENCE = re.compile(rb'"reference":"([^"\\]+)"')


def replaced(value: Any, targets: Mapping[str, str]) -> Any:
    """The value with every literal reference as ``targets`` says: itself where none is, else a copy.

    They are found in its JSON, since most of a resource is something else; nothing but a reference looks like one
    there, because a quotation mark within a text is escaped."""

    def renamed(found: re.Match[bytes]) -> bytes:
        target = targets.get(found[1].decode())
        return found[0] if target is None else b'"reference":' + dumps(target)

    told = dumps(value)
    here = _REFERENCE.sub(renamed, told)
    return value if here == told else loads(here)
