"""What this server says of itself, out of the rows that it works by.

https://hl7.org/fhir/R4/http.html#capabilities, https://hl7.org/fhir/R4/capabilitystatement.html"""

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version

from mappings.fhir.json import Json, dumps
from mappings.fhir.r4.tables import SearchParameter
from server.fhir import guides
from server.fhir.exchange import Rules
from server.fhir.operations.table import OPERATIONS, SYSTEM, Operation
from server.fhir.operations.value_set_expand import EXPAND
from server.fhir.patch import JSON_PATCH, MERGE_PATCH
from server.fhir.registry import ResourceType, names, referring, resource_type
from server.fhir.resource import instant
from server.subscriptions.subscription import BACKPORT
from server.subscriptions.topics import TOPICS

TOPIC = "capabilitystatement-subscriptiontopic-canonical"
OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
SYSTEM_INTERACTIONS = ("batch", "transaction", "search-system", "history-system")
SECURITY_SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"


def statement(base: str, at: datetime, oauth: Mapping[str, str], rules: Rules) -> bytes:
    """The CapabilityStatement. ``oauth``: the authorization server's endpoints, by the names that SMART gives them."""
    return dumps(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": instant(at),
            "kind": "instance",
            "instantiates": guides.INSTANTIATES,
            "software": {"name": "Causeway", "version": version("causeway")},
            "implementation": {"description": "Causeway FHIR R4 API", "url": base},
            "fhirVersion": "4.0.1",
            "format": ["json", "application/fhir+json"],
            "patchFormat": [JSON_PATCH, "application/fhir+json", MERGE_PATCH],
            "rest": [rest(oauth, rules)],
        }
    )


def terminology(base: str, at: datetime) -> bytes:
    """What ``mode=terminology`` asks for. https://hl7.org/fhir/R4/terminologycapabilities.html"""
    return dumps(
        {
            "resourceType": "TerminologyCapabilities",
            "status": "active",
            "date": instant(at),
            "kind": "instance",
            "software": {"name": "Causeway", "version": version("causeway")},
            "implementation": {"description": "Causeway FHIR R4 API", "url": base},
            "expansion": {
                "hierarchical": False,
                "paging": True,
                "parameter": [{"name": each.name} for each in EXPAND],
                "textFilter": "each word begins a word of the display, or the code",
            },
            "codeSearch": "explicit",
            "validateCode": {"translations": False},
            "translation": {"needsMap": True},
        }
    )


def rest(oauth: Mapping[str, str], rules: Rules) -> Json:
    rows = (resource_type(name) for name in sorted(names()))
    operations = [rendered(each) for each in OPERATIONS if SYSTEM in each.levels]
    return {
        "mode": "server",
        "security": security(oauth),
        "resource": [resource(row, rules) for row in rows if row.interactions],
        "interaction": [{"code": code} for code in SYSTEM_INTERACTIONS],
        "operation": operations,
    }


def security(oauth: Mapping[str, str]) -> Json:
    """https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html, and for older clients the ``oauth-uris``."""
    uris = [{"url": name, "valueUri": url} for name, url in sorted(oauth.items())]
    service = {"coding": [{"system": SECURITY_SERVICE, "code": "SMART-on-FHIR", "display": "SMART-on-FHIR"}]}
    return {
        **({"extension": [{"url": OAUTH_URIS, "extension": uris}]} if uris else {}),
        "cors": True,
        "service": [service],
    }


def resource(row: ResourceType, rules: Rules) -> Json:
    operations = [rendered(each) for each in OPERATIONS if each.type in {"", row.name} and each.levels != {SYSTEM}]
    return {
        "type": row.name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{row.name}",
        **({"supportedProfile": profiles} if (profiles := list(guides.profiles(row.name))) else {}),
        **({"extension": topics()} if row.name == "Subscription" else {}),
        "interaction": [{"code": code} for code in sorted(row.interactions)],
        "versioning": "versioned-update" if rules.needs_version else "versioned",
        "readHistory": True,
        "updateCreate": "update" in row.interactions,
        "conditionalCreate": "create" in row.interactions,
        "conditionalRead": "full-support",
        "conditionalUpdate": "update" in row.interactions,
        "conditionalDelete": conditional_delete(row, rules),
        "referencePolicy": ["literal", "logical"],
        **(searched(row) if "search-type" in row.interactions else {}),
        **({"operation": operations} if operations else {}),
    }


def topics() -> list[Json]:
    """https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/components.html#subscription-topics-in-fhir-r4"""
    return [{"url": f"{BACKPORT}/{TOPIC}", "valueCanonical": url} for url in TOPICS]


def conditional_delete(row: ResourceType, rules: Rules) -> str:
    if "delete" not in row.interactions:
        return "not-supported"
    return "multiple" if rules.deletes_many else "single"


def searched(row: ResourceType) -> Json:
    parameters = [parameter(each, guides.definitions(row.name).get(each.code)) for each in row.parameters.values()]
    included = [f"{row.name}:{each.code}" for each in row.parameters.values() if each.type == "reference"]
    referring_ones = [f"{type}:{code}" for type, codes in referring(row.name).items() for code in codes]
    lists = {"searchInclude": included, "searchRevInclude": referring_ones, "searchParam": parameters}
    return {name: each for name, each in lists.items() if each}


def parameter(row: SearchParameter, definition: str | None) -> Json:
    return {"name": row.code, **({"definition": definition} if definition else {}), "type": row.type}


def rendered(operation: Operation) -> Json:
    return {"name": operation.name, "definition": operation.definition}
