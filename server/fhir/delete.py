"""https://hl7.org/fhir/R4/http.html#delete"""

from server.auth.gate import GatedStore
from server.fhir.commit import Change, commit
from server.fhir.exchange import Answer, Request, etag, expect
from server.fhir.resource import deletion
from server.fhir.update import Target, at
from server.store.entry import Key


def delete(gated: GatedStore, request: Request) -> Answer:
    """Done twice, or of what was never there, it says the same: it is not there."""
    key = Key(request.type, request.id)
    status, version = commit(gated, request, lambda snapshot: deleting(request, at(snapshot, key)), "delete")
    return Answer(status, headers={"etag": etag(version)} if version else {})


def deleting(request: Request, target: Target) -> Change:
    expect(request, target.version)
    if target.base is None or not target.stands:
        return Change(204, there=target.base)
    return Change(204, deletion(target.base))
