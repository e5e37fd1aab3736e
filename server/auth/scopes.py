"""SMART scopes, v1 and v2: what may be done to which resources, as text and as an algebra.

https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

from mappings.fhir.r4.tables import resource_types

ACTIONS = "cruds"
V1 = {"read": "rs", "write": "cud", "*": "cruds"}
V1_NAMES = {actions: name for name, actions in V1.items()}
WORDS = frozenset(
    {
        "openid",
        "profile",
        "fhirUser",
        "launch",
        "launch/patient",
        "launch/encounter",
        "offline_access",
        "online_access",
    }
)
MAX_TEXT = 8_192
MAX_SCOPES = 200

_RESOURCE_SCOPE = re.compile(
    r"(patient|user|system)/(\*|[A-Z][A-Za-z]*)\.(?:(read|write|\*)|(?=[cruds])(c?r?u?d?s?)(?:\?(.+))?)"
)
# No chains and no result parameters (`_include`, `_count`): a scope narrows one type, it reaches no other.
_PARAMETER = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9-]*|_id|_lastUpdated|_tag|_profile|_security|_source)(?::[A-Za-z-]+)?"
    r"=[\x21\x23-\x25\x27-\x5b\x5d-\x7e]+"
)


class BadScope(ValueError):
    """The text is not a scope that this server knows; says which one by its place."""


class Word(str):
    """A scope that asks for context or identity, not for resources: ``openid``, ``launch/patient``."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ResourceScope:
    """``params`` (``category=lab``) narrow what is reached; all of them hold. ``v1`` is how it was spelt."""

    context: str
    type: str
    actions: str
    params: tuple[str, ...] = ()
    v1: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        actions = V1_NAMES.get(self.actions, self.actions) if self.v1 and not self.params else self.actions
        tail = "?" + "&".join(self.params) if self.params else ""
        return f"{self.context}/{self.type}.{actions}{tail}"

    def reaches(self, type: str) -> bool:
        return self.type in {"*", type}


Scope: TypeAlias = ResourceScope | Word


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[Scope, ...]:
    """The scopes of a space-separated list, each once. Raises BadScope."""
    words = [word for word in text.split(" ") if word]
    if len(text) > MAX_TEXT or len(words) > MAX_SCOPES:
        raise BadScope(f"more than {MAX_SCOPES} scopes or {MAX_TEXT} characters")
    return tuple(dict.fromkeys(_scope(word, place) for place, word in enumerate(words, 1)))


def text(scopes: Iterable[Scope]) -> str:
    return " ".join(map(str, scopes))


def _scope(word: str, place: int) -> Scope:
    if word in WORDS:
        return Word(word)
    found = _RESOURCE_SCOPE.fullmatch(word)
    if not found:
        raise BadScope(f"scope {place} is not a SMART scope")
    context, type, v1, actions, tail = found.groups()
    if type != "*" and type not in resource_types():
        raise BadScope(f"scope {place} names no resource type of R4")
    params = tuple(dict.fromkeys(tail.split("&"))) if tail else ()
    if not all(_PARAMETER.fullmatch(each) for each in params):
        raise BadScope(f"scope {place} has a search parameter that a scope cannot have")
    return ResourceScope(context, type, V1[v1] if v1 else actions, params, v1=bool(v1))


def covers(outer: ResourceScope, inner: ResourceScope) -> bool:
    """Whether ``outer`` alone allows all that ``inner`` does."""
    return _reaches(outer, inner) and set(inner.actions) <= set(outer.actions)


def subset(inner: Iterable[Scope], outer: Sequence[Scope]) -> bool:
    """Whether ``outer`` allows all that ``inner`` does."""
    return all(_allowed(scope, outer) for scope in inner)


def narrow(asked: Iterable[Scope], allowed: Sequence[Scope]) -> tuple[Scope, ...]:
    """What is both asked for and allowed, in the order and the spelling in which it was asked for."""
    return tuple(dict.fromkeys(part for scope in asked for part in _parts(scope, allowed)))


def meet(one: ResourceScope, other: ResourceScope) -> ResourceScope | None:
    """What both allow; None for nothing. Contexts do not mix: a user's rights are not a system's."""
    actions = "".join(action for action in one.actions if action in other.actions)
    if one.context != other.context or not actions:
        return None
    if not (one.reaches(other.type) or other.reaches(one.type)):
        return None
    type = other.type if one.type == "*" else one.type
    return replace(one, type=type, actions=actions, params=tuple(dict.fromkeys(one.params + other.params)))


def _reaches(outer: ResourceScope, inner: ResourceScope) -> bool:
    return outer.context == inner.context and outer.reaches(inner.type) and set(outer.params) <= set(inner.params)


def _allowed(scope: Scope, outer: Sequence[Scope]) -> bool:
    if isinstance(scope, Word):
        return scope in outer
    reaching = (each.actions for each in outer if isinstance(each, ResourceScope) and _reaches(each, scope))
    return set(scope.actions) <= set().union(*reaching)


def _parts(scope: Scope, allowed: Sequence[Scope]) -> tuple[Scope, ...]:
    if isinstance(scope, Word):
        return (scope,) if scope in allowed else ()
    met = (meet(scope, each) for each in allowed if isinstance(each, ResourceScope))
    joined = tuple(_joined(each for each in met if each))
    return tuple(each for each in joined if not any(covers(o, each) and not covers(each, o) for o in joined))


def _joined(scopes: Iterable[ResourceScope]) -> Iterator[ResourceScope]:
    """One scope for all that differ in their actions alone."""
    found: dict[tuple[str, frozenset[str]], ResourceScope] = {}
    for scope in scopes:
        key = scope.type, frozenset(scope.params)
        first = found.setdefault(key, scope)
        found[key] = replace(first, actions="".join(a for a in ACTIONS if a in first.actions + scope.actions))
    yield from found.values()
