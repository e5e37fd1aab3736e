"""What an operation is given: in the address, as a Parameters resource, or as the one resource that it is about.

https://hl7.org/fhir/R4/operations.html#executing"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mappings.fhir.json import Json
from mappings.fhir.primitives import PRIMITIVES
from mappings.fhir.r4.tables import resource_types
from server.fhir.exchange import Parameters, Request
from server.fhir.outcome import Invalid, Issue
from server.fhir.resource import accept
from server.fhir.search.result import printable

RENDERING = frozenset({"_format", "_pretty"})
TEXTS = frozenset({"canonical", "code", "id", "string", "uri", "url", "date", "dateTime", "instant"})
"""Types that senders mix up without meaning anything else: all of them are text in JSON."""

BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """``type`` is of data (``date``, ``Coding``) or of a resource, "Resource" for any. ``many``: it may be repeated."""

    name: str
    type: str
    required: bool = False
    many: bool = False

    @property
    def is_resource(self) -> bool:
        return self.type == "Resource" or self.type in resource_types()


@dataclass(frozen=True, slots=True)
class Arguments:
    """Values by name, each of the type that its parameter has; ``texts`` those that fit into an address."""

    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def all(self, name: str) -> Sequence[Any]:
        return self.values.get(name, ())

    def one(self, name: str) -> Any:
        """None if it was not given."""
        found = self.all(name)
        return found[0] if found else None

    def codes(self, name: str) -> tuple[str, ...]:
        """Of a parameter that may be repeated, and may be a list between commas too: each once."""
        return tuple(dict.fromkeys(code for text in self.all(name) for code in text.split(",")))

    @property
    def query(self) -> Parameters:
        """As an address says it, for the links of a page."""
        return tuple((name, text(value)) for name, values in self.values.items() for value in values)


def arguments(request: Request, known: Sequence[Parameter]) -> Arguments:
    """Raises Invalid for what is missing, repeated, of another type, or unknown and not to be handled leniently."""
    row = {each.name: each for each in known}
    found: dict[str, list[Any]] = {}
    lenient = request.prefer.get("handling") == "lenient"
    for name, value, place in (*in_address(request, row), *in_body(request, row)):
        if name not in row and lenient:
            continue
        if name not in row:
            raise Invalid(Issue(f"there is no parameter {printable(name)}", place, "not-supported"))
        found.setdefault(name, []).append(value)
    for each in known:
        if each.required and each.name not in found:
            raise Invalid(Issue(f"the parameter {each.name} is missing", "Parameters.parameter", "required"))
        if not each.many and len(found.get(each.name, ())) > 1:
            raise Invalid(f"the parameter {each.name} is given twice")
    return Arguments(found)


def in_address(request: Request, known: Mapping[str, Parameter]) -> Iterator[tuple[str, Any, None]]:
    for name, value in request.query:
        if name not in RENDERING:
            yield name, read(known[name], value) if name in known else None, None


def read(parameter: Parameter, value: str) -> Any:
    """A value as it stands in an address. Raises Invalid."""
    match parameter.type:
        case "boolean":
            found: Any = BOOLEANS.get(value)
        case "integer":
            found = int(value) if value.removeprefix("-").isdecimal() and value.isascii() else None
        case "Coding":
            system, bar, code = value.rpartition("|")
            found = {"system": system, "code": code} if bar and system else {"code": code}
        case "instant" | "dateTime":
            found = value.replace(" ", "+")  # a + that was not encoded
        case type if type in PRIMITIVES:
            found = value
        case _:
            raise Invalid(f"the parameter {parameter.name} can only be sent in a body")
    return checked(parameter, found, None)


def in_body(request: Request, known: Mapping[str, Parameter]) -> Iterator[tuple[str, Any, str | None]]:
    if request.given is None and not request.body:
        return
    body = valid(request.resource())
    alone = [each for each in known.values() if each.is_resource]
    if body["resourceType"] != "Parameters":
        if len(alone) != 1:
            raise Invalid(Issue("Parameters are needed", "resourceType", "structure"))
        yield alone[0].name, checked(alone[0], body, "resourceType"), "resourceType"
        return
    for place, each in enumerate(body.get("parameter", ())):
        name, where = each["name"], f"Parameters.parameter[{place}]"
        yield name, checked(known[name], valued(known[name], each), where) if name in known else None, where


def valid(body: Json) -> Json:
    """The body, if it is FHIR: what reads it need not look again. Raises Invalid."""
    accept(body)
    return body


def valued(parameter: Parameter, each: Json) -> Any:
    """The value, if it is given as the type that is needed; None if not."""
    if parameter.is_resource:
        return each.get("resource")
    found = [(name[5:], value) for name, value in each.items() if name.startswith("value")]
    named = {type[:1].upper() + type[1:] for type in (TEXTS if parameter.type in TEXTS else {parameter.type})}
    return found[0][1] if len(found) == 1 and found[0][0] in named else None


def checked(parameter: Parameter, value: Any, place: str | None) -> Any:
    """Raises Invalid unless the value is of the parameter's type."""
    if not conforms(parameter, value):
        raise Invalid(Issue(f"the parameter {parameter.name} has to be of type {parameter.type}", place, "value"))
    return value


def conforms(parameter: Parameter, value: Any) -> bool:
    if parameter.type in PRIMITIVES:
        try:
            return value is not None and bool(PRIMITIVES[parameter.type][0](value))
        except TypeError:
            return False
    if not isinstance(value, dict):
        return False
    type = value.get("resourceType")
    return not parameter.is_resource or type == parameter.type or (parameter.type == "Resource" and type is not None)


def text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case {"code": code}:
            return f"{value['system']}|{code}" if "system" in value else str(code)
        case _:
            return str(value)
