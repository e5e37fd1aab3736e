"""Writes the tables beside it from R4's package: ``python -m mappings.fhir.r4.generate hl7.fhir.r4.core-4.0.1.tgz``.

Structure, bindings, invariants, search parameters and compartments are taken, descriptions are not. The same package
gives the same bytes. What may be expanded of a value set is what the package itself can answer for; the others (UCUM,
MIME types, LOINC) stay open.

https://hl7.org/fhir/R4/structuredefinition.html"""

import gzip
import json
import re
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Resources: TypeAlias = dict[str, list[Json]]
Codes: TypeAlias = dict[str, set[str]]

HERE = Path(__file__).parent
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
SYSTEM_TYPE = "http://hl7.org/fhirpath/System."
OWN_TYPES = frozenset({"SimpleQuantity"})
"""Profiles that R4's own elements name as their type (an ingredient's strength has no comparator)."""


def read(package: Path) -> Resources:
    """The package's resources by type, in the order of their ids."""
    found: Resources = {}
    with tarfile.open(package) as archive:
        for member in archive:
            if re.fullmatch(r"package/[A-Za-z]+-[^/]+\.json", member.name) and (file := archive.extractfile(member)):
                resource = json.load(file)
                found.setdefault(resource["resourceType"], []).append(resource)
    return {name: sorted(resources, key=lambda each: str(each["id"])) for name, resources in found.items()}


def structures(resources: Resources) -> Json:
    """Types with their elements. An invariant is a number: its place in ``invariants``."""
    definitions = {each["name"]: each for each in resources["StructureDefinition"] if _defines_a_type(each)}
    inherited = {name: _constraint_keys(each["snapshot"]["element"][0]) for name, each in definitions.items()}
    numbers: dict[tuple[str, str, str], int] = {}
    types = {name: _structure(each, inherited, numbers) for name, each in sorted(definitions.items())}
    return {"invariants": [list(each) for each in numbers], "types": types}


def _defines_a_type(definition: Json) -> bool:
    return definition["kind"] != "logical" and (
        definition.get("derivation") != "constraint" or definition["name"] in OWN_TYPES
    )


def _structure(definition: Json, inherited: dict[str, set[str]], numbers: dict[tuple[str, str, str], int]) -> Json:
    root, *elements = definition["snapshot"]["element"]
    base = definition.get("baseDefinition", "")
    return {
        "kind": definition["kind"],
        "abstract": definition["abstract"],
        "base": base.rpartition("/")[2],
        "invariants": _invariants(root, set(), numbers),
        "elements": [_element(each, inherited, numbers) for each in elements],
    }


def _element(element: Json, inherited: dict[str, set[str]], numbers: dict[tuple[str, str, str], int]) -> list[Any]:
    types = [_type(each, element["base"]["path"]) for each in element.get("type", ())]
    checked_by_type = set[str]().union(*(inherited.get(each[0], set()) for each in types))
    binding = element.get("binding", {})
    return [
        element["path"].partition(".")[2],
        element["min"],
        element["max"],
        types,
        binding["valueSet"].partition("|")[0] if binding.get("strength") == "required" else "",
        element.get("contentReference", "")[1:],
        _invariants(element, checked_by_type, numbers),
    ]


def _type(declared: Json, base: str) -> list[str]:
    """The type's name, then the types it may point at (or the profile of it that R4 means here)."""
    code = declared["code"]
    if code.startswith(SYSTEM_TYPE):
        code = next((each["valueUrl"] for each in declared.get("extension", ()) if each["url"] == FHIR_TYPE), "string")
    if base == "Resource.id":  # 4.0.1 says string here, and id in its text: https://hl7.org/fhir/R4/resource.html#id
        code = "id"
    profiles = declared.get("targetProfile") or declared.get("profile") or ()
    return [code, *(each.rpartition("/")[2] for each in profiles)]


def _constraint_keys(element: Json) -> set[str]:
    return {each["key"] for each in element.get("constraint", ())}


def _invariants(element: Json, skip: set[str], numbers: dict[tuple[str, str, str], int]) -> list[int]:
    rows = [
        (each["key"], each["severity"], each["expression"])
        for each in element.get("constraint", ())
        if each["key"] not in skip
    ]
    return [numbers.setdefault(row, len(numbers)) for row in rows]


def codes(resources: Resources, used: Iterable[str]) -> Json:
    """Value sets by URL: their codes by system, for each that the package can expand."""
    expansion = Expansion(resources)
    expanded = {url: expansion.of(url) for url in sorted(set(used))}
    return {
        url: {system: sorted(each) for system, each in sorted(systems.items())}
        for url, systems in expanded.items()
        if systems
    }


def code_systems(resources: Resources) -> list[str]:
    """Those of the package, and those that its value sets take codes from."""
    composed = (each.get("compose", {}) for each in resources["ValueSet"])
    named = {part["system"] for compose in composed for part in compose.get("include", ()) if "system" in part}
    return sorted(named | {each["url"] for each in resources["CodeSystem"]})


