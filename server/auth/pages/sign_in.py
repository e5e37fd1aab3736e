"""Signing in and out."""

from urllib.parse import parse_qsl

from starlette.responses import Response

from server.auth import sessions, sign_in
from server.auth.pages.page import Visit, address, give_cookie, redirect, render

HOME = "/auth/apps"
WRONG = "The name, the password or the code is not right. After several wrong tries you have to wait a while."


def form(visit: Visit) -> Response:
    return shown(visit, visit.query.get("return", HOME))


def posted(visit: Visit) -> Response:
    """With a cookie of its own: one that was there before, and that somebody else may know, is worth nothing."""
    asked = visit.form
    store, now = visit.authority.store, visit.now
    user = sign_in.sign_in(store, asked.get("name", ""), asked.get("password", ""), asked.get("code", ""), now)
    if not user:
        return shown(visit, asked.get("return", HOME), WRONG)
    response = redirect(local(asked.get("return", HOME)))
    give_cookie(response, visit.authority, sessions.begin(store, user.name, now, visit.authority.policy))
    return response


def out(visit: Visit) -> Response:
    if visit.session:
        sessions.end(visit.authority.store, visit.session)
    return redirect(address("sign-in"))


def needed(back: str) -> Response:
    return redirect(address("sign-in", **{"return": back}))


def shown(visit: Visit, back: str, wrong: str = "") -> Response:
    return render(
        visit,
        "sign_in.html",
        status=400 if wrong else 200,
        leads_to=asking(back),
        back=local(back),
        wrong=wrong,
        name=visit.form.get("name", ""),
    )


def asking(back: str) -> list[str]:
    """The address of the app that waits for its answer, which may be an error as soon as it is known who asks."""
    return [value for name, value in parse_qsl(back.partition("?")[2]) if name == "redirect_uri"]


def local(back: str) -> str:
    """A page of ours, whatever was asked for."""
    return back if back.startswith("/auth/") and "\\" not in back and back.isprintable() else HOME
