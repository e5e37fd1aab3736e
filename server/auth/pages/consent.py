"""The pages on which a person chooses a patient, and grants."""

from collections.abc import Iterable
from datetime import UTC, datetime

from starlette.responses import Response

from server.auth.clients import Client
from server.auth.consent import FIXED
from server.auth.pages import patients
from server.auth.pages.page import Visit, render
from server.auth.pages.patients import Patient
from server.auth.pages.words import parts, words
from server.auth.scopes import Scope


def picker(visit: Visit, request: str, client: Client, text: str) -> Response:
    assert visit.user  # noqa: S101 - there is nothing to choose for nobody
    found = patients.search(visit.authority.store, visit.user, text.strip())
    return render(
        visit, "patient.html", leads_to=client.redirect_uris, request=request, client=client, find=text, found=found
    )


def page(
    visit: Visit, request: str, client: Client, scopes: Iterable[Scope], patient: Patient | None, until: int
) -> Response:
    ends = date(until)
    rows = [
        {"scope": str(scope), "words": words(scope, ends), "fixed": scope in FIXED, "parts": parts(scope)}
        for scope in scopes
    ]
    return render(
        visit,
        "consent.html",
        leads_to=client.redirect_uris,
        request=request,
        client=client,
        rows=rows,
        patient=patient,
        until=ends,
        lasting="offline_access" in map(str, scopes),
    )


def date(seconds: int) -> str:
    """``5 March 2027``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y}"