class Expansion:
    """What a value set's definition comes to; None where that takes more than the package.

    https://hl7.org/fhir/R4/valueset.html#compositions"""

    def __init__(self, resources: Resources) -> None:
        self.value_sets = {each["url"]: each for each in resources["ValueSet"]}
        self.systems = {each["url"]: each for each in resources["CodeSystem"] if each.get("content") == "complete"}

    def of(self, url: str) -> Codes | None:
        compose = self.value_sets.get(url.partition("|")[0], {}).get("compose")
        if compose is None:
            return None
        included = [self._component(each) for each in compose["include"]]
        excluded = [self._component(each) for each in compose.get("exclude", ())]
        if None in included or None in excluded:
            return None
        left_out = _union(each for each in excluded if each)
        joined = _union(each for each in included if each)
        return {system: each - left_out.get(system, set()) for system, each in joined.items()}

    def _component(self, component: Json) -> Codes | None:
        """One include or exclude: what is in its system and in every value set that it names."""
        parts = [self.of(each) for each in component.get("valueSet", ())]
        if "system" in component:
            parts.append(self._of_system(component))
        return None if None in parts else _intersection([each for each in parts if each is not None])

    def _of_system(self, component: Json) -> Codes | None:
        url = component["system"]
        if "concept" in component:
            return {url: {each["code"] for each in component["concept"]}}
        if url not in self.systems:
            return None
        chosen = dict(_concepts(self.systems[url]["concept"], ()))
        for each in component.get("filter", ()):
            if each["property"] != "concept" or each["op"] not in ("is-a", "descendent-of"):
                return None
            chosen = {
                code: above
                for code, above in chosen.items()
                if each["value"] in above or (each["op"] == "is-a" and code == each["value"])
            }
        return {url: set(chosen)}


def _concepts(concepts: Iterable[Json], above: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every code with the codes above it, be it nested there or a child by its ``subsumedBy`` property."""
    for each in concepts:
        parents = tuple(p["valueCode"] for p in each.get("property", ()) if p["code"] == "subsumedBy")
        yield each["code"], above + parents
        yield from _concepts(each.get("concept", ()), (*above, each["code"]))


def _union(parts: Iterable[Codes]) -> Codes:
    joined: Codes = {}
    for part in parts:
        for system, each in part.items():
            joined.setdefault(system, set()).update(each)
    return joined


def _intersection(parts: list[Codes]) -> Codes:
    first, *others = parts
    return {system: each.intersection(*(part.get(system, set()) for part in others)) for system, each in first.items()}


def search_parameters(resources: Resources) -> Json:
    """Rows by base type: each has of the expression only what concerns that type."""
    definitions = {each["url"]: each for each in resources["SearchParameter"]}
    rows: dict[str, list[list[Any]]] = {}
    for definition in definitions.values():
        for base in definition.get("base", ()):
            rows.setdefault(base, []).append(_search_parameter(definition, base, definitions))
    return {base: sorted(each) for base, each in sorted(rows.items())}


def _search_parameter(definition: Json, base: str, definitions: dict[str, Json]) -> list[Any]:
    components = [
        [definitions[each["definition"]]["code"], definitions[each["definition"]]["type"], each["expression"]]
        for each in definition.get("component", ())
    ]
    expression = alternatives_of(definition.get("expression", ""), base)
    return [definition["code"], definition["type"], expression, definition.get("target", []), components]


def alternatives_of(expression: str, base: str) -> str:
    """``Patient.name | Person.name`` is ``Person.name`` for a Person."""
    alternatives = [each.strip() for each in re.split(r"\|(?![^(]*\))", expression)]
    return " | ".join(each for each in alternatives if re.match(rf"\(*{base}\b", each)) or expression


def compartments(resources: Resources) -> Json:
    """By compartment and type: the parameters that put a resource in it."""
    return {
        each["code"]: {row["code"]: row["param"] for row in each["resource"] if "param" in row}
        for each in resources["CompartmentDefinition"]
        if each["id"] != "example"
    }


def summaries(resources: Resources) -> Json:
    """By resource type: the elements of its summary. https://hl7.org/fhir/R4/search.html#summary"""
    types = (each for each in resources["StructureDefinition"] if _defines_a_type(each) and each["kind"] == "resource")
    return {
        each["name"]: [
            element["path"].partition(".")[2] for element in each["snapshot"]["element"][1:] if element.get("isSummary")
        ]
        for each in sorted(types, key=lambda each: str(each["name"]))
    }


def tables(package: Path) -> dict[str, Any]:
    """Every table by the name of its file."""
    resources = read(package)
    types = structures(resources)
    bound = (row[4] for each in types["types"].values() for row in each["elements"] if row[4])
    return {
        "structures": types,
        "summaries": summaries(resources),
        "codes": codes(resources, bound),
        "code_systems": code_systems(resources),
        "search_parameters": search_parameters(resources),
        "compartments": compartments(resources),
    }


def main(package: str) -> None:
    for name, table in tables(Path(package)).items():
        text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
        (HERE / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
