"""Where each interaction is found: one table, which HTTP and the entries of a Bundle are served by.

https://hl7.org/fhir/R4/http.html#summary"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from server.auth.gate import GatedStore
from server.fhir.create import create
from server.fhir.delete import delete, delete_if
from server.fhir.exchange import Answer, Request
from server.fhir.history import history
from server.fhir.operations.table import operate, operate_by_get
from server.fhir.outcome import Invalid, MethodNotAllowed, NotFound
from server.fhir.patch import patch, patch_if
from server.fhir.read import read
from server.fhir.registry import permitted, resource_type
from server.fhir.search_system import search_system, search_system_by_post
from server.fhir.search_type import search, search_by_post
from server.fhir.update import update, update_if
from server.fhir.vread import vread

Run: TypeAlias = Callable[[GatedStore, Request], Answer]


@dataclass(frozen=True, slots=True)
class Interaction:
    """``name`` is of http://hl7.org/fhir/ValueSet/type-restful-interaction; an ``operation`` has a table of its own."""

    name: str
    run: Run


def nested(_: GatedStore, __: Request) -> Answer:
    """Whoever processes Bundles asks for the interactions of this table."""
    raise Invalid("a Bundle cannot be an entry of a Bundle")


READ = Interaction("read", read)
SEARCH = Interaction("search-type", search)
OPERATION = {"GET": Interaction("operation", operate_by_get), "POST": Interaction("operation", operate)}

ROUTES: Mapping[str, Mapping[str, Interaction]] = {
    "": {"GET": Interaction("search-system", search_system), "POST": Interaction("transaction", nested)},
    "_search": {"POST": Interaction("search-system", search_system_by_post)},
    "_history": {"GET": Interaction("history-system", history)},
    "{type}/_search": {"POST": Interaction("search-type", search_by_post)},
    "{type}/_history": {"GET": Interaction("history-type", history)},
    "${operation}": OPERATION,
    "{type}/${operation}": OPERATION,
    "{type}/{id}/${operation}": OPERATION,
    "{type}/{id}/_history/{version}": {"GET": Interaction("vread", vread)},
    "{type}/{id}/_history": {"GET": Interaction("history-instance", history)},
    "{type}/{id}": {
        "GET": READ,
        "PUT": Interaction("update", update),
        "PATCH": Interaction("patch", patch),
        "DELETE": Interaction("delete", delete),
    },
    "{type}": {
        "GET": SEARCH,
        "POST": Interaction("create", create),
        "PUT": Interaction("update", update_if),
        "PATCH": Interaction("patch", patch_if),
        "DELETE": Interaction("delete", delete_if),
    },
}
"""A name in braces stands for one segment of the address; one that begins with _ or $ for nothing else."""

NAMES = re.compile(r"\{(\w+)\}")


def _shape(segments: Sequence[str]) -> tuple[str, ...]:
    """What tells addresses apart: how many segments there are, and which of them are words of FHIR's own."""
    return tuple("$" if each[:1] == "$" else each if each[:1] == "_" else "" for each in segments)


_SHAPES = {_shape(NAMES.sub("x", path).split("/")): (path, NAMES.findall(path)) for path in ROUTES if path}


def interaction(path: str, method: str) -> Interaction:
    """Raises MethodNotAllowed, with the methods that there are."""
    offered = ROUTES[path]
    found = offered.get("GET" if method == "HEAD" else method)
    if found is None:
        raise MethodNotAllowed("this method is not offered here", headers={"allow": allow(offered)})
    return found


def allow(offered: Collection[str]) -> str:
    """https://www.rfc-editor.org/rfc/rfc9110#section-10.2.1"""
    methods = {*offered, *(("HEAD",) if "GET" in offered else ()), "OPTIONS"}
    return ", ".join(sorted(methods))


def perform(gated: GatedStore, path: str, method: str, request: Request) -> Answer:
    """One interaction, if the type has it."""
    asked = interaction(path, method)
    if request.type and asked.name == "operation":
        resource_type(request.type)
    elif request.type:
        permitted(request.type, asked.name)
    return asked.run(gated, request)


def matched(address: str) -> tuple[str, dict[str, Any]]:
    """The pattern that an address below the base fits, and what its names stand for. Raises NotFound."""
    if not address:
        return "", {}
    segments = address.split("/")
    found = _SHAPES.get(_shape(segments))
    if found is None or not all(segments):
        raise NotFound("no interaction is found at this address")
    path, names = found
    told = (each.removeprefix("$") for each in segments if each[:1] != "_")
    return path, dict(zip(names, told, strict=True))
