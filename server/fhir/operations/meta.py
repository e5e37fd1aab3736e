"""$meta, $meta-add and $meta-delete: profiles, tags and security labels.

https://hl7.org/fhir/R4/resource-operation-meta.html"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mappings.fhir.json import Json, dumps, loads
from server.auth.gate import GatedStore, permit
from server.fhir.commit import Change, commit
from server.fhir.exchange import Answer, Request, expect
from server.fhir.operations.parameters import Parameter, arguments
from server.fhir.outcome import Forbidden, Gone, Issue, NotFound, Unprocessable
from server.fhir.registry import names, permitted, resource_type
from server.fhir.resource import prepare
from server.fhir.search.kinds import kind
from server.store.entry import Key, Version
from server.store.journal import Snapshot
from server.store.query import AFTER, Between, Query, Search
from server.store.query import Any as AnyOf

LABELS: Mapping[str, str] = {"profile": "_profile", "tag": "_tag", "security": "_security"}
"""The elements of Meta that are a list, and how they are searched for."""

META = (Parameter("meta", "Meta", required=True),)
MOST = 200
"""Different labels of one kind and type that are listed."""

Labels = dict[str, list[Any]]


def meta(gated: GatedStore, request: Request) -> Answer:
    """Of one resource all its Meta; of a type, or of everything, the labels that are in use."""
    arguments(request, ())
    if request.id:
        return answer(loads(gated.read(request.type, request.id).body or b"{}")["meta"])
    if request.type:
        permit(gated.principal, "search", request.type)
    return answer(in_use(gated, [request.type] if request.type else sorted(names())))


def answer(found: Json) -> Answer:
    return Answer(200, dumps({"resourceType": "Parameters", "parameter": [{"name": "return", "valueMeta": found}]}))


def in_use(gated: GatedStore, types: list[str]) -> Json:
    found: Labels = {}
    for type in types:
        for name, code in LABELS.items():
            for each in different(gated, type, name, code):
                add(found, name, each)
    return found


def different(gated: GatedStore, type: str, name: str, code: str) -> Iterator[Any]:
    """Each label once: whoever has one that lies between those that are known has a new one, so there is one look
    for each, however many resources carry it."""
    prefix = code + kind(resource_type(type).parameters[code]).present
    known = set[str]()
    while found := first(gated, type, between(prefix, sorted(known))):
        if len(known) > MOST:
            raise Unprocessable(Issue(f"{type} has more than {MOST} different labels", code="too-costly"))
        known.update(each for each in gated.terms(found) if each.startswith(prefix))
        yield from loads(found.body or b"{}").get("meta", {}).get(name, ())


def first(gated: GatedStore, type: str, where: Query) -> Version | None:
    try:
        return next(iter(gated.search(Search(type, where, limit=1)).versions), None)
    except Forbidden:
        return None


def between(prefix: str, known: list[str]) -> Query:
    lows = (prefix, *(f"{each}\x00" for each in known))
    return AnyOf(tuple(Between(low, high) for low, high in zip(lows, (*known, prefix + AFTER), strict=True)))


def meta_add(gated: GatedStore, request: Request) -> Answer:
    return changed(gated, request, added)


def meta_delete(gated: GatedStore, request: Request) -> Answer:
    return changed(gated, request, removed)


def changed(gated: GatedStore, request: Request, change: Callable[[Json, Json], Json]) -> Answer:
    """A new version with other labels, since here every change is one; none, where nothing would change."""
    permitted(request.type, "update")
    given = arguments(request, META).one("meta")
    key = Key(request.type, request.id)

    def changing(snapshot: Snapshot) -> Change:
        base = living(snapshot.read(key))
        expect(request, base.version)
        body = loads(base.body or b"{}")
        labelled = {**body, "meta": change(body["meta"], given)}
        if labelled == body:
            return Change(200, there=base)
        return Change(200, prepare(snapshot, labelled, base=base, marks=base.marks))

    _, version = commit(gated, request, changing, "update", "read")
    return answer(loads(version.body or b"{}")["meta"] if version else {})


def living(version: Version | None) -> Version:
    if version is None:
        raise NotFound("there is no such resource")
    if version.deleted:
        raise Gone("the resource was deleted")
    return version


def added(meta: Json, given: Json) -> Json:
    found = {name: list(meta.get(name, ())) for name in LABELS}
    for name in LABELS:
        for each in listed(given, name):
            add(found, name, each)
    return {**meta, **{name: each for name, each in found.items() if each}}


def removed(meta: Json, given: Json) -> Json:
    kept = {name: without(meta.get(name, ()), listed(given, name)) for name in LABELS}
    others = {name: value for name, value in meta.items() if name not in LABELS}
    return {**others, **{name: each for name, each in kept.items() if each}}


def listed(meta: Json, name: str) -> list[Any]:
    found = meta.get(name, [])
    return found if isinstance(found, list) else [found]


def add(labels: Labels, name: str, label: Any) -> None:
    there = labels.setdefault(name, [])
    if identity(label) not in map(identity, there):
        there.append(label)


def without(labels: Iterable[Any], gone: list[Any]) -> list[Any]:
    return [each for each in labels if identity(each) not in map(identity, gone)]


def identity(label: Any) -> Any:
    """A tag is its system and code, however it is displayed."""
    return (label.get("system"), label.get("code")) if isinstance(label, dict) else label
