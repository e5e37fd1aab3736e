"""JSON Merge Patch: a part of a resource, laid over it. Not one of R4's patches, but what some clients send.

https://www.rfc-editor.org/rfc/rfc7396"""

from typing import Any

from mappings.fhir.json import Json
from mappings.fhir.patch.faults import BadPatch


def merge_patch(document: Json, patch: Any) -> Json:
    """A list replaces a list, null takes an element away. Raises BadPatch."""
    if not isinstance(patch, dict):
        raise BadPatch("a merge patch is an object")
    return _merged(document, patch)


def _merged(document: Any, patch: Json) -> Json:
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value) if isinstance(value, dict) else value
    return merged
