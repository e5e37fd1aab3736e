"""The one gate: what a principal may do, as the filter that every query carries, and the store behind it.

https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html, https://hl7.org/fhir/R4/compartmentdefinition.html"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import unquote

from server.auth.scopes import ResourceScope, Scope
from server.fhir.compartment import within
from server.fhir.outcome import FhirError, Forbidden, Gone, NotFound
from server.fhir.registry import ResourceType, resource_type
from server.fhir.search.parse import conditions
from server.store.engine import Page
from server.store.entry import Entry, Key, Version, Write
from server.store.links import links
from server.store.query import EVERYTHING, NOTHING, All, Any, Link, Query, Search, matches
from server.store.snapshot import Fold, Snapshot
from server.store.store import Store

ACTIONS = {
    "create": "c",
    "read": "r",
    "vread": "r",
    "history": "r",
    "history-instance": "r",
    "update": "u",
    "patch": "u",
    "delete": "d",
    "search": "s",
    "search-type": "s",
    "history-type": "s",
}
"""What each interaction takes of ``.cruds``."""

READING, CHANGING = "rs", "ud"

DIRECTORY = frozenset(
    {
        "Endpoint",
        "HealthcareService",
        "InsurancePlan",
        "Location",
        "Medication",
        "Organization",
        "OrganizationAffiliation",
        "Practitioner",
        "PractitionerRole",
    }
)
"""What a patient's record refers to and is about no patient: whoever may read it, may read all of it.

https://hl7.org/fhir/us/core/STU7/scopes.html"""

INTERNAL = "-"
"""Begins the type of a record that is no FHIR resource (a client, a token): nobody reaches those through the gate."""


Needs: TypeAlias = tuple[tuple[str, str], ...]
"""Interactions with types that a request has to be allowed."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a client, with what it was granted. ``patient`` is the id of the patient it was launched for;
    ``rights`` are what the person whom it acts for may do at all (``server/auth/roles.py``)."""

    tenant: str
    client: str
    scopes: tuple[Scope, ...]
    user: str | None = None
    patient: str | None = None
    purpose: str | None = None
    rights: tuple[ResourceScope, ...] = ()


def permit(principal: Principal, interaction: str, type: str) -> Query:
    """The filter that the interaction must carry: what any of the scopes reaches. Raises Forbidden when none does."""
    found = reach(principal, ACTIONS.get(interaction, ""), type)
    if found == NOTHING:
        raise Forbidden(
            f"the access token does not allow {interaction} of {type}",
            headers={"www-authenticate": 'Bearer error="insufficient_scope"'},
        )
    return found


def allows(principal: Principal, type: str) -> bool:
    """Whether there may be anything of a type that the principal may search for."""
    return reach(principal, ACTIONS["search"], type) != NOTHING


def reach(principal: Principal, actions: str, type: str) -> Query:
    """What the scopes that allow one of ``actions`` reach of a type, together."""
    if type.startswith(INTERNAL):
        return NOTHING
    scopes = (each for each in principal.scopes if isinstance(each, ResourceScope))
    return _reached(scopes, principal, frozenset(actions), type)


def _reached(scopes: Iterable[ResourceScope], principal: Principal, actions: frozenset[str], type: str) -> Query:
    usable = ((each, actions.intersection(each.actions)) for each in scopes if each.reaches(type))
    return _either(
        _both(_context(scope.context, principal, allowed, type), _narrowing(resource_type(type), scope.params))
        for scope, allowed in usable
        if allowed
    )


def _context(context: str, principal: Principal, actions: frozenset[str], type: str) -> Query:
    """A scope of a person's rights reaches what those rights do: nothing, where nobody's are known."""
    match context:
        case "system":
            return EVERYTHING
        case "patient" if principal.patient and type in DIRECTORY and actions <= set(READING):
            return EVERYTHING
        case "patient" if principal.patient:
            return within("Patient", principal.patient, type)
        case "user":
            return _reached(principal.rights, principal, actions, type)
        case _:
            return NOTHING


