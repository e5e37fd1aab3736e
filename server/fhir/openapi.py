"""The same table for tools that read OpenAPI: which addresses there are, and what may be sent to them.

https://spec.openapis.org/oas/v3.1.0. What a resource looks like, R4 says itself; here it is only an object with a
``resourceType``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

from mappings.fhir.json import Json, dumps
from server.fhir.exchange import FORM
from server.fhir.negotiation import FHIR_JSON
from server.fhir.operations.table import INSTANCE, OPERATIONS, SYSTEM, TYPE
from server.fhir.patch import JSON_PATCH
from server.fhir.registry import names, resource_type
from server.fhir.routes import ROUTES
from server.fhir.search.result import MAX_COUNT
from server.fhir.subset import SUMMARIES

RESOURCE = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}}
TEXT = {"type": "string"}


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema}


QUERY = {
    "count": _query("_count", {"type": "integer", "minimum": 0, "maximum": MAX_COUNT}),
    "id": _query("_id", TEXT),
    "lastUpdated": _query("_lastUpdated", TEXT),
    "summary": _query("_summary", {"type": "string", "enum": [*SUMMARIES]}),
    "elements": _query("_elements", TEXT),
    "type": _query("_type", TEXT),
    "since": _query("_since", {"type": "string", "format": "date-time"}),
    "at": _query("_at", TEXT),
}
IN_QUERY: Mapping[str, Sequence[str]] = {
    "read": ("summary", "elements"),
    "search-type": ("count", "id", "lastUpdated", "summary", "elements"),
    "search-system": ("type", "count", "id", "lastUpdated", "summary", "elements"),
    "history-instance": ("count", "since", "at"),
    "history-type": ("count", "since", "at"),
    "history-system": ("count", "since", "at"),
}
"""By interaction. The CapabilityStatement has all search parameters of all types, more than such tools read."""

BODIES: Mapping[str, Json] = {
    "create": {FHIR_JSON: {"schema": RESOURCE}},
    "update": {FHIR_JSON: {"schema": RESOURCE}},
    "patch": {JSON_PATCH: {"schema": {"type": "array", "items": {"type": "object"}}}, FHIR_JSON: {"schema": RESOURCE}},
    "transaction": {FHIR_JSON: {"schema": RESOURCE}},
    "operation": {FHIR_JSON: {"schema": RESOURCE}},
    "search-type": {FORM: {"schema": {"type": "object", "additionalProperties": TEXT}}},
    "search-system": {FORM: {"schema": {"type": "object", "additionalProperties": TEXT}}},
}
"""By interaction, what is sent where something is."""

ADDRESSES = {SYSTEM: "/${name}", TYPE: "/{type}/${name}", INSTANCE: "/{type}/{id}/${name}"}


def document(base: str) -> bytes:
    return dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Causeway FHIR R4 API", "version": version("causeway")},
            "servers": [{"url": base}],
            "security": [{"bearer": []}],
            "paths": dict(sorted([("/metadata", metadata()), *interactions(), *operations()])),
            "components": {
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
                "parameters": {f"query-{name}": each for name, each in QUERY.items()},
            },
        }
    )


def metadata() -> Json:
    return {"get": {**answers("capabilities"), "security": []}}


def interactions() -> Iterator[tuple[str, Json]]:
    for path, methods in ROUTES.items():
        if "$" not in path:
            described = {method.lower(): asked(each.name, method) for method, each in methods.items()}
            yield f"/{path}", {"parameters": in_path(path, types()), **described}


def operations() -> Iterator[tuple[str, Json]]:
    for operation in OPERATIONS:
        for level in sorted(operation.levels):
            type = operation.type or "{type}"
            path = ADDRESSES[level].replace("{type}", type).replace("{name}", operation.name)
            methods = ("GET", "POST") if operation.reads else ("POST",)
            described = {method.lower(): asked("operation", method) for method in methods}
            yield path, {"parameters": in_path(path, types()), **described}


def asked(interaction: str, method: str) -> Json:
    known = [{"$ref": f"#/components/parameters/query-{name}"} for name in IN_QUERY.get(interaction, ())]
    sent = method not in {"GET", "DELETE"} and interaction in BODIES
    return {
        **answers(interaction),
        **({"parameters": known} if known else {}),
        **({"requestBody": {"required": True, "content": BODIES[interaction]}} if sent else {}),
    }


def answers(interaction: str) -> Json:
    """An OperationOutcome tells of all that did not go well."""
    content = {FHIR_JSON: {"schema": RESOURCE}}
    done, failed = {"description": "done"}, {"description": "an OperationOutcome", "content": content}
    return {"summary": interaction, "responses": {"2XX": done, "304": done, "default": failed}}


def in_path(path: str, types: Sequence[str]) -> list[Json]:
    schemas = {
        "type": {"type": "string", "enum": types},
        "version": {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"},
    }
    identified = {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"}
    named = re.findall(r"\{(\w+)\}", path)
    return [{"name": each, "in": "path", "required": True, "schema": schemas.get(each, identified)} for each in named]


def types() -> list[str]:
    return [name for name in sorted(names()) if resource_type(name).interactions]
