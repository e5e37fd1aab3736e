"""HL7 v2 over HTTP: a message or a batch in the body, its acknowledgements as the answer.

https://hapifhir.github.io/hapi-hl7v2/hapi-hl7overhttp/specification.html"""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mappings.v2.batch import split
from mappings.v2.faults import NotHl7
from server.auth.gate import Principal, permit
from server.fhir.exchange import charset_of
from server.fhir.outcome import Forbidden, Invalid, TooLarge, UnsupportedMediaType
from server.store.query import EVERYTHING
from server.telemetry import seen

Receive = Callable[[bytes, str], bytes]
"""A message and who sent it, to its acknowledgement."""

HL7 = "application/hl7-v2"
TYPES = frozenset({HL7, "x-application/hl7-v2+er7", "text/plain"})
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "iso-8859-1", "windows-1252"})
"""What a message's own MSH-18 can overrule; what bytes of them mean is told apart when it is empty."""

WRITTEN = (
    "Account",
    "ChargeItem",
    "Claim",
    "Condition",
    "Coverage",
    "Encounter",
    "Location",
    "Organization",
    "Patient",
    "Practitioner",
    "RelatedPerson",
)
"""What messages make and change: who sends them has to be allowed that, of everybody."""


def router(receive: Receive, authenticate: Callable[[Request], Principal], tenant: str) -> APIRouter:
    made = APIRouter()

    async def served(request: Request) -> Response:
        return await run_in_threadpool(serve, receive, authenticate, tenant, request, await request.body())

    made.add_api_route("/hl7v2", served, methods=["POST"], include_in_schema=False)
    return made


def serve(
    receive: Receive, authenticate: Callable[[Request], Principal], tenant: str, request: Request, body: bytes
) -> Response:
    note = seen(request.scope)
    note.interaction = "hl7v2"
    principal = authenticate(request)
    note.client = principal.client
    entitled(principal, tenant)
    form = media_type(request.headers.get("content-type", ""))
    return Response(b"".join(receive(each, principal.client) for each in messages(body)), media_type=form)


def entitled(principal: Principal, tenant: str) -> None:
    """Raises Forbidden unless the client may write all that a message may."""
    if principal.tenant != tenant:
        raise Forbidden("the feed is another tenant's")
    for type in WRITTEN:
        for interaction in ("create", "update"):
            if permit(principal, interaction, type) != EVERYTHING:
                raise Forbidden(f"the access token does not allow {interaction} of every {type}")


def media_type(content_type: str) -> str:
    """Raises UnsupportedMediaType."""
    named = content_type.partition(";")[0].strip().lower()
    if named not in TYPES:
        raise UnsupportedMediaType(f"messages are sent as {HL7}")
    if charset_of(content_type) not in CHARSETS:
        raise UnsupportedMediaType("this charset is not taken; MSH-18 can name any of HL7's")
    return named


def messages(body: bytes) -> tuple[bytes, ...]:
    """Raises Invalid when there is none, TooLarge when there are too many."""
    try:
        found = split(body).messages
    except NotHl7 as error:
        raise TooLarge(error.text) from None
    if not found:
        raise Invalid("the body has no message")
    return found
