"""Where an administrator sees who registered, lets in who waits, and ends what is there."""

from starlette.responses import Response

from server.auth import clients
from server.auth.pages import sign_in
from server.auth.pages.page import Told, Visit, redirect, render
from server.auth.pages.words import words
from server.auth.users import User

HERE = "/auth/clients"
ADMINISTRATOR = "administrator"


def shown(visit: Visit) -> Response:
    if not visit.user:
        return sign_in.needed(HERE)
    check(visit.user)
    mine = [each for each in clients.every(visit.authority.store) if each.tenant == visit.user.tenant]
    rows = [{"client": each, "words": [words(scope, "it is taken back") for scope in each.scopes]} for each in mine]
    return render(visit, "clients.html", rows=sorted(rows, key=lambda row: row["client"].approved))


def decided(visit: Visit) -> Response:
    """Another tenant's is as if it were not there."""
    if not visit.user:
        return sign_in.needed(HERE)
    check(visit.user)
    store, id = visit.authority.store, visit.form.get("client_id", "")
    found = clients.known(store, id)
    if not found or found.tenant != visit.user.tenant:
        return redirect(HERE)
    if visit.form.get("decision") == "approve":
        clients.approve(store, id, visit.user.name)
    elif visit.form.get("decision") == "revoke":
        clients.revoke(store, id, visit.user.name)
    return redirect(HERE)


def check(user: User) -> None:
    """Raises Told."""
    if user.role != ADMINISTRATOR:
        raise Told(403, "Not for you", "Only administrators see which apps are registered.")