@lru_cache(maxsize=1024)
def _narrowing(row: ResourceType, params: tuple[str, ...]) -> Query:
    """A scope's search parameters as a query; one that means nothing for this type reaches nothing of it."""
    if not params:
        return EVERYTHING
    pairs = tuple((name, unquote(value)) for name, _, value in (each.partition("=") for each in params))
    try:
        return conditions(row.name, pairs)
    except FhirError:
        return NOTHING


def reaching(principal: Principal, where: Query) -> Query:
    """What a query asks of other resources is a search for them by the same principal."""

    def narrowed(link: Link) -> Query:
        there = reach(principal, ACTIONS["search"], link.type)
        return NOTHING if there == NOTHING else replace(link, where=_both(reaching(principal, link.where), there))

    return links(where, narrowed)


def _either(queries: Iterable[Query]) -> Query:
    found = tuple(dict.fromkeys(each for each in queries if each != NOTHING))
    if EVERYTHING in found:
        return EVERYTHING
    return found[0] if len(found) == 1 else Any(found)


def _both(one: Query, other: Query) -> Query:
    if NOTHING in {one, other}:
        return NOTHING
    queries = tuple(each for each in (one, other) if each != EVERYTHING)
    return queries[0] if len(queries) == 1 else All(queries)


class GatedStore:
    """The store as one principal may use it. What is not theirs is answered like what is not there."""

    def __init__(self, store: Store, principal: Principal) -> None:
        self._store = store
        self.principal = principal

    @property
    def ungated(self) -> Store:
        """For the server's own records (exports that were asked for, say): whoever uses it decides who may."""
        return self._store

    def read(self, type: str, id: str) -> Version:
        """Raises Forbidden, NotFound; Gone only where the resource was theirs to see."""
        where = permit(self.principal, "read", type)
        return _living(self._shown(self._store.read(self.principal.tenant, Key(type, id)), where))

    def vread(self, type: str, id: str, version: int) -> Version:
        """One version of a resource that is theirs now and was theirs then. Raises as read does; Gone, too, when it was
        purged, and nothing tells any more whose it was then."""
        where = permit(self.principal, "vread", type)
        key = Key(type, id)
        self._shown(self._store.read(self.principal.tenant, key), where)
        found = self._store.vread(self.principal.tenant, key, version)
        if found and found.purged:
            raise Gone("this version is past the time for which versions are kept")
        return _living(self._shown(found, where))

    def history(self, type: str = "", id: str | None = None, *, limit: int, before: int | None = None) -> Page:
        """Versions, newest first, of one resource, of a type or of all; those that were purged are left out. Raises
        Forbidden, NotFound."""
        tenant, key = self.principal.tenant, Key(type, id) if id else None
        reaches = self._reaches("history" if id else "history-type", type)
        if key:
            self._shown(self._store.read(tenant, key), reaches(type))
        page = self._store.history(tenant, key, type=None if key else type or None, limit=limit, before=before)
        kept = (each for each in page.versions if not each.purged)
        theirs = (each for each in kept if self._is_still_theirs(each, reaches(each.key.type)))
        return replace(page, versions=tuple(theirs))

    def after(self, version: Version) -> Version | None:
        """What followed on a version that was seen, if anything did."""
        return self._store.vread(self.principal.tenant, version.key, version.version + 1)

    def _reaches(self, interaction: str, type: str) -> Callable[[str], Query]:
        """By type, what may be seen of it. Raises Forbidden when that is nothing of anything."""
        if type:
            where = permit(self.principal, interaction, type)
            return lambda _: where
        action = ACTIONS[interaction]
        if not any(isinstance(each, ResourceScope) and action in each.actions for each in self.principal.scopes):
            raise Forbidden(f"the access token does not allow {interaction} of anything")
        return lambda each: reach(self.principal, action, each)

    def search(self, search: Search) -> Page:
        where = _both(reaching(self.principal, search.where), permit(self.principal, "search", search.type))
        return self._store.search(self.principal.tenant, replace(search, where=where))

    def count(self, type: str, where: Query = EVERYTHING) -> int:
        permitted = permit(self.principal, "search", type)
        return self._store.count(self.principal.tenant, type, _both(reaching(self.principal, where), permitted))

    def submit(
        self,
        fold: Fold,
        dedupe: str | None = None,
        needs: Needs = (),
        own: frozenset[str] = frozenset(),
    ) -> Entry:
        """Runs a fold that sees, and writes, only what is the principal's.

        ``needs`` (interaction, type) are decided before anything is read. ``own`` are types that the operation reads
        and writes in the server's own right: the answer to a claim is the payer's to write. Raises Forbidden, NotFound,
        and what the fold and the journal raise."""
        for interaction, type in needs:
            permit(self.principal, interaction, type)

        def gated(snapshot: Snapshot) -> Entry:
            seen = (snapshot.tenant, snapshot.at, snapshot.view, snapshot.namespace, snapshot.ids)
            entry = fold(GatedSnapshot(*seen, self, needs, own))
            for write in entry.writes:
                self._check(snapshot, write, own)
            return replace(entry, actor=self.principal.client)

        entry = self._store.submit(self.principal.tenant, gated, dedupe).result()
        if entry.actor != self.principal.client:
            raise Forbidden("this request was made by another client already")
        return entry

    def terms(self, version: Version) -> tuple[str, ...]:
        """What tells whose a version is; a deletion is whose the version before it was."""
        if not version.deleted:
            return version.terms
        before = self._store.vread(self.principal.tenant, version.key, version.version - 1)
        return before.terms if before else ()

    def _is_theirs(self, version: Version, where: Query) -> bool:
        return where == EVERYTHING or matches(where, self.terms(version))

    def _is_still_theirs(self, version: Version, where: Query) -> bool:
        """A version of what became somebody else's is not theirs either."""
        if where == EVERYTHING:
            return True
        current = self._store.read(self.principal.tenant, version.key)
        return current is not None and self._is_theirs(current, where) and self._is_theirs(version, where)

    def _shown(self, version: Version | None, where: Query) -> Version:
        if version is None or not self._is_theirs(version, where):
            raise NotFound("there is no such resource")
        return version

    def _check(self, snapshot: Snapshot, write: Write, own: Collection[str]) -> None:
        """A write may touch only what is the principal's, and may leave it nobody else's."""
        if write.key.type in own and not write.key.type.startswith(INTERNAL):
            return
        where = permit(self.principal, interaction(write), write.key.type)
        if current := snapshot.read(write.key):
            self._shown(current, where)
        if write.body is not None and not matches(where, write.terms):
            raise Forbidden(f"the {write.key.type} would lie outside of what the access token reaches")


