"""Bundles of what is stored. Bodies go in as the bytes that they are stored as.

https://hl7.org/fhir/R4/bundle.html"""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from mappings.fhir.json import Json, dumps
from server.fhir.exchange import Parameters, Request, etag
from server.fhir.outcome import Issue, operation_outcome
from server.fhir.resource import instant
from server.fhir.subset import shown
from server.store.entry import Version

SAFE = ",:|$/*"
"""What stays readable in a link's query."""


def bundle(type: str, links: Sequence[Json], entries: Sequence[Json], total: int | None = None) -> bytes:
    """Empty lists are left out, since JSON of FHIR has none."""
    counted = {} if total is None else {"total": total}
    lists = {name: each for name, each in (("link", links), ("entry", entries)) if each}
    return dumps({"resourceType": "Bundle", "type": type, **counted, **lists})


def raw(body: bytes | None) -> Any:
    """Stored JSON, to stand within other JSON as it is."""
    return msgspec.Raw(body or b"null")


def full_url(request: Request, version: Version) -> str:
    return f"{request.base}/{version.key}"


def match(request: Request, version: Version, mode: str = "match") -> Json:
    body = shown(request.query, version.body)
    return {"fullUrl": full_url(request, version), "resource": raw(body), "search": {"mode": mode}}


def told(issues: Sequence[Issue]) -> Json:
    """What the search did not do, within its answer. https://hl7.org/fhir/R4/search.html#modes"""
    return {"resource": operation_outcome(issues), "search": {"mode": "outcome"}}


def past(request: Request, version: Version) -> Json:
    """https://hl7.org/fhir/R4/http.html#history. Whoever made the first version, PUT to this address would make it."""
    body = {} if version.deleted else {"resource": raw(version.body)}
    method, status = ("DELETE", "204") if version.deleted else ("PUT", "201" if version.version == 1 else "200")
    return {
        "fullUrl": full_url(request, version),
        **body,
        "request": {"method": method, "url": str(version.key)},
        "response": {"status": status, "etag": etag(version), "lastModified": instant(version.at)},
    }


def link(relation: str, url: str, parameters: Iterable[tuple[str, str]]) -> Json:
    query = urlencode(list(parameters), quote_via=quote, safe=SAFE)
    return {"relation": relation, "url": f"{url}?{query}" if query else url}


def replaced(parameters: Parameters, name: str, value: str | None) -> Parameters:
    """The parameters with one of them set anew, or, for None, left out."""
    kept = tuple(each for each in parameters if each[0] != name)
    return kept if value is None else (*kept, (name, value))
