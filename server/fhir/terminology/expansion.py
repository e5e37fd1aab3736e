"""A value set written out: its codes in the order that its definition gives them, with what they are called.

https://hl7.org/fhir/R4/valueset.html#expansion"""

from collections.abc import Iterable, Iterator

from mappings.fhir.json import Json
from mappings.fhir.values import normalized
from server.fhir.outcome import Issue, Unprocessable
from server.fhir.terminology.code_system import CodeSystem, values
from server.fhir.terminology.value_set import Coding, Members, Terminology

RETIRED = frozenset({"retired", "deprecated"})


def contains(terminology: Terminology, body: Json, members: Members) -> Iterator[Json]:
    """https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.contains"""
    if members.systems:
        raise Unprocessable(Issue("the value set takes all of a code system that is not known here", code="not-found"))
    called = names(body)
    for code, system in ordered(terminology, body, members):
        known = terminology.code_system(system) if system else None
        yield contained((code, system), known, called.get((code, system), ""))


def contained(coding: Coding, system: CodeSystem | None, called: str) -> Json:
    code, url = coding
    concept = system.concepts.get(code, {}) if system else {}
    display = called or concept.get("display", "")
    return {
        **({"system": url} if url else {}),
        **({"abstract": True} if "true" in values(concept, "notSelectable") else {}),
        **({"inactive": True} if is_inactive(concept) else {}),
        "code": code,
        **({"display": display} if display else {}),
        **({"designation": concept["designation"]} if "designation" in concept else {}),
    }


def is_inactive(concept: Json) -> bool:
    """https://hl7.org/fhir/R4/codesystem-concept-properties.html"""
    return "true" in values(concept, "inactive") or not RETIRED.isdisjoint(values(concept, "status"))


def ordered(terminology: Terminology, body: Json, members: Members) -> Iterator[Coding]:
    """As they are listed, else as their code systems have them; what another value set brought, last."""
    left = dict.fromkeys(sorted(members.codes, key=lambda each: (each[1], each[0])))
    for each in (*listed(terminology, body.get("compose", {}).get("include", ())), *list(left)):
        if each in left:
            del left[each]
            yield each


def listed(terminology: Terminology, includes: Iterable[Json]) -> Iterator[Coding]:
    for each in includes:
        system = each.get("system", "")
        known = terminology.code_system(system) if system and "concept" not in each else None
        codes = known.concepts if known else [concept["code"] for concept in each.get("concept", ())]
        yield from ((code, system) for code in codes)


def names(body: Json) -> dict[Coding, str]:
    """What the value set itself calls its codes."""
    includes = body.get("compose", {}).get("include", ())
    concepts = ((each.get("system", ""), concept) for each in includes for concept in each.get("concept", ()))
    return {(concept["code"], system): concept["display"] for system, concept in concepts if "display" in concept}


def mentions(contained: Json, text: str) -> bool:
    """Whether each word of the text begins a word of the display, or the code."""
    words = f"{contained.get('display', '')} {contained['code']}"
    known = normalized(words).split()
    return all(any(each.startswith(word) for each in known) for word in normalized(text).split())
