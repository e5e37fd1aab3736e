"""https://hl7.org/fhir/R4/http.html#update, https://hl7.org/fhir/R4/http.html#upsert, https://hl7.org/fhir/R4/http.html#cond-update"""

from dataclasses import dataclass

from mappings.fhir.json import Json
from server.auth.gate import GatedStore
from server.fhir.commit import Change, commit, one, selecting
from server.fhir.create import typed
from server.fhir.exchange import ID, Answer, Request, changed, expect
from server.fhir.outcome import Conflict, Invalid, Issue
from server.fhir.resource import Accepted, accept, prepare
from server.store.entry import NO_MARKS, Key, Version
from server.store.journal import Snapshot
from server.store.query import Query


@dataclass(frozen=True, slots=True)
class Target:
    """What an interaction is about: a resource, and its newest version if there is one (it may be a deletion)."""

    key: Key
    base: Version | None = None

    @property
    def stands(self) -> bool:
        return self.base is not None and not self.base.deleted

    @property
    def version(self) -> int:
        """As If-Match means it: 0 when there is nothing."""
        return self.base.version if self.base and not self.base.deleted else 0


def update(gated: GatedStore, request: Request) -> Answer:
    """The next version, or the first under an id of the client's; with If-Match only from the version it names."""
    accepted = accept(addressed(request))
    key = Key(request.type, request.id)
    done = commit(gated, request, lambda snapshot: updating(snapshot, request, at(snapshot, key), accepted), "update")
    return changed(request, *done)


def update_if(gated: GatedStore, request: Request) -> Answer:
    """The resource that meets the criteria, or a new one."""
    where = selecting(request, request.query)
    accepted = accept(typed(request))

    def changing(snapshot: Snapshot) -> Change:
        return updating(snapshot, request, meant(snapshot, accepted.body, where), accepted)

    return changed(request, *commit(gated, request, changing, "update", "search"))


def addressed(request: Request) -> Json:
    """The body, whose id is the address's."""
    if not ID.fullmatch(request.id):
        raise Invalid(Issue("an id is 1 to 64 letters, digits, - and .", code="value"))
    body = typed(request)
    if body.get("id") != request.id:
        raise Invalid(Issue("the body's id has to be the one of the address", f"{request.type}.id"))
    return body


def at(snapshot: Snapshot, key: Key) -> Target:
    return Target(key, snapshot.read(key))


def meant(snapshot: Snapshot, body: Json, where: Query) -> Target:
    """Raises PreconditionFailed when several meet the criteria, Invalid or Conflict when the body names another id."""
    type, id = body["resourceType"], body.get("id")
    if found := one(snapshot, type, where):
        if id not in {None, found.key.id}:
            raise Invalid(Issue("the body's id is not that of the resource that meets the criteria", f"{type}.id"))
        return Target(found.key, found)
    target = at(snapshot, Key(type, id or snapshot.new_id(None)))
    if target.stands:
        raise Conflict(Issue("the resource of this id does not meet the criteria", f"{type}.id", "conflict"))
    return target


def updating(snapshot: Snapshot, request: Request, target: Target, body: Json | Accepted) -> Change:
    expect(request, target.version)
    marks = target.base.marks if target.base else NO_MARKS
    write = prepare(snapshot, body, base=target.base, marks=marks, id=target.key.id)
    return Change(200 if target.stands else 201, write)