@dataclass(frozen=True, slots=True)
class GatedSnapshot(Snapshot):
    """A snapshot in which only the principal's resources are, and the operation's own.

    ``holders`` are not hidden: they are never shown, and a value that somebody holds cannot be held twice."""

    gate: GatedStore
    needs: Needs
    own: frozenset[str]

    def read(self, key: Key) -> Version | None:
        return self.newest((key,))[key]

    def newest(self, keys: Collection[Key]) -> Mapping[Key, Version | None]:
        """Also what may only be changed: a change is computed from what is there."""
        found = self.view.newest(keys)
        return {key: each if each and self._sees(each) else None for key, each in found.items()}

    def find(self, type: str, where: Query, most: int | None = None) -> tuple[Version, ...]:
        where = reaching(self.gate.principal, where)
        return self.view.find(type, _both(where, self._reach(type, READING)), most)

    def _sees(self, version: Version) -> bool:
        changes = (ACTIONS[interaction] for interaction, type in self.needs if type == version.key.type)
        where = self._reach(version.key.type, READING + "".join(each for each in changes if each in CHANGING))
        return where == EVERYTHING or matches(where, self.gate.terms(version))

    def _reach(self, type: str, actions: str) -> Query:
        return EVERYTHING if type in self.own else reach(self.gate.principal, actions, type)


def interaction(write: Write) -> str:
    if write.body is None:
        return "delete"
    return "update" if write.base else "create"


def _living(version: Version) -> Version:
    if version.deleted:
        raise Gone("the resource was deleted")
    return version
