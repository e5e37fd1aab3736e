"""Profiles that are stored here, and what a write has to conform to.

A profile is stored as the StructureDefinition that it is, with its value sets and code systems: by ``causeway profile
load``, or by a client that may. https://hl7.org/fhir/R4/profiling.html"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache

from mappings.fhir.json import Json, loads
from mappings.fhir.problem import Problem
from mappings.fhir.profiles import definition
from mappings.fhir.profiles.claims import Claim, claims
from mappings.fhir.profiles.conformance import Verdict, conformance
from mappings.fhir.profiles.definition import BadProfile, Profile, canonical
from server.fhir.exchange import Rules
from server.fhir.outcome import MAX_ISSUES, Issue, Unprocessable
from server.fhir.search.parse import conditions
from server.store.entry import Version, Write
from server.store.query import Search
from server.store.store import Store

LONGEST = 2000
COMPILED = 64
"""Profiles that are kept compiled."""

_url = re.compile(r"(?:https?|urn):[!-~]{1,300}").fullmatch


class Profiles:
    """The profiles of a tenant, each looked up once: made for one question."""

    def __init__(self, store: Store, tenant: str) -> None:
        self._store, self._tenant = store, tenant
        self.find = cache(self._find)
        self.load = cache(self._load)

    def _find(self, type: str, url: str) -> Json | None:
        found = self._stored(type, url)
        return loads(found.body or b"{}") if found else None

    def _load(self, url: str) -> Profile | None:
        """Raises BadProfile."""
        found = self._stored("StructureDefinition", url)
        return _compiled(found.body or b"{}") if found else None

    def _stored(self, type: str, url: str) -> Version | None:
        if not url or len(url) > LONGEST or not url.isprintable():
            return None
        where = conditions(type, (("url", url.replace("\\", "\\\\").replace(",", "\\,")),))
        rows = self._store.search(self._tenant, Search(type, where, limit=1)).versions
        return rows[0] if rows else None

    def verdict(self, claim: Claim) -> Verdict | None:
        """None when there is no such profile here."""
        place, resource, url = claim
        try:
            profile = self.load(url)
            return conformance(resource, profile, self.load, self.find, place) if profile else None
        except BadProfile as error:
            unknown = Problem(place, f"cannot be compared with {url}: {error}", "not-supported")
            return Verdict([unknown], [])


@lru_cache(COMPILED)
def _compiled(body: bytes) -> Profile:
    return definition.profile(loads(body))


def named(resource: Json, urls: Iterable[str]) -> tuple[Claim, ...]:
    """What others say that a resource should conform to."""
    return tuple(Claim(resource["resourceType"], resource, canonical(each)) for each in urls)


def not_here(claim: Claim, severity: str = "error") -> Issue:
    shown = claim.url if _url(claim.url) else "a profile"
    return Issue(f"{shown} is not stored here, so nothing was compared with it", claim.place, "not-supported", severity)


def issues(problems: Sequence[Problem], severity: str = "error") -> Iterator[Issue]:
    for each in problems[:MAX_ISSUES]:
        yield Issue(each.text, each.expression, each.code, severity)


def demanding(store: Store, tenant: str, rules: Rules) -> Callable[[Write | None], None]:
    """What is asked of every write of a client's, in the journal's turn: what a patch makes is known only there.

    It raises Unprocessable."""
    profiles = Profiles(store, tenant)

    def demand(write: Write | None) -> None:
        if write and write.body and (rules.claims_count or write.key.type in rules.profiles):
            refuse(profiles, rules, loads(write.body))

    return demand


def refuse(profiles: Profiles, rules: Rules, resource: Json) -> None:
    """What is not as the site demands of its type, or, where claims count, as it says of itself. A profile that is
    demanded and not stored refuses everything: nothing passes unseen."""
    wanted = named(resource, rules.profiles.get(resource["resourceType"], ()))
    for claim in (*wanted, *(claims(resource) if rules.claims_count else ())):
        verdict = profiles.verdict(claim)
        if verdict is None and claim in wanted:
            raise Unprocessable(not_here(claim))
        if verdict and verdict.errors:
            raise Unprocessable(*issues(verdict.errors))
