"""https://hl7.org/fhir/R4/http.html#create, https://hl7.org/fhir/R4/http.html#ccreate"""

from mappings.fhir.json import Json
from server.auth.gate import GatedStore
from server.fhir.commit import Change, commit, one, parameters, selecting
from server.fhir.exchange import Answer, Parameters, Request, changed
from server.fhir.outcome import Invalid, Issue
from server.fhir.resource import Accepted, accept, prepare
from server.fhir.search.parse import RENDERING
from server.store.journal import Snapshot
from server.store.query import Query


def create(gated: GatedStore, request: Request) -> Answer:
    """A new resource under an id of the server's; with If-None-Exist only if none is there that meets the criteria.

    Whether one is there is decided in the journal's turn, so of several who ask at once only one creates."""
    accepted = accept(new(request))
    if (criteria := criteria_of(request)) is None:
        done = commit(gated, request, lambda snapshot: creating(snapshot, accepted), "create")
    else:
        where = selecting(request, criteria)
        done = commit(gated, request, lambda snapshot: creating_if(snapshot, accepted, where), "create", "search")
    return changed(request, *done)


def criteria_of(request: Request) -> Parameters | None:
    """What If-None-Exist says; in the address, as some clients have it, the same is meant."""
    if (header := request.headers.get("if-none-exist")) is not None:
        return parameters(header)
    return request.query if any(name not in RENDERING for name, _ in request.query) else None


def new(request: Request) -> Json:
    """The body without an id, which the specification says to ignore."""
    return {name: value for name, value in typed(request).items() if name != "id"}


def typed(request: Request) -> Json:
    """The body, which is of the address's type."""
    body = request.resource()
    if body.get("resourceType") != request.type:
        raise Invalid(Issue(f"this is no {request.type}", "resourceType"))
    return body


def creating(snapshot: Snapshot, accepted: Accepted) -> Change:
    return Change(201, prepare(snapshot, accepted, base=None))


def creating_if(snapshot: Snapshot, accepted: Accepted, where: Query) -> Change:
    found = one(snapshot, accepted.body["resourceType"], where)
    return Change(200, there=found) if found else creating(snapshot, accepted)
