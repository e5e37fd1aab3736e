"""A batch: many interactions in one request, each on its own.

https://hl7.org/fhir/R4/http.html#transaction"""

from typing import Any

from mappings.fhir.json import Json
from server.auth.gate import GatedStore
from server.fhir.bundle import bundle
from server.fhir.exchange import Answer, Request
from server.fhir.outcome import FhirError, Invalid, Issue
from server.fhir.routes import perform
from server.fhir.steps import answered, entries, failed, step
from server.fhir.transaction import transaction


def process(gated: GatedStore, request: Request) -> Answer:
    """A Bundle at the base address."""
    body = request.resource()
    if body["resourceType"] != "Bundle":
        raise Invalid(Issue("this is no Bundle", "resourceType"))
    match body.get("type"):
        case "batch":
            done = [batched(gated, request, *each) for each in enumerate(entries(body))]
            return Answer(200, bundle("batch-response", [], done))
        case "transaction":
            steps = [step(request, *each) for each in enumerate(entries(body))]
            return Answer(200, bundle("transaction-response", [], transaction(gated, request, steps)))
        case _:
            raise Invalid(Issue("only a batch or a transaction is processed", "Bundle.type", "value"))


def batched(gated: GatedStore, request: Request, place: int, entry: Any) -> Json:
    try:
        asked = step(request, place, entry)
        return answered(perform(gated, asked.path, asked.method, asked.request))
    except FhirError as error:
        return failed(error)
