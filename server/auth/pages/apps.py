"""What a person has granted, and takes back; and the apps that can be opened from here."""

from starlette.responses import Response

from server.auth import clients, grants
from server.auth.grants import Context
from server.auth.launches import Launch
from server.auth.launching import BadLaunch, launched
from server.auth.pages import patients, sign_in
from server.auth.pages.consent import date
from server.auth.pages.page import Told, Visit, redirect, render
from server.auth.pages.words import words
from server.auth.scopes import parse
from server.auth.users import User


def shown(visit: Visit) -> Response:
    if not visit.user:
        return sign_in.needed(sign_in.HOME)
    store, user = visit.authority.store, visit.user
    named = {each.client_id: each for each in clients.every(store) if each.tenant == user.tenant}
    granted = [
        {
            "id": each.id,
            "name": named[each.client_id].name,
            "since": date(each.granted_at),
            "until": date(each.expires_at),
            "patient": patients.find(store, user, each.context.patient) if each.context.patient else None,
            "words": [words(scope, date(each.expires_at)) for scope in parse(each.scope)],
        }
        for each in grants.of(store, user.name, visit.now)
        if each.client_id in named
    ]
    apps = [each for each in named.values() if each.launch_uri and each.approved]
    return render(visit, "apps.html", leads_to=[each.launch_uri or "" for each in apps], granted=granted, apps=apps)


def revoked(visit: Visit) -> Response:
    """Another person's is as if it were not there."""
    if not visit.user:
        return sign_in.needed(sign_in.HOME)
    store = visit.authority.store
    found = grants.find(store, visit.form.get("grant", ""))
    if found and found.user == visit.user.name:
        grants.revoke(store, found.id, visit.user.name)
    return redirect(sign_in.HOME)


def opened(visit: Visit) -> Response:
    """An EHR launch by the person who is signed in."""
    if not visit.user:
        return sign_in.needed(sign_in.HOME)
    patient = whom(visit, visit.user)
    store, app = visit.authority.store, clients.find(visit.authority.store, visit.form.get("client_id", ""))
    launch = Launch(
        client_id=app.client_id if app else "",
        tenant=visit.user.tenant,
        context=Context(patient=patient, need_patient_banner=False),
        expires_at=visit.now + visit.authority.policy.launch,
        user=visit.user.name,
    )
    try:
        return redirect(launched(store, launch, visit.authority.fhir_url, visit.user.name)[1])
    except BadLaunch as error:
        raise Told(400, "This app cannot be opened", f"{error}.") from None


def whom(visit: Visit, user: User) -> str | None:
    wanted = user.own_patient or visit.form.get("patient", "").strip()
    if wanted and not patients.find(visit.authority.store, user, wanted):
        raise Told(400, "This app cannot be opened", "There is no such patient.")
    return wanted or None
