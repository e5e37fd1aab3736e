"""$process-message: an ADT event as a FHIR message.

https://hl7.org/fhir/R4/messageheader-operation-process-message.html"""

from hashlib import sha256

from mappings.fhir.json import Json, dumps
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.operations.parameters import Parameter, arguments
from server.fhir.outcome import Conflict, Invalid, Issue, Unprocessable
from server.fhir.resource import instant
from server.intake import message_bundle
from server.intake.fold import Refused, fold
from server.store.entry import Entry
from server.store.snapshot import Snapshot

PROCESS_MESSAGE = (
    Parameter("content", "Bundle", required=True),
    Parameter("async", "boolean"),
    Parameter("response-url", "url"),
)
HEADER = "Bundle.entry[0].resource"


def process_message(gated: GatedStore, request: Request) -> Answer:
    """The responding message. The same message again gets the same one, and does nothing again.

    What cannot be applied is told as an OperationOutcome, as the specification wants it."""
    given = arguments(request, PROCESS_MESSAGE)
    if given.one("async") or given.one("response-url"):
        raise Invalid(Issue("the answer is given at once", code="not-supported"))
    bundle = message(given.one("content"))
    header = bundle["entry"][0]["resource"]
    event = message_bundle.taken(header)
    if event is None:
        raise Unprocessable(Issue("this event is not processed here", f"{HEADER}.eventCoding", "not-supported"))
    digest = sha256(dumps(bundle)).hexdigest()
    entry = gated.submit(
        lambda snapshot: folded(snapshot, request, bundle, event, digest), named(header), needs(bundle)
    )
    if entry.about["digest"] != digest:
        raise Conflict(Issue("another message came under this id already", f"{HEADER}.id", "duplicate"))
    return Answer(200, entry.reply)


def message(bundle: Json) -> Json:
    """Raises Invalid unless it is a message whose header can be answered. That it begins with one, bdl-12 sees to."""
    if bundle.get("type") != "message":
        raise Invalid(Issue("this is no message", "Bundle.type", "value"))
    resources = [each.get("resource", {}) for each in bundle.get("entry", ())]
    if "id" not in resources[0]:
        raise Invalid(Issue("a message needs an id", f"{HEADER}.id", "required"))
    if not all(resources):
        raise Invalid(Issue("an entry has no resource", "Bundle.entry", "required"))
    return bundle


def named(header: Json) -> str:
    """https://hl7.org/fhir/R4/messaging.html#reliable"""
    return f"message|{header['source']['endpoint']}|{header['id']}"


def needs(bundle: Json) -> tuple[tuple[str, str], ...]:
    """What the sender has to be allowed, whatever turns out to be there already."""
    types = sorted({each["resource"]["resourceType"] for each in bundle["entry"][1:]})
    return tuple((interaction, type) for type in types for interaction in ("create", "update"))


def folded(snapshot: Snapshot, request: Request, bundle: Json, event: str, digest: str) -> Entry:
    """Raises Unprocessable."""
    try:
        follows = fold(message_bundle.mapped(bundle, event), snapshot)
    except Refused as refused:
        raise Unprocessable(Issue(refused.issue.text, "Bundle.entry", "processing")) from None
    about = {"interaction": "operation", "operation": "$process-message", "event": event, "digest": digest}
    id = snapshot.new_id()
    reply = dumps(response(bundle["entry"][0]["resource"], id, request, snapshot))
    told = (follows.writes, reply)
    return Entry(snapshot.tenant, id, snapshot.at, "", "fhir", *told, about=about, renewals=follows.renewals)


def response(header: Json, id: str, request: Request, snapshot: Snapshot) -> Json:
    """https://hl7.org/fhir/R4/messageheader-definitions.html#MessageHeader.response"""
    answer = {
        "resourceType": "MessageHeader",
        "id": id,
        "eventCoding": header["eventCoding"],
        "destination": [{"endpoint": header["source"]["endpoint"]}],
        "source": {"endpoint": request.base},
        "response": {"identifier": header["id"], "code": "ok"},
    }
    entry = [{"fullUrl": f"urn:uuid:{id}", "resource": answer}]
    return {"resourceType": "Bundle", "type": "message", "timestamp": instant(snapshot.at), "entry": entry}
