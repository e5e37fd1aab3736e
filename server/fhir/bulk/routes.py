"""How an export is asked after, fetched and given up. Only the client that asked for it finds it.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-status-request"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from starlette.responses import Response, StreamingResponse

from mappings.fhir.json import Json, dumps
from server.auth.gate import GatedStore, allows, permit
from server.auth.past import Past
from server.fhir.bulk import jobs
from server.fhir.bulk.content import deleted, line, resources
from server.fhir.bulk.jobs import Job, Result
from server.fhir.exchange import http_date
from server.fhir.outcome import Issue, NotFound, operation_outcome
from server.fhir.resource import instant
from server.store.query import matches

NDJSON = "application/fhir+ndjson"
ENDING = ".ndjson"
DELETED = "deleted"
PIECE = 65_536
RETRY = {"retry-after": "1", "x-progress": "being prepared"}


def asked(gated: GatedStore, now: datetime, id: str) -> Job:
    """Raises NotFound."""
    job = jobs.find(gated, id, int(now.timestamp()))
    if job is None:
        raise NotFound("there is no such export, or none any more")
    return job


def address(base: str, id: str) -> str:
    return f"{base}/$export/{id}"


def status(gated: GatedStore, base: str, now: datetime, id: str) -> Response:
    """202 while it is prepared, then the manifest."""
    job = asked(gated, now, id)
    result = jobs.result(gated.ungated, job)
    if result is None:
        return Response(status_code=202, headers=RETRY)
    if result.error:
        issue = Issue(result.error, code="exception")
        return Response(dumps(operation_outcome([issue])), 500, media_type="application/fhir+json")
    expires = {"expires": http_date(datetime.fromtimestamp(job.expires_at, UTC))}
    return Response(dumps(manifest(base, job, result)), headers=expires, media_type="application/json")


def manifest(base: str, job: Job, result: Result) -> Json:
    own = address(base, job.id)
    output = [{"type": type, "url": f"{own}/{type}{ENDING}", "count": count} for type, count in result.counts]
    removed = [{"type": "Bundle", "url": f"{own}/{DELETED}{ENDING}"}] if result.deletions else []
    return {
        "transactionTime": instant(job.at),
        "request": job.request,
        "requiresAccessToken": True,
        "output": output,
        **({"deleted": removed} if job.since else {}),
        "error": [],
    }


def give_up(gated: GatedStore, _: str, now: datetime, id: str) -> Response:
    """https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-delete-request"""
    jobs.forget(gated.ungated, asked(gated, now, id))
    return Response(status_code=202)


def file(gated: GatedStore, _: str, now: datetime, id: str, name: str) -> Response:
    """What the client may see now of what it might see when it asked."""
    job = asked(gated, now, id)
    result = jobs.result(gated.ungated, job)
    kind = name.removesuffix(ENDING)
    if result is None or not name.endswith(ENDING) or not (kind in dict(result.counts) or kind == DELETED):
        raise NotFound("there is no such file")
    return StreamingResponse(gathered(lines(gated, job, result, kind)), media_type=NDJSON)


def gathered(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Many at once: each piece of an answer is waited for in another thread."""
    some, size = list[bytes](), 0
    for each in lines:
        some.append(each)
        size += len(each)
        if size >= PIECE:
            yield b"".join(some)
            some, size = [], 0
    yield b"".join(some)


def lines(gated: GatedStore, job: Job, result: Result, kind: str) -> Iterator[bytes]:
    past = Past(GatedStore(gated.ungated, job.principal), job.seq)
    if kind == DELETED:
        return deleted(past, replace(job, types=tuple(each for each in job.types if allows(gated.principal, each))))
    theirs = permit(gated.principal, "search", kind)
    return (line(job, each) for each in resources(past, job, result, kind) if matches(theirs, each.terms))


EXPORTS: Sequence[tuple[str, str, Callable[..., Response]]] = (
    ("/fhir/$export/{id}", "GET", status),
    ("/fhir/$export/{id}", "DELETE", give_up),
    ("/fhir/$export/{id}/{name}", "GET", file),
)
"""Address, method, and what is done."""
