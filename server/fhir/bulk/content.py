"""What an export gives: by type, out of the state that it is of.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from mappings.fhir.json import Json, dumps, loads
from mappings.fhir.r4.tables import compartment
from server.auth.past import Past
from server.fhir.bulk.jobs import Job, Result
from server.fhir.commit import parameters
from server.fhir.compartment import within, within_any
from server.fhir.search.parse import conditions
from server.fhir.subset import Extent, subset
from server.store.entry import Key, Version
from server.store.query import EVERYTHING, All, Any, Query, matches, parts

PARTS = 20
"""Parts of one query: of many patients, so many are looked for at once. More would be slower."""
DELETED_AT_ONCE = 500


def resources(past: Past, job: Job, result: Result, type: str) -> Iterator[Version]:
    """Those of a type, each once."""
    if job.everything or type in compartment("Patient"):
        yield from past.every(type, wheres(job, type))
    else:
        yield from referred(past, job, result.referred, type)


def referred(past: Past, job: Job, keys: Sequence[str], type: str) -> Iterator[Version]:
    """Of what the patients' records refer to, whatever the time it was changed last, what the filters let through."""
    narrowed = All(tuple(filtered(job, type)))
    own = (Key(*each.split("/")) for each in keys if each.startswith(f"{type}/"))
    found = (version for key in own if (version := past.read(key)))
    return (each for each in found if matches(narrowed, each.terms))


def wheres(job: Job, type: str) -> Sequence[Query]:
    """What is asked of the store: whose, since when, how filtered; in several queries where there are many patients."""
    narrowed = (*filtered(job, type), *changed(job, type))
    return [All((each, *narrowed)) for each in owners(job, type)]


def owners(job: Job, type: str) -> Iterator[Query]:
    if job.everything:
        yield EVERYTHING
    elif job.patients is None:
        yield within_any("Patient", type)
    else:
        queries = [within("Patient", each, type) for each in job.patients]
        size = max(PARTS // max(map(parts, queries), default=1), 1)
        yield from (Any(tuple(queries[at : at + size])) for at in range(0, len(queries), size))


def filtered(job: Job, type: str) -> Iterator[Query]:
    """``_typeFilter``: of several for one type, one has to hold."""
    asked = [conditions(type, parameters(query)) for kind, query in job.filters if kind == type]
    if asked:
        yield Any(tuple(asked))


def changed(job: Job, type: str) -> Iterator[Query]:
    if job.since:
        yield conditions(type, (("_lastUpdated", f"ge{job.since}"),))


def line(job: Job, version: Version) -> bytes:
    """One resource. What was sent in several lines is one here: no line break stands within a text of JSON."""
    body = version.body or b""
    if job.elements:
        body = dumps(subset(loads(body), Extent(elements=frozenset(job.elements))))
    return body.translate(None, b"\r\n") + b"\n"


def deletions(past: Past, job: Job) -> Iterator[Key]:
    if job.since:
        since = datetime.fromisoformat(job.since)
        for type in job.types:
            if job.everything or type in compartment("Patient"):
                narrowed = list(owners(job, type))
                yield from past.deletions(type, since, narrowed)


def deleted(past: Past, job: Job) -> Iterator[bytes]:
    """Transactions that would delete them. https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status"""
    some: list[Mapping[str, Json]] = []
    for key in deletions(past, job):
        some.append({"request": {"method": "DELETE", "url": str(key)}})
        if len(some) == DELETED_AT_ONCE:
            yield bundle(some)
            some = []
    if some:
        yield bundle(some)


def bundle(entries: Sequence[Mapping[str, Json]]) -> bytes:
    return dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}) + b"\n"
