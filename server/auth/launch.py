"""An EHR asks for a launch: ``POST /auth/launch``, with the access token of a client that may (``client add --ehr``).

The body is JSON: ``client_id`` of the app, and whatever is known of ``patient``, ``encounter``, ``user``, ``intent``,
``need_patient_banner``, ``fhirContext``. The answer holds the ``launch`` id and the ``url`` at which to open the app.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch"""

from typing import Annotated

import msgspec
from starlette.responses import Response

from mappings.fhir.json import dumps
from server.auth.authority import Authority, Bearer
from server.auth.gate import GatedStore
from server.auth.grants import Context
from server.auth.launches import Launch
from server.auth.launching import BadLaunch, launched
from server.auth.rfc6749.starlette import NO_STORE
from server.auth.rfc6750 import acting
from server.fhir.outcome import Forbidden, Invalid

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9\-.]{1,64}$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
MAX_BYTES = 16_384
MAX_CONTEXT = 50


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    client_id: Text
    patient: Id | None = None
    encounter: Id | None = None
    user: Text | None = None
    intent: Text | None = None
    need_patient_banner: bool = False
    fhirContext: Annotated[list[dict[Text, Text]], msgspec.Meta(max_length=MAX_CONTEXT)] = []  # noqa: N815


def launch(authority: Authority, bearer: Bearer, body: bytes) -> Response:
    """Raises Forbidden, Invalid, NotFound: what the EHR names has to be there, and its own to see."""
    if not bearer.client.may_launch or bearer.user:
        raise Forbidden("this client may not launch apps")
    asked = read(body)
    gated = GatedStore(authority.store, acting(bearer))
    for type, id in (("Patient", asked.patient), ("Encounter", asked.encounter)):
        if id:
            gated.read(type, id)
    made = Launch(
        client_id=asked.client_id,
        tenant=bearer.client.tenant,
        context=context(asked),
        expires_at=authority.now() + authority.policy.launch,
        user=asked.user,
    )
    try:
        id, url = launched(authority.store, made, authority.fhir_url, bearer.client.client_id)
    except BadLaunch as error:
        raise Invalid(str(error)) from None
    answer = {"launch": id, "url": url, "expires_in": authority.policy.launch}
    return Response(dumps(answer), 201, {**NO_STORE, "content-type": "application/json"})


def read(body: bytes) -> Asked:
    if len(body) > MAX_BYTES:
        raise Invalid(f"the body is longer than {MAX_BYTES} bytes")
    try:
        return msgspec.json.decode(body, type=Asked)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(str(error)) from None


def context(asked: Asked) -> Context:
    return Context(
        patient=asked.patient,
        encounter=asked.encounter,
        intent=asked.intent,
        need_patient_banner=asked.need_patient_banner,
        fhir_context=tuple(asked.fhirContext),
    )
