"""A transaction: many interactions, one entry, whole or not at all.

https://hl7.org/fhir/R4/http.html#transaction"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mappings.fhir.json import Json, dumps, loads
from server.auth.gate import GatedStore, permit
from server.fhir.commit import Change, entry, one, parameters, selecting
from server.fhir.create import criteria_of, new, typed
from server.fhir.delete import deleting, doomed
from server.fhir.exchange import Answer, Request, changed
from server.fhir.outcome import FhirError, Invalid, PreconditionFailed
from server.fhir.patch import met, patch_of, patching
from server.fhir.profiles import demanding
from server.fhir.references import Links, resolved, root
from server.fhir.registry import permitted
from server.fhir.resource import prepare
from server.fhir.routes import perform
from server.fhir.search.parse import conditions
from server.fhir.steps import Step, answered, failed, placed
from server.fhir.update import Target, addressed, at, meant, updating
from server.store.entry import Entry, Key, Version, Write
from server.store.journal import Snapshot
from server.store.query import All, Query

ORDER = {"delete": 0, "create": 1, "update": 2, "patch": 2}
"""In which writes are done. What is only read is read when they are."""

READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Located:
    """A step and the resource that it writes. ``there``: what it would create exists already, and stays as it is.
    ``sought``: what it looked for and did not find, before it creates it."""

    step: Step
    target: Target
    there: Version | None = None
    sought: Query | None = None


def transaction(gated: GatedStore, request: Request, steps: Sequence[Step]) -> list[Json]:
    """The entries of the answer, in the order of those that were asked."""
    writing = sorted((each for each in steps if writes(each)), key=lambda step: ORDER[step.interaction])
    needs = tuple(need for each in writing for need in needed(each))

    def fold(snapshot: Snapshot) -> Entry:
        found = located(snapshot, writing)
        links = Links(names(found), finder(gated, snapshot, request))
        done = [(each, change(snapshot, each, links)) for each in found]
        demand = demanding(gated.ungated, snapshot.tenant, request.rules)
        for each, made in done:
            with placed(each.step.place):
                demand(made.write)
        told = {str(each.place): answered(Answer(204)) for each in writing}
        told |= {str(each.step.place): told_of(snapshot, each, made) for each, made in done}
        about = {"interaction": "transaction", "status": "200"}
        written = held_once(made.write for _, made in done if made.write)
        return replace(entry(gated, snapshot, written, about), reply=dumps(told))

    told = loads(gated.submit(fold, needs=needs).reply) if writing else {}
    return [told.get(str(each.place)) or read(gated, each) for each in steps]


def writes(step: Step) -> bool:
    """Raises Invalid for what can neither be part of an entry nor wait until it is written."""
    with placed(step.place):
        if step.request.type:
            permitted(step.request.type, step.interaction)
        if step.interaction not in ORDER and step.method not in READING:
            raise Invalid("this cannot be part of a transaction")
    return step.interaction in ORDER


def needed(step: Step) -> tuple[tuple[str, str], ...]:
    """What a client must be allowed: criteria are a search too."""
    done, type = (step.interaction, step.request.type), step.request.type
    creates = step.interaction == "create"
    conditional = criteria_of(step.request) is not None if creates else not step.request.id
    return (done, ("search", type)) if conditional else (done,)


def located(snapshot: Snapshot, steps: Sequence[Step]) -> list[Located]:
    """Before anything is written: what the steps are about. Raises Invalid when two write the same resource."""
    found: list[Located] = []
    taken: set[Key | tuple[str, Query]] = set()
    for each in steps:
        with placed(each.place):
            for one in locate(snapshot, each):
                if taken & identities(one):
                    raise Invalid("another entry writes this resource too")
                taken |= identities(one)
                found.append(one)
    return found


def identities(one: Located) -> set[Key | tuple[str, Query]]:
    """Two entries that both create what neither found are about the same resource, too."""
    if one.there:
        return set()
    return {one.target.key, *([(one.target.key.type, one.sought)] if one.sought else ())}


def locate(snapshot: Snapshot, step: Step) -> list[Located]:
    """One resource; several, or none, only where all are deleted that meet the criteria."""
    request = step.request
    if request.id:
        return [Located(step, at(snapshot, Key(request.type, request.id)))]
    if step.interaction == "create":
        criteria = criteria_of(request)
        return [creation(snapshot, step, None if criteria is None else selecting(request, criteria))]
    where = selecting(request, request.query)
    match step.interaction:
        case "delete":
            return [Located(step, each) for each in doomed(request, snapshot, where)]
        case "patch":
            return [Located(step, met(snapshot, request.type, where))]
        case _:
            target = meant(snapshot, typed(request), where)
            return [Located(step, target, sought=None if target.stands else where)]


def creation(snapshot: Snapshot, step: Step, where: Query | None) -> Located:
    there = one(snapshot, step.request.type, where) if where else None
    if there:
        return Located(step, Target(there.key, there), there)
    return Located(step, Target(Key(step.request.type, snapshot.new_id(None))), sought=where)


def names(found: Iterable[Located]) -> Mapping[str, str]:
    """What entries are called within the Bundle, and where they will be. https://hl7.org/fhir/R4/bundle.html#bdl-7"""
    given: dict[str, str] = {}
    for each in found:
        if each.step.name and given.setdefault(each.step.name, str(each.target.key)) != str(each.target.key):
            with placed(each.step.place):
                raise Invalid("another entry has this fullUrl too")
    return given


