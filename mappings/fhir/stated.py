"""What R4 demands in words only, beyond its tables and invariants; by the type that it is demanded of."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from mappings.fhir.path_nodes import target_type
from mappings.fhir.primitives import GRAPHIC, Predicate, matching, remembering
from mappings.fhir.problem import Problem, Problems, Rule, Scope
from mappings.fhir.r4 import tables

_absolute = matching(rf"[A-Za-z][A-Za-z0-9+.-]*:{GRAPHIC}+")
_code_system = remembering(rf"(?!http://hl7\.org/fhir/ValueSet/)[A-Za-z][A-Za-z0-9+.-]*:{GRAPHIC}+")

STRICTER: Mapping[str, tuple[Predicate, str]] = {
    "Bundle.entry.fullUrl": (_absolute, "an absolute URL"),
    "Coding.system": (_code_system, "the absolute URI of a code system"),
    "Identifier.system": (_absolute, "an absolute URI"),
    "Reference.reference": (matching(rf"{GRAPHIC}+"), "a URL or # and an id, without white space"),
}
"""By element: a narrower primitive.

https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl
https://hl7.org/fhir/R4/datatypes.html#Coding
https://hl7.org/fhir/R4/datatypes.html#Identifier
https://hl7.org/fhir/R4/references.html#literal"""


def absolute_url(extension: dict[str, Any], _: Scope) -> Problems:
    """Parts of an extension have names of its own; others are the same everywhere.

    https://hl7.org/fhir/R4/extensibility.html#Extension"""
    return () if _absolute(extension["url"]) else (Problem(".url", "must be an absolute URL", "value"),)


def links_once(bundle: dict[str, Any], _: Scope) -> Problems:
    """A page has one next page. https://hl7.org/fhir/R4/http.html#paging"""
    relations = Counter(link["relation"] for link in bundle.get("link", ()))
    return [
        Problem(f".link[{index}].relation", "must be there only once", "value")
        for index, link in enumerate(bundle.get("link", ()))
        if relations[link["relation"]] > 1
    ]


def found_resources(bundle: dict[str, Any], _: Scope) -> Problems:
    """What a search finds is stored somewhere, so it has an id; its outcome is an OperationOutcome.

    https://hl7.org/fhir/R4/valueset-search-entry-mode.html"""
    if bundle.get("type") != "searchset":
        return ()
    problems = []
    for index, entry in enumerate(bundle.get("entry", ())):
        place, resource = f".entry[{index}].resource", entry.get("resource", {"resourceType": "OperationOutcome"})
        is_outcome = resource["resourceType"] == "OperationOutcome"
        if not is_outcome and "id" not in resource:
            problems.append(Problem(f"{place}.id", "is required in a search's result", "required"))
        if not is_outcome and entry.get("search", {}).get("mode") == "outcome":
            problems.append(Problem(place, "must be an OperationOutcome", "value"))
    return problems


def full_urls_agree(bundle: dict[str, Any], _: Scope) -> Problems:
    """A fullUrl that is a RESTful address is the address of the resource beside it.

    https://hl7.org/fhir/R4/bundle.html#bundle-unique"""
    return [
        Problem(f".entry[{index}].fullUrl", "must end with the type and the id of the resource", "value")
        for index, entry in enumerate(bundle.get("entry", ()))
        if not _agrees(entry.get("fullUrl", ""), entry.get("resource"), bundle["type"])
    ]


def _agrees(full_url: str, resource: Mapping[str, Any] | None, type: str) -> bool:
    if not full_url.startswith("http") or target_type(full_url) is None or resource is None:
        return True
    if "id" not in resource:
        return type in ("batch", "transaction")  # which may ask for one
    return full_url.endswith(f"/{resource['resourceType']}/{resource['id']}")


def references_to_one(bundle: dict[str, Any], _: Scope) -> Problems:
    """In a document, a reference to a resource that the Bundle has in several versions says which.

    https://hl7.org/fhir/R4/bundle.html#references"""
    if bundle.get("type") != "document":
        return ()
    versions: dict[str, list[Any]] = {}
    for entry in bundle.get("entry", ()):
        resource = entry.get("resource", {})
        stored = versions.setdefault(f"{resource.get('resourceType')}/{resource.get('id')}", [])
        stored.append(resource.get("meta", {}).get("versionId"))
    return [
        Problem(f".entry[{index}]", "refers to a resource of which it has no or several such versions", "value")
        for index, entry in enumerate(bundle.get("entry", ()))
        if not all(_one_version(each, versions) for each in _references(entry.get("resource")))
    ]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from _references(each)


def _one_version(reference: str, versions: Mapping[str, list[Any]]) -> bool:
    target, _, version = reference.partition("/_history/")
    stored = versions.get(target)
    return stored is None or (version in stored if version else len(stored) == 1)


def known_parameters(capabilities: dict[str, Any], _: Scope) -> Problems:
    """R4's own search parameters have the type that R4 gives them."""
    return [
        Problem(f".rest[{i}].resource[{j}].searchParam[{k}].type", "is not the type of that parameter", "value")
        for i, rest in enumerate(capabilities.get("rest", ()))
        for j, resource in enumerate(rest.get("resource", ()))
        for k, parameter in enumerate(resource.get("searchParam", ()))
        if not _as_defined(resource["type"], parameter)
    ]


def _as_defined(type: str, parameter: Mapping[str, Any]) -> bool:
    if not str(parameter.get("definition")).startswith("http://hl7.org/fhir/SearchParameter/"):
        return True
    known = {each.code: each.type for each in tables.search_parameters(type)}
    return parameter["name"] not in known or known[parameter["name"]] == parameter["type"]


RULES: Mapping[str, tuple[Rule, ...]] = {
    "Bundle": (links_once, found_resources, full_urls_agree, references_to_one),
    "CapabilityStatement": (known_parameters,),
}
"""By type, in the order they are told; each may rely on what the tables say of the type."""
