"""Where an app was launched, as the token response tells it.

https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#launch-context-arrives-with-your-access_token"""

from typing import Any

from server.auth.authority import Authority
from server.auth.grants import Grant
from server.auth.users import User

STYLE = "style.json"


class LaunchContext:
    """An extension of the grants that act for a person."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_create_token_response", self.add)

    def add(self, grant: Any, response: tuple[int, dict[str, Any], Any]) -> None:
        response[1].update(told(self._authority, grant.request.grant, grant.request.user))


def told(authority: Authority, grant: Grant, user: User) -> dict[str, Any]:
    context, shown = grant.context, grant.context.patient is not None
    found = {
        "patient": context.patient,
        "encounter": context.encounter,
        "intent": context.intent,
        "fhirContext": list(context.fhir_context),
        "fhirUser": fhir_user(authority, user) if "fhirUser" in grant.scope.split() else None,
        "need_patient_banner": context.need_patient_banner if shown else None,
        "smart_style_url": authority.url(STYLE) if shown else None,
        "tenant": grant.tenant,
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def fhir_user(authority: Authority, user: User) -> str | None:
    """The address of the resource that is this person."""
    return f"{authority.fhir_url}/{user.fhir_user}" if user.fhir_user else None
