"""The patients that the suites look at, loaded as any client would load them."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from interfaces.demo.backend import Backend
from mappings.fhir.json import Json, loads
from tests.conformance.suites import Mend

OWN = Path(__file__).parent / "resources"
"""What the patients of Inferno's reference server lack."""

URI = "urn:ietf:rfc:3986"


def load(backend: Backend, files: Iterable[Path], mend: Mend) -> None:
    """Every Bundle as a transaction, everything else under its own id. Raises Refused."""
    for file in files:
        resource = each(loads(file.read_bytes()), lambda value: mend(right(value)))
        if resource["resourceType"] == "Bundle":
            backend.operation("", resource)
        else:
            backend.put(resource)


def each(value: Any, change: Callable[[Json], Json]) -> Any:
    """The value with every object in it changed, innermost first."""
    if isinstance(value, list):
        return [each(item, change) for item in value]
    if isinstance(value, dict):
        return change({name: each(item, change) for name, item in value.items()})
    return value


def right(value: Json) -> Json:
    """What is wrong in the patients of Inferno's reference server: a Period has no ``stop``, and an identifier that is
    a URI has a scheme."""
    if "start" in value and "stop" in value:
        value = {**value, "end": value["stop"]}
        del value["stop"]
    if value.get("system") == URI and ":" not in value.get("value", ":"):
        value = {**value, "value": f"urn:uuid:{value['value'].rpartition('/')[2]}"}
    return value
