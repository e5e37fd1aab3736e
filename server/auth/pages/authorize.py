"""The way from an app's request to its code: sign in, choose a patient, grant.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-authorization-code. The request itself is carried
along, and judged anew at every step: nothing is kept until the person grants."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidRequestError, InvalidScopeError, OAuth2Error
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError
from starlette.responses import Response

from server.auth import launches
from server.auth.clients import Client
from server.auth.consent import Consent, chosen, ends, grant, needs_patient, proposed
from server.auth.launches import Launch
from server.auth.pages import consent, patients, sign_in
from server.auth.pages.page import Told, Visit, address, redirect
from server.auth.pages.patients import Patient
from server.auth.rfc6749.server import AuthorizationServer
from server.auth.rfc6749.starlette import FormRequest, refused
from server.auth.rfc9207 import with_issuer
from server.auth.scopes import Scope
from server.auth.sessions import Session
from server.auth.users import User

ONCE = ("prompt", "max_age")
"""Parameters that are done with when the person has signed in."""


@dataclass(frozen=True)
class Step:
    """A request that can be answered, and the person who is there."""

    visit: Visit
    request: FormRequest
    session: Session
    user: User
    launch: Launch | None
    scopes: tuple[Scope, ...]

    @property
    def client(self) -> Client:
        client: Client = self.request.client.record
        return client

    @property
    def carried(self) -> str:
        """The app's request, for the next step."""
        return urlencode(self.request.form)


class Authorization:
    """Three pages: what the app asks for by GET, the same by POST, and each step of the person."""

    def __init__(self, server: AuthorizationServer) -> None:
        self._server, self._authority = server, server.authority

    def asked(self, visit: Visit) -> Response:
        return self._judged(visit, visit.query)

    def posted(self, visit: Visit) -> Response:
        """Browsers send no cookie along with another site's form: it is asked again as an address."""
        return redirect(address("authorize", **visit.form))

    def step(self, visit: Visit) -> Response:
        return self._judged(visit, dict(parse_qsl(visit.form.get("request", ""))))

    def _judged(self, visit: Visit, asked: Mapping[str, str]) -> Response:
        """Errors go to the app only when it is known that the address is the app's."""
        try:
            request = FormRequest(self._authority.url("authorize"), {}, asked)
            return with_issuer(self._answered(visit, request, self._validated(visit, request)), self._authority)
        except OAuth2Error as error:
            if not error.redirect_uri:
                raise Told(400, "This app's request cannot be answered", error.description or error.error) from None
            return with_issuer(refused(error), self._authority)

    def _validated(self, visit: Visit, request: FormRequest) -> Any:
        try:
            return self._server.get_consent_grant(request, visit.user)
        except ValueError:
            raise InvalidRequestError(description="The request has characters that it cannot have.") from None

    def _answered(self, visit: Visit, request: FormRequest, grant: Any) -> Response:
        try:
            if is_sign_in_needed(visit, request.form):
                return back_here(request.form)
            step = self._step(visit, request)
            patient = self._patient(step)
            if needs_patient(step.scopes) and not patient:
                return consent.picker(visit, step.carried, step.client, visit.form.get("find", ""))
            if "decision" not in visit.form:
                until = ends(step.scopes, step.session, visit.now, self._authority.policy)
                return consent.page(visit, step.carried, step.client, step.scopes, patient, until)
            return self._decided(step, grant, patient)
        except OAuth2Error as error:
            error.redirect_uri, error.state = request.payload.redirect_uri, request.payload.state
            raise

    def _step(self, visit: Visit, request: FormRequest) -> Step:
        assert visit.user  # noqa: S101 - is_sign_in_needed says so
        assert visit.session  # noqa: S101
        if request.client.record.tenant != visit.user.tenant:
            raise AccessDeniedError(description="The app is not registered where this person is.")
        launch = self._launch(request, visit.user)
        scopes = proposed(request.scope, visit.user, launch)
        if launch and "launch" not in scopes:
            raise InvalidScopeError(description="A launch needs the scope launch.")
        if not scopes:
            raise InvalidScopeError(description="This person can grant none of these scopes.")
        if request.form.get("prompt") == "none":
            raise ConsentRequiredError
        return Step(visit, request, visit.session, visit.user, launch, scopes)

    def _launch(self, request: FormRequest, user: User) -> Launch | None:
        """What the EHR said, if it launched the app."""
        id = request.form.get("launch")
        if id is None:
            return None
        found = launches.find(self._authority.store, id)
        if not found or not found.is_for(request.client.get_client_id(), user.tenant, user.name, self._authority.now()):
            raise InvalidRequestError(description="launch is not valid, or not any more.")
        return found

    def _patient(self, step: Step) -> Patient | None:
        """The EHR's, else the person's own, else the one that was chosen; always one whom the person may see."""
        stated = step.launch.context.patient if step.launch else None
        wanted = stated or step.user.own_patient or step.visit.form.get("patient")
        found = patients.find(self._authority.store, step.user, wanted) if wanted else None
        if stated and not found:
            raise AccessDeniedError(description="This person may not see the patient of the launch.")
        return found

    def _decided(self, step: Step, authlib: Any, patient: Patient | None) -> Response:
        scopes = chosen(step.scopes, step.visit.form) if step.visit.form["decision"] == "allow" else ()
        if not scopes:
            raise AccessDeniedError(description="Access was not granted.")
        launch_id = step.request.form.get("launch")
        if launch_id and not launches.use(self._authority.store, launch_id, step.user.name):
            raise InvalidRequestError(description="launch is not valid any more.")
        said = Consent(step.session, step.user, scopes, patient.id if patient else None, step.launch)
        made = grant(said, str(uuid4()), step.client.client_id, step.visit.now, self._authority.policy)
        step.request.grant = made
        response: Response = self._server.create_authorization_response(step.request, step.user, authlib)
        return response


def is_sign_in_needed(visit: Visit, asked: Mapping[str, str]) -> bool:
    """https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest. Raises LoginRequiredError where no page may be
    shown."""
    oldest = asked.get("max_age", "")
    stale = oldest.isdecimal() and visit.session and visit.session.began_at + int(oldest) < visit.now
    needed = not visit.user or bool(stale) or asked.get("prompt") == "login"
    if needed and asked.get("prompt") == "none":
        raise LoginRequiredError
    return needed


def back_here(asked: Mapping[str, str]) -> Response:
    carried = {name: value for name, value in asked.items() if name not in ONCE}
    return sign_in.needed(address("authorize", **carried))
