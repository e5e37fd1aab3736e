"""A page: who looks at it, how it is written, what browsers may do with it.

Scripts, frames and anything of other sites are refused by the Content-Security-Policy: https://www.w3.org/TR/CSP3/"""

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import InvalidRequestError
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.auth import sessions, users
from server.auth.authority import Authority
from server.auth.rfc6749.starlette import NO_STORE, fields, form
from server.auth.sessions import Session
from server.auth.users import User
from server.store.engine import Unavailable
from server.telemetry import seen

TEMPLATES = Environment(
    loader=PackageLoader("server.auth.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action "
)
HEADERS = {
    **NO_STORE,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
COOKIE = "causeway"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Told(Exception):
    """The page that says what cannot be done, and why."""

    def __init__(self, status: int, heading: str, text: str) -> None:
        super().__init__(text)
        self.status, self.heading, self.text = status, heading, text


@dataclass(frozen=True)
class Visit:
    """One request of a browser. ``cookie`` is a random text from the first visit on; another one after signing in."""

    authority: Authority
    query: Mapping[str, str]
    form: Mapping[str, str]
    cookie: str
    session: Session | None = None
    user: User | None = None

    @property
    def csrf(self) -> str:
        """What only a page of ours can know: other sites can send the cookie along, and cannot read it."""
        return sha256(f"csrf|{self.cookie}".encode()).hexdigest()

    def check(self) -> None:
        """Raises Told for a form that is no page's of ours."""
        if not compare_digest(self.form.get("csrf", "").encode(), self.csrf.encode()):
            raise Told(403, "This page is out of date", "Go back, load the page again, and do it once more.")

    @property
    def now(self) -> int:
        return self.authority.now()


Shown = Callable[[Visit], Response]


def page(authority: Authority, shown: Shown, *, checked: bool = True) -> Callable[[Request], Awaitable[Response]]:
    """A route. ``checked``: what is posted has to come from a page of ours."""

    async def answered(request: Request) -> Response:
        seen(request.scope).interaction = "page"
        try:
            posted = await form(request) if request.method == "POST" else {}
            query = fields(request.url.query.encode())
            return await run_in_threadpool(visited, request, query, posted)
        except InvalidRequestError as error:
            return told(Told(error.status_code, "This cannot be read", error.description))

    def visited(request: Request, query: Mapping[str, str], posted: Mapping[str, str]) -> Response:
        try:
            visit = visiting(authority, request, query, posted)
            if checked and request.method == "POST":
                visit.check()
            response = shown(visit)
        except Told as error:
            response = told(error)
        except Unavailable:
            response = told(Told(503, "Not now", "Nothing was done. Please try again in a moment."))
        if visit.cookie != request.cookies.get(cookie_name(authority)) and "set-cookie" not in response.headers:
            give_cookie(response, authority, visit.cookie)
        return response

    return answered


def visiting(authority: Authority, request: Request, query: Mapping[str, str], posted: Mapping[str, str]) -> Visit:
    cookie = request.cookies.get(cookie_name(authority)) or secrets.token_urlsafe(32)
    visit = Visit(authority, query, posted, cookie)
    session = sessions.find(authority.store, sessions.hashed(cookie), visit.now, authority.policy)
    user = users.find(authority.store, session.user) if session else None
    if not session or not user:
        return visit
    sessions.used(authority.store, session, visit.now)
    return Visit(authority, query, posted, cookie, session, user)


def render(visit: Visit, template: str, *, status: int = 200, leads_to: Iterable[str] = (), **values: Any) -> Response:
    """``leads_to``: addresses of other sites that a form of this page may end at."""
    text = TEMPLATES.get_template(template).render(visit=visit, user=visit.user, csrf=visit.csrf, **values)
    return HTMLResponse(text, status, {**HEADERS, "content-security-policy": POLICY + form_action(leads_to)})


def form_action(leads_to: Iterable[str]) -> str:
    """Browsers follow a form's redirections by this, so it names the schemes that the apps' addresses have."""
    return " ".join(["'self'", *sorted({found[0].lower() for each in leads_to if (found := SCHEME.match(each))})])


def told(error: Told) -> Response:
    text = TEMPLATES.get_template("told.html").render(user=None, heading=error.heading, text=error.text)
    return HTMLResponse(text, error.status, {**HEADERS, "content-security-policy": POLICY + "'none'"})


def redirect(url: str) -> Response:
    return Response(status_code=303, headers={"location": url, **HEADERS})


def address(path: str, **parameters: str) -> str:
    return f"/auth/{path}?{urlencode(parameters)}" if parameters else f"/auth/{path}"


def cookie_name(authority: Authority) -> str:
    """The prefix makes browsers see to it that the cookie is ours. https://www.rfc-editor.org/rfc/rfc6265#section-4.1"""
    return f"__Host-{COOKIE}" if is_secure(authority) else COOKIE


def give_cookie(response: Response, authority: Authority, value: str) -> None:
    response.set_cookie(
        cookie_name(authority), value, path="/", secure=is_secure(authority), httponly=True, samesite="lax"
    )


def is_secure(authority: Authority) -> bool:
    return authority.base_url.startswith("https:")
