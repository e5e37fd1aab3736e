"""The person whom Inferno waits for: opens pages, fills in their forms, presses their buttons, as a browser without
scripts would."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

STEPS = 12
"""Forms that are filled in on one way; a longer one goes round in circles."""


class Lost(Exception):
    """A page on which the person does not know what to do."""


@dataclass(slots=True)
class Form:
    """``fields`` are what a browser would send along; ``buttons`` one of which is pressed."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", ""), given.get("method", "get")))
        elif tag == "input" and "name" in given and self.found and is_sent(given):
            self.found[-1].fields[given["name"]] = given.get("value", "on")
        elif tag == "button" and self.found:
            self.found[-1].buttons.append((given.get("name", ""), given.get("value", "")))


def is_sent(given: Mapping[str, str]) -> bool:
    return given.get("type") != "checkbox" or "checked" in given


class Person:
    """``patient`` is whom they choose; ``opens`` the client id of the app that they open from the EHR; ``apps`` where
    they are sent in the end."""

    def __init__(self, name: str, password: str, patient: str, opens: str, server: str, apps: str) -> None:
        self._name, self._password, self._patient, self._opens = name, password, patient, opens
        self._server, self._apps = server, urlsplit(apps).netloc
        self._http = httpx.Client(follow_redirects=True, timeout=60)

    def attend(self, told: Mapping[str, str]) -> None:
        """Does what a waiting test asks for."""
        if url := told.get("authorization_url"):
            self.grant(self._http.get(url))
        elif "launch_uri" in told:
            self.launch()
        else:
            raise Lost(told["message"])

    def launch(self) -> None:
        """Opens the app, for the patient, from the page that lists them."""
        page = self._signed_in(self._http.get(f"{self._server}/auth/apps"))
        for form in Forms(page.text).found:
            if form.action.endswith("/apps/open") and form.fields["client_id"] == self._opens:
                self._sent(page, form, {"patient": self._patient})
                return
        raise Lost("the app cannot be opened")

    def grant(self, page: httpx.Response) -> None:
        """Signs in, chooses the patient, allows; until the browser is back at the app."""
        for _ in range(STEPS):
            if page.url.netloc.decode() == self._apps:
                return
            page = self._next(page)
        raise Lost(f"still at {page.url.path}")

    def _next(self, page: httpx.Response) -> httpx.Response:
        for form in self._forms(page):
            if "password" in form.fields:
                return self._sent(page, form, self._credentials)
            if ("decision", "allow") in form.buttons:
                return self._sent(page, form, {"decision": "allow"})
            if any(name == "patient" for name, _ in form.buttons):
                return self._sent(page, form, {"patient": self._patient})
        raise Lost(f"nothing to do at {page.url.path}: {page.status_code}")

    @property
    def _credentials(self) -> Mapping[str, str]:
        return {"name": self._name, "password": self._password, "code": ""}

    def _signed_in(self, page: httpx.Response) -> httpx.Response:
        forms = [each for each in self._forms(page) if "password" in each.fields]
        return self._sent(page, forms[0], self._credentials) if forms else page

    def _forms(self, page: httpx.Response) -> list[Form]:
        return Forms(page.text).found

    def _sent(self, page: httpx.Response, form: Form, more: Mapping[str, str]) -> httpx.Response:
        url = urljoin(str(page.url), form.action)
        return self._http.request(form.method.upper(), url, data={**form.fields, **more})
