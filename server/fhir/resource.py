"""From a body to what the store writes: the one way in which any room makes a Write of a FHIR resource."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from mappings.fhir.checker import check
from mappings.fhir.json import Json, dumps, loads
from server.fhir.outcome import MAX_ISSUES, Invalid, Issue, Unprocessable
from server.fhir.registry import names
from server.fhir.search.terms import own_terms, terms
from server.identity.keys import identities
from server.store.entry import NO_MARKS, Key, Marks, Version, Write
from server.store.journal import Snapshot
from server.subscriptions import subscription

SERVERS_META = frozenset({"versionId", "lastUpdated"})


RULES: Mapping[str, Callable[[Json], Sequence[Issue]]] = {"Subscription": subscription.problems}
"""What resources that this server acts on have to be, besides FHIR."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A body that conforms, with all that can be said of it before its id and version are known."""

    body: Json
    terms: tuple[str, ...]
    identities: tuple[str, ...]


def accept(body: Json) -> Accepted:
    """Pure, so it is done before the journal's turn comes. Raises Invalid with the place of each thing wrong, and
    Unprocessable for what this server could not keep its word on."""
    if problems := check(body):
        shown = (Issue(each.text, each.expression, each.code) for each in problems[:MAX_ISSUES])
        raise Invalid(*shown)
    if refused := RULES.get(body["resourceType"], nothing)(body):
        raise Unprocessable(*refused)
    return Accepted(body, terms(body), identities(body))


def nothing(_: Json) -> Sequence[Issue]:
    return ()


def prepare(
    snapshot: Snapshot,
    body: Json | Accepted,
    *,
    base: Version | None,
    marks: Marks = NO_MARKS,
    reserves_extra: Sequence[str] = (),
    id: str | None = None,
) -> Write:
    """The next version of ``base``, or the first of a resource (``id``, else the body's, else a new one).

    ``reserves_extra`` are held or the write fails; what the body's own identifiers name is held only if nobody else
    does, since FHIR lets two resources carry the same identifier. Raises Invalid."""
    accepted = body if isinstance(body, Accepted) else accept(body)
    kind = accepted.body["resourceType"]
    key = base.key if base else Key(kind, id or accepted.body.get("id") or snapshot.new_id(None))
    number = base.version if base else 0
    stamped = stamp(accepted.body, key.id, number + 1, snapshot.at)
    return Write(
        key=key,
        base=number,
        body=dumps(stamped),
        terms=found_by(accepted.terms, key.id, snapshot.at),
        reserves=reserved(snapshot, key, base, accepted.identities, reserves_extra),
        marks=marks,
    )


def found_by(said: Sequence[str], id: str, at: datetime) -> tuple[str, ...]:
    """What the client said, and what the server knows."""
    return tuple(sorted((*said, *own_terms(id, at))))


def terms_of(version: Version) -> tuple[str, ...]:
    """What a stored resource has to be found by, made of its body; what is none of FHIR's says so itself."""
    if version.body is None or version.key.type not in names():
        return version.terms
    return found_by(terms(loads(version.body)), version.key.id, version.at)


def deletion(base: Version) -> Write:
    """What was held is free again, and nothing finds it any more."""
    return Write(base.key, base.version, None)


def stamp(body: Json, id: str, version: int, at: datetime) -> Json:
    """``id``, ``meta.versionId`` and ``meta.lastUpdated`` are the server's to say, whatever the client sent."""
    sent = {name: value for name, value in body.get("meta", {}).items() if name not in SERVERS_META}
    meta = {"versionId": str(version), "lastUpdated": instant(at), **sent}
    return {"resourceType": body["resourceType"], "id": id, "meta": meta, **_rest(body)}


def _rest(body: Json) -> Json:
    return {name: value for name, value in body.items() if name not in {"resourceType", "id", "meta"}}


@lru_cache(16)
def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reserved(
    snapshot: Snapshot, key: Key, base: Version | None, soft: Sequence[str], hard: Sequence[str]
) -> tuple[str, ...]:
    """What the resource holds from now on: what it must, what it held that is no identifier of its body, and of its
    identifiers those that no other resource holds."""
    kept = [each for each in (base.reserves if base else ()) if "?identifier=" not in each]
    held: Mapping[str, Key] = snapshot.holders(soft) if soft else {}
    free = [each for each in soft if held.get(each, key) == key]
    return tuple(dict.fromkeys((*hard, *kept, *free)))
