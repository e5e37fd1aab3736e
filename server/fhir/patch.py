"""https://hl7.org/fhir/R4/http.html#patch, https://hl7.org/fhir/R4/http.html#cond-patch"""

import binascii
from base64 import b64decode
from collections.abc import Callable
from typing import TypeAlias

from mappings.fhir.json import Json, loads
from mappings.fhir.patch.faults import BadPatch, Unfit
from mappings.fhir.patch.fhirpath_patch import fhirpath_patch
from mappings.fhir.patch.json_patch import json_patch
from mappings.fhir.patch.merge_patch import merge_patch
from server.auth.gate import GatedStore
from server.fhir.commit import Change, commit, one, selecting
from server.fhir.exchange import JSON_TYPES, Answer, Request, changed, decoded, expect
from server.fhir.outcome import Gone, Invalid, Issue, NotFound, Unprocessable, UnsupportedMediaType
from server.fhir.resource import prepare
from server.fhir.update import Target, at
from server.store.entry import Key
from server.store.journal import Snapshot
from server.store.query import Query

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"

Patch: TypeAlias = Callable[[Json], Json]
"""Changes a resource. Raises BadPatch, Unfit."""


def patch(gated: GatedStore, request: Request) -> Answer:
    """The next version, as the patch makes it of the newest; with If-Match only of the version it names."""
    change, key = patch_of(request), Key(request.type, request.id)
    done = commit(gated, request, lambda snapshot: patching(snapshot, request, at(snapshot, key), change), "patch")
    return changed(request, *done)


def patch_if(gated: GatedStore, request: Request) -> Answer:
    """Of the one resource that meets the criteria."""
    change, where = patch_of(request), selecting(request, request.query)

    def changing(snapshot: Snapshot) -> Change:
        return patching(snapshot, request, met(snapshot, request.type, where), change)

    return changed(request, *commit(gated, request, changing, "patch", "search"))


def met(snapshot: Snapshot, type: str, where: Query) -> Target:
    """Raises NotFound, PreconditionFailed unless exactly one meets the criteria."""
    found = one(snapshot, type, where)
    if found is None:
        raise NotFound("no resource meets the criteria")
    return Target(found.key, found)


def patch_of(request: Request) -> Patch:
    """JSON Patch, or FHIRPath Patch in a Parameters; as a Bundle's entry, JSON Patch is in a Binary. What is JSON and
    no resource is a merge patch, as fhirpy and Aidbox have it."""
    if request.given is None and request.media_type == JSON_PATCH:
        return json(request.body)
    if request.given is None and request.media_type in {MERGE_PATCH, *JSON_TYPES}:
        part = decoded(request.body)
        if request.media_type == MERGE_PATCH or (isinstance(part, dict) and "resourceType" not in part):
            return lambda body: merge_patch(body, part)
    resource = request.resource()
    match resource.get("resourceType"):
        case "Parameters":
            return lambda body: fhirpath_patch(body, resource)
        case "Binary" if request.given is not None and resource.get("contentType") == JSON_PATCH:
            return json(encoded(resource))
    raise UnsupportedMediaType(f"a patch is {JSON_PATCH}, or a Parameters with a FHIRPath Patch")


def json(data: bytes) -> Patch:
    operations = decoded(data)
    return lambda body: json_patch(body, operations)


def encoded(binary: Json) -> bytes:
    try:
        return b64decode(str(binary.get("data", "")), validate=True)
    except binascii.Error:
        raise Invalid(Issue("the Binary's data is not base64", "Binary.data", "value")) from None


def patching(snapshot: Snapshot, request: Request, target: Target, change: Patch) -> Change:
    if target.base is None:
        raise NotFound("there is no such resource")
    if target.base.body is None:
        raise Gone("the resource was deleted")
    expect(request, target.version)
    body = patched(change, loads(target.base.body))
    if (body.get("resourceType"), body.get("id")) != target.key:
        raise Unprocessable("a patch cannot make it another resource")
    return Change(200, prepare(snapshot, body, base=target.base, marks=target.base.marks))


def patched(change: Patch, body: Json) -> Json:
    """Raises Invalid for what is no patch, Unprocessable for one that does not fit."""
    try:
        return change(body)
    except Unfit as unfit:
        raise Unprocessable(Issue(told(unfit), code="processing")) from None
    except BadPatch as bad:
        raise Invalid(Issue(told(bad), code="structure")) from None


def told(bad: BadPatch) -> str:
    return bad.text if bad.place is None else f"operation {bad.place + 1}: {bad.text}"
