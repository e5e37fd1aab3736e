"""https://hl7.org/fhir/R4/http.html#delete, https://hl7.org/fhir/R4/http.html#cdelete"""

from server.auth.gate import GatedStore
from server.fhir.commit import Change, commit, commit_all, one, selecting
from server.fhir.exchange import Answer, Request, etag, expect
from server.fhir.outcome import Issue, PreconditionFailed
from server.fhir.resource import deletion
from server.fhir.update import Target, at
from server.store.entry import Key, Write
from server.store.journal import Snapshot
from server.store.query import Query

MOST = 1_000
"""Resources that one request deletes."""


def delete(gated: GatedStore, request: Request) -> Answer:
    """Done twice, or of what was never there, it says the same: it is not there."""
    key = Key(request.type, request.id)
    status, version = commit(gated, request, lambda snapshot: deleting(request, at(snapshot, key)), "delete")
    return Answer(status, headers={"etag": etag(version)} if version else {})


def delete_if(gated: GatedStore, request: Request) -> Answer:
    """What meets the criteria: one resource, or where the site has it so, all of them in one entry."""
    where = selecting(request, request.query)

    def writing(snapshot: Snapshot) -> list[Write]:
        changes = (deleting(request, each) for each in doomed(request, snapshot, where))
        return [change.write for change in changes if change.write]

    commit_all(gated, request, writing, "delete", "search")
    return Answer(204)


def doomed(request: Request, snapshot: Snapshot, where: Query) -> list[Target]:
    """Raises PreconditionFailed when there are more than may go."""
    if not request.rules.deletes_many:
        found = one(snapshot, request.type, where)
        return [Target(found.key, found)] if found else []
    many = snapshot.find(request.type, where, MOST + 1)
    if len(many) > MOST:
        raise PreconditionFailed(Issue(f"the criteria are met by more than {MOST} resources", code="too-costly"))
    return [Target(each.key, each) for each in many]


def deleting(request: Request, target: Target) -> Change:
    expect(request, target.version)
    if target.base is None or not target.stands:
        return Change(204, there=target.base)
    return Change(204, deletion(target.base))