def finder(gated: GatedStore, snapshot: Snapshot, request: Request) -> Callable[[str], str]:
    """Conditional references: exactly one resource, among those that the client may search for."""

    def find(reference: str) -> str:
        type, _, criteria = reference.partition("?")
        where = conditions(type, parameters(criteria), base=request.base, now=request.now)
        found = one(snapshot, type, All((where, permit(gated.principal, "search", type))))
        if found is None:
            raise PreconditionFailed("a conditional reference finds nothing")
        return str(found.key)

    return find


def change(snapshot: Snapshot, each: Located, links: Links) -> Change:
    if each.there:
        return Change(200, there=each.there)
    with placed(each.step.place):
        return WRITING[each.step.interaction](snapshot, each, replace(links, root=root(each.step.name)))


def _delete(_: Snapshot, each: Located, __: Links) -> Change:
    return deleting(each.step.request, each.target)


def _create(snapshot: Snapshot, each: Located, links: Links) -> Change:
    body = resolved(new(each.step.request), links)
    return Change(201, prepare(snapshot, body, base=None, id=each.target.key.id))


def _update(snapshot: Snapshot, each: Located, links: Links) -> Change:
    request = each.step.request
    body = addressed(request) if request.id else typed(request)
    return updating(snapshot, request, each.target, resolved(body, links))


def _patch(snapshot: Snapshot, each: Located, links: Links) -> Change:
    patch = patch_of(each.step.request)
    return patching(snapshot, each.step.request, each.target, lambda body: resolved(patch(body), links))


WRITING: Mapping[str, Callable[[Snapshot, Located, Links], Change]] = {
    "delete": _delete,
    "create": _create,
    "update": _update,
    "patch": _patch,
}


def told_of(snapshot: Snapshot, each: Located, made: Change) -> Json:
    version = made.write.version(0, snapshot.at) if made.write else made.there
    return answered(changed(each.step.request, made.status, version))


def held_once(writes: Iterable[Write]) -> list[Write]:
    """Of several resources of one transaction that carry the same identifier, the first holds it."""
    taken: set[str] = set()
    found = []
    for each in writes:
        free = tuple(value for value in each.reserves if value not in taken)
        taken.update(free)
        found.append(replace(each, reserves=free))
    return found


def read(gated: GatedStore, step: Step) -> Json:
    """Everything is written by now, so what cannot be read is told as that entry's own failure."""
    try:
        return answered(perform(gated, step.path, step.method, step.request))
    except FhirError as error:
        return failed(error)
