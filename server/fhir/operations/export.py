"""$export: everything, all patients, or a group of them, as files that are fetched later.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request"""

import re
from datetime import datetime
from uuid import uuid4

from mappings.fhir.json import Json, loads
from mappings.fhir.r4.tables import compartment
from server.auth.gate import GatedStore, allows, permit
from server.auth.scopes import ResourceScope, text
from server.fhir.bulk import jobs
from server.fhir.bulk.jobs import LASTS, Job
from server.fhir.bulk.routes import NDJSON, address
from server.fhir.bundle import link
from server.fhir.commit import parameters
from server.fhir.exchange import Answer, Request
from server.fhir.operations.parameters import Arguments, Parameter, arguments
from server.fhir.outcome import Forbidden, Invalid, Issue, TooMany
from server.fhir.registry import names
from server.fhir.search.parse import conditions
from server.fhir.search.result import printable

FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
SYSTEM = (
    Parameter("_outputFormat", "string"),
    Parameter("_since", "instant"),
    Parameter("_type", "string", many=True),
    Parameter("_typeFilter", "string", many=True),
    Parameter("_elements", "string", many=True),
)
PATIENTS = (*SYSTEM, Parameter("patient", "Reference", many=True))
MOST_JOBS = 20
"""Exports that one client may have at once."""

MOST_PATIENTS = 50_000

_BETWEEN = re.compile(r",(?=[A-Z][A-Za-z]+\?)")
"""Filters are divided by commas, and may have commas in them."""


def export(gated: GatedStore, request: Request) -> Answer:
    return begin(gated, request, arguments(request, SYSTEM), None, everything=True)


def patient_export(gated: GatedStore, request: Request) -> Answer:
    given = arguments(request, PATIENTS)
    return begin(gated, request, given, chosen(given))


def group_export(gated: GatedStore, request: Request) -> Answer:
    """Of those who are in the group now."""
    given = arguments(request, PATIENTS)
    group = members(loads(gated.read("Group", request.id).body or b"{}"))
    wanted = chosen(given)
    if wanted is not None and not set(wanted) <= set(group):
        raise Invalid(Issue("patient: somebody is not a member of the group", code="value"))
    return begin(gated, request, given, group if wanted is None else wanted)


def begin(
    gated: GatedStore,
    request: Request,
    given: Arguments,
    patients: tuple[str, ...] | None,
    *,
    everything: bool = False,
) -> Answer:
    asynchronous(request, given)
    scopes = text(
        each for each in gated.principal.scopes if isinstance(each, ResourceScope) and each.context == "system"
    )
    if not scopes:
        raise Forbidden("an export is asked for with system scopes")
    now = int(request.now.timestamp())
    if len(jobs.of_client(gated.ungated, gated.principal.client, now)) >= MOST_JOBS:
        raise TooMany(f"{MOST_JOBS} exports were asked for already; give up one", headers={"retry-after": "60"})
    seq, at = latest(gated, request)
    job = Job(
        id=str(uuid4()),
        tenant=gated.principal.tenant,
        client=gated.principal.client,
        scope=scopes,
        request=asked(request),
        seq=seq,
        at=at,
        types=types(gated, given, everything),
        expires_at=now + int(LASTS.total_seconds()),
        everything=everything,
        patients=patients,
        filters=filters(given),
        since=since(given),
        elements=given.codes("_elements"),
    )
    jobs.keep(gated.ungated, job)
    return Answer(202, headers={"content-location": address(request.base, job.id)})


def asynchronous(request: Request, given: Arguments) -> None:
    """Raises Invalid for what cannot be given as it is wanted."""
    if "respond-async" not in request.prefer:
        raise Invalid("an export is asked for with Prefer: respond-async")
    form = given.one("_outputFormat")
    if form is not None and form.replace(" ", "+") not in FORMATS:
        raise Invalid(Issue(f"_outputFormat is {NDJSON}", code="not-supported"))


def latest(gated: GatedStore, request: Request) -> tuple[int, datetime]:
    """The journal's last entry, and its time: nothing later is exported, and all until then."""
    store, tenant = gated.ungated, gated.principal.tenant
    seq = store.last(tenant)
    entries = store.tail(tenant, seq - 1, 1) if seq else ()
    return seq, entries[0].at if entries else request.now


def types(gated: GatedStore, given: Arguments, everything: bool) -> tuple[str, ...]:
    """Those that were asked for, which have to be allowed, else all that are."""
    wanted = given.codes("_type")
    for each in wanted:
        if each not in names():
            raise Invalid(Issue(f"_type: {printable(each)} is no resource type", code="value"))
        permit(gated.principal, "search", each)
    if wanted and not everything and not set(wanted) & set(compartment("Patient")):
        raise Invalid(Issue("_type: none of these types is a patient's", code="value"))
    found = wanted or tuple(each for each in sorted(names()) if allows(gated.principal, each))
    if not found:
        raise Forbidden("the access token reaches nothing that could be exported")
    return found


def filters(given: Arguments) -> tuple[tuple[str, str], ...]:
    """Raises Invalid for what is no search of a type that is exported."""
    found = tuple(filtering(each) for text in given.all("_typeFilter") for each in _BETWEEN.split(text))
    wanted = given.codes("_type")
    for type, query in found:
        if type not in names() or (wanted and type not in wanted):
            raise Invalid(Issue("_typeFilter: its type is not exported", code="value"))
        conditions(type, parameters(query))
    return found


def filtering(text: str) -> tuple[str, str]:
    type, _, query = text.partition("?")
    return type, query


def since(given: Arguments) -> str | None:
    try:
        return datetime.fromisoformat(given.one("_since")).isoformat() if given.one("_since") else None
    except ValueError:
        raise Invalid("_since is no time that there is") from None


def chosen(given: Arguments) -> tuple[str, ...] | None:
    """The ids of ``patient``; None when nobody in particular is wanted."""
    references = [each.get("reference", "") for each in given.all("patient")]
    if not all(each.startswith("Patient/") for each in references):
        raise Invalid("patient has to refer to patients of this server")
    return tuple(each.removeprefix("Patient/") for each in references) or None


def members(group: Json) -> tuple[str, ...]:
    present = (each["entity"].get("reference", "") for each in group.get("member", ()) if not each.get("inactive"))
    found = tuple(dict.fromkeys(each.removeprefix("Patient/") for each in present if each.startswith("Patient/")))
    if len(found) > MOST_PATIENTS:
        raise Invalid(Issue(f"the group has more than {MOST_PATIENTS} patients", code="too-costly"))
    return found


def asked(request: Request) -> str:
    """The address of the request, for the manifest."""
    url = "/".join(each for each in (request.base, request.type, request.id, "$export") if each)
    return str(link("self", url, request.query)["url"])
