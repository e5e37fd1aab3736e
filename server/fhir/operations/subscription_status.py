"""Subscription/$status: how subscriptions are.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-status.html"""

from collections.abc import Iterable, Iterator

from mappings.fhir.json import Json
from server.auth.gate import GatedStore
from server.fhir.bundle import bundle, link
from server.fhir.exchange import Answer, Request
from server.fhir.operations.parameters import Arguments, Parameter, arguments
from server.fhir.outcome import FhirError
from server.store.entry import Version
from server.store.query import All, Any, Search, equals, starts, term
from server.subscriptions import progress, subscription
from server.subscriptions.notification import status

STATUS = (Parameter("id", "id", many=True), Parameter("status", "code", many=True))
MOST = 1000


def subscription_status(gated: GatedStore, request: Request) -> Answer:
    """Of one, or of all that the client may see and that are asked for; in no history, just now."""
    given = arguments(request, () if request.id else STATUS)
    found = [gated.read("Subscription", request.id)] if request.id else listed(gated, given)
    url = "/".join(each for each in (request.base, "Subscription", request.id, "$status") if each)
    entries = list(told(gated, request, found))
    return Answer(200, bundle("searchset", [link("self", url, given.query)], entries, len(entries)))


def listed(gated: GatedStore, given: Arguments) -> Iterable[Version]:
    ids = [equals(term("_id", each)) for each in given.all("id")]
    states = [starts(term("status", each, "")) for each in given.all("status")]
    where = All(tuple(Any(tuple(each)) for each in (ids, states) if each))
    return gated.search(Search("Subscription", where, limit=MOST)).versions


def told(gated: GatedStore, request: Request, found: Iterable[Version]) -> Iterator[Json]:
    """One that a server of another version took, and that this one could not keep, has no status to tell."""
    for version in found:
        try:
            subscribed = subscription.of(version)
        except FhirError:
            continue
        known = progress.of(gated.ungated, gated.principal.tenant, version.key)
        resource = status(request.base, subscribed, "query-status", [], known.count if known else 0)
        full_url = f"urn:uuid:{resource['id']}"
        yield {"fullUrl": full_url, "resource": resource, "search": {"mode": "match"}}
