"""Whether a code is in a value set, as far as the code systems at hand can tell.

https://hl7.org/fhir/R4/valueset.html#compositions"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from mappings.fhir.json import Json
from mappings.fhir.r4 import tables

Find: TypeAlias = Callable[[str, str], Json | None]
"""A conformance resource by its type and canonical URL."""
Known: TypeAlias = bool | None
"""None: that would take a code system which is not here."""

DEPTH = 16


def contains(find: Find, url: str, system: str | None, code: str, depth: int = 0) -> Known:
    """Of a code without a system, whether any system of the set has it."""
    composed = (find("ValueSet", url) or {}).get("compose") if depth < DEPTH else None
    if composed is None:
        return _of_r4(url, system, code)
    included = _any(_component(find, each, system, code, depth) for each in composed["include"])
    excluded = _any(_component(find, each, system, code, depth) for each in composed.get("exclude", ()))
    return False if included is False or excluded is True else None if None in (included, excluded) else True


def _of_r4(url: str, system: str | None, code: str) -> Known:
    systems = tables.value_set(url)
    if systems is None:
        return None
    return code in systems.get(system, ()) if system else any(code in each for each in systems.values())


def _component(find: Find, component: Json, system: str | None, code: str, depth: int) -> Known:
    """In its system and in every value set that it names."""
    parts = [contains(find, each.partition("|")[0], system, code, depth + 1) for each in component.get("valueSet", ())]
    if "system" in component:
        parts.append(_in_system(find, component, system, code))
    return False if False in parts else None if None in parts else True


def _in_system(find: Find, component: Json, system: str | None, code: str) -> Known:
    if system is not None and system != component["system"]:
        return False
    if "concept" in component:
        return any(each["code"] == code for each in component["concept"])
    known = find("CodeSystem", component["system"])
    if known is None or known.get("content") != "complete":
        return None
    above = dict(_concepts(known.get("concept", ()), ())).get(code)
    return False if above is None else _all(_filtered(each, code, above) for each in component.get("filter", ()))


def _filtered(asked: Json, code: str, above: tuple[str, ...]) -> Known:
    if asked["property"] != "concept" or asked["op"] not in ("is-a", "descendent-of"):
        return None
    return asked["value"] in above or (asked["op"] == "is-a" and asked["value"] == code)


def _concepts(concepts: Iterable[Json], above: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every code with the codes above it."""
    for each in concepts:
        yield each["code"], above
        yield from _concepts(each.get("concept", ()), (*above, each["code"]))


def _any(parts: Iterable[Known]) -> Known:
    known = set(parts)
    return True if True in known else None if None in known else False


def _all(parts: Iterable[Known]) -> Known:
    known = set(parts)
    return False if False in known else None if None in known else True
