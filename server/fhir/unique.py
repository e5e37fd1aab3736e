"""Names occur once per JSON object; what parsers make of a second one differs, so it is refused.

https://www.rfc-editor.org/rfc/rfc8259#section-4"""

import json
from typing import Any

import msgspec

from mappings.fhir.json import NotJson, dumps


def unique_names(data: bytes, value: Any) -> None:
    """Raises NotJson if an object of ``data`` has a name twice; ``value`` is what ``data`` was read as.

    A name that was dropped leaves the value written anew shorter than what came, so most bodies are settled by two
    lengths; where only spelling differs (an escaped character, an exponent), the names are counted."""
    if len(dumps(value)) != len(msgspec.json.format(data, indent=-1)):
        json.loads(data, object_pairs_hook=_distinct, parse_float=str, parse_int=str)


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise NotJson("an object has a name twice")
