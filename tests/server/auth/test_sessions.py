"""Signing in: passwords, waiting, sessions, and pages that nobody else can use."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser

import pyotp
import pytest

from server.auth import clients, passwords, sign_in, users
from server.auth.policy import Policy

WRONG = "is not right"
PASSWORD = "correct horse battery staple"


async def signed_in(world, name: str = "dr.grey", **fields: str):
    browser = world.browser()
    await browser.open("/auth/sign-in")
    await browser.sign_in(name, **fields)
    return browser


def cookie(browser) -> str:
    return browser.http.cookies["__Host-causeway"]


async def test_the_right_password_opens_the_apps(world) -> None:
    world.user()
    browser = await signed_in(world)
    assert "No app has access." in browser.page.text
    assert "dr.grey" in browser.page.text


@pytest.mark.parametrize("name", ["dr.grey", "nobody", "", "../../x", "x" * 5000, "dr.grey\n"])
async def test_a18_a_wrong_name_and_a_wrong_password_are_answered_alike(world, name) -> None:
    world.user()
    browser = await signed_in(world, name, password="wrong")
    assert (browser.page.status_code, WRONG in browser.page.text) == (400, True)


async def test_a18_nobodys_password_takes_as_long_as_somebodys(world, monkeypatch) -> None:
    """Counted, not timed: the same work is done."""
    world.user()
    verified = []
    original = type(passwords.HASHER).verify
    monkeypatch.setattr(type(passwords.HASHER), "verify", lambda *a: verified.append(a[1]) or original(*a))
    for name in ("dr.grey", "nobody"):
        assert sign_in.sign_in(world.store, name, "wrong", "", 0) is None
    assert len(verified) == 2
    assert verified[0].rpartition("$")[0].rpartition("$")[0] == verified[1].rpartition("$")[0].rpartition("$")[0]


WAITS = {1: 0, 4: 0, 5: 30, 6: 60, 7: 120, 9: 480, 10: 900, 1000: 900}


def test_a18_after_wrong_tries_one_has_to_wait_longer_and_longer() -> None:
    assert {failures: sign_in.wait(failures) for failures in WAITS} == WAITS


@pytest.mark.parametrize("name", ["dr.grey", "nobody"])
def test_a18_of_300_tries_in_an_hour_few_are_looked_at(world, monkeypatch, name) -> None:
    world.user()
    tried, original = [], passwords.is_right
    monkeypatch.setattr(passwords, "is_right", lambda *a: tried.append(1) or original(*a))
    for second in range(0, 3600, 12):
        assert sign_in.sign_in(world.store, name, "wrong", "", 1000 + second) is None
    assert len(tried) == 12


async def test_a18_even_the_right_password_waits_and_then_all_is_forgotten(world) -> None:
    world.user()
    for _ in range(5):
        assert sign_in.sign_in(world.store, "dr.grey", "wrong", "", 1000) is None
    assert sign_in.sign_in(world.store, "dr.grey", PASSWORD, "", 1029) is None
    assert sign_in.sign_in(world.store, "dr.grey", PASSWORD, "", 1030)
    assert sign_in.sign_in(world.store, "dr.grey", "wrong", "", 1031) is None
    assert sign_in.sign_in(world.store, "dr.grey", PASSWORD, "", 1031)


async def test_a18_many_tries_at_once_count_like_one_after_the_other(world, monkeypatch) -> None:
    world.user()
    tried, original = [], passwords.is_right
    monkeypatch.setattr(passwords, "is_right", lambda *a: tried.append(1) or original(*a))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: sign_in.sign_in(world.store, "dr.grey", f"guess {n}", "", 1000), range(40)))
    assert len(tried) == sign_in.FREE


async def test_who_is_disabled_cannot_sign_in_and_is_signed_out(world) -> None:
    world.user()
    browser = await signed_in(world)
    users.change(world.store, "dr.grey", "test", disabled=True)
    assert "Sign in" in (await browser.open("/auth/apps")).text
    assert WRONG in (await browser.sign_in("dr.grey")).text


async def test_a19_a_cookie_from_before_is_worth_nothing(world) -> None:
    world.user()
    browser = world.browser()
    browser.http.cookies.set("__Host-causeway", "somebody-else-knows-this", domain="causeway.test")
    await browser.open("/auth/sign-in")
    await browser.sign_in("dr.grey")
    thief = world.browser()
    thief.http.cookies.set("__Host-causeway", "somebody-else-knows-this", domain="causeway.test")
    assert "Sign in" in (await thief.open("/auth/apps")).text


async def test_a19_the_cookie_is_for_this_server_alone_and_for_no_script(world) -> None:
    world.user()
    browser = world.browser()
    await browser.open("/auth/sign-in")
    answer = await browser.http.post(
        "/auth/sign-in", data={"csrf": _csrf(browser.page.text), "name": "dr.grey", "password": PASSWORD}
    )
    flags = {each.strip().lower() for each in answer.headers["set-cookie"].split(";")[1:]}
    assert flags == {"httponly", "path=/", "samesite=lax", "secure"}
    assert answer.headers["set-cookie"].startswith("__Host-causeway=")


async def test_a19_a_session_ends_when_it_is_idle(world) -> None:
    world.user()
    browser = await signed_in(world)
    for _ in range(4):
        world.clock.forward(Policy().session_idle - 1)
        assert "dr.grey" in (await browser.open("/auth/apps")).text
    world.clock.forward(Policy().session_idle)
    assert "Sign in" in (await browser.open("/auth/apps")).text


async def test_a19_a_session_ends_however_much_it_is_used(world) -> None:
    world.user()
    browser = await signed_in(world)
    for _ in range(Policy().session // 600 - 1):
        world.clock.forward(600)
        await browser.open("/auth/apps")
    assert "dr.grey" in browser.page.text
    world.clock.forward(600)
    assert "Sign in" in (await browser.open("/auth/apps")).text


async def test_who_signs_out_is_out(world) -> None:
    world.user()
    browser = await signed_in(world)
    kept = cookie(browser)
    await browser.send("/auth/sign-out")
    again = world.browser()
    again.http.cookies.set("__Host-causeway", kept, domain="causeway.test")
    assert "Sign in" in (await again.open("/auth/apps")).text


async def test_a_second_factor_is_asked_for_and_good_once(world) -> None:
    secret = pyotp.random_base32()
    world.user(totp=secret)
    right = pyotp.TOTP(secret).at(int(world.clock().timestamp()))
    assert WRONG in (await signed_in(world)).page.text
    assert WRONG in (await signed_in(world, code="000000" if right != "000000" else "111111")).page.text
    assert "dr.grey" in (await signed_in(world, code=f"{right[:3]} {right[3:]}")).page.text
    assert WRONG in (await signed_in(world, code=right)).page.text


@pytest.mark.parametrize(
    "back",
    ["https://evil.test/", "//evil.test", "/\\evil.test", "/auth/\\evil", "javascript:alert(1)", "/fhir/", "/auth/\n"],
)
async def test_a21_signing_in_leads_nowhere_else(world, back) -> None:
    world.user()
    browser = world.browser()
    await browser.open("/auth/sign-in")
    answer = await browser.http.post(
        "/auth/sign-in",
        data={"csrf": _csrf(browser.page.text), "name": "dr.grey", "password": PASSWORD, "return": back},
    )
    assert answer.headers["location"] == "/auth/apps"


POSTED = ["/auth/consent", "/auth/sign-in", "/auth/sign-out", "/auth/apps/revoke", "/auth/apps/open"]


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize(
    "form", [{}, {"csrf": ""}, {"csrf": "x" * 64}, {"csrf": "ä"}], ids=["no", "empty", "guessed", "odd"]
)
async def test_a17_what_no_page_of_ours_sends_is_refused(world, path, form) -> None:
    world.user()
    browser = await signed_in(world)
    assert (await browser.http.post(path, data={"decision": "allow", **form})).status_code == 403
    assert "dr.grey" in (await browser.open("/auth/apps")).text


async def test_a17_anothers_page_is_none_of_ours(world) -> None:
    world.user()
    browser, other = await signed_in(world), await signed_in(world)
    answer = await browser.http.post("/auth/sign-out", data={"csrf": _csrf(other.page.text)})
    assert answer.status_code == 403


SHOWN = ["/auth/sign-in", "/auth/apps", "/auth/authorize", "/auth/logout?id_token_hint=x"]


@pytest.mark.parametrize("path", SHOWN)
async def test_a17_no_page_can_be_framed_or_run_a_script(world, path) -> None:
    world.user()
    browser = await signed_in(world)
    answer = await browser.open(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in answer.text
    assert "style=" not in answer.text


class Controls(HTMLParser):
    """What a person fills in, and what it is called."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.named: set[str] = set()
        self.asked: list[dict[str, str | None]] = []
        self.within_label = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "label":
            self.within_label += 1
            self.named.add(given.get("for") or "")
        if tag == "input" and given.get("type") != "hidden":
            self.asked.append({**given, "within": "yes" if self.within_label else None})

    def handle_endtag(self, tag: str) -> None:
        self.within_label -= tag == "label"


async def test_every_field_of_every_page_has_a_name(world, put) -> None:
    put("Patient", "ann", body=b'{"resourceType":"Patient","id":"ann"}')
    world.user()
    app = world.app()
    browser = world.browser()
    pages = [
        await browser.open(app.url("launch/patient openid patient/Observation.rs")),
        await browser.sign_in("dr.grey"),
        await browser.send("/auth/consent", patient="ann"),
        await browser.open("/auth/apps"),
    ]
    for page in pages:
        controls = Controls(page.text)
        assert controls.asked
        assert all(each.get("id") in controls.named or each["within"] for each in controls.asked), page.url
        assert '<html lang="en">' in page.text
        assert page.text.count("<h1>") == 1


async def test_what_an_app_calls_itself_is_only_text(world) -> None:
    world.user()
    app = world.app()
    clients.register(world.store, replace(app.client, name='<img src=x onerror="alert(1)">'), "test")
    browser = world.browser()
    await browser.open(app.url("openid"))
    page = await browser.sign_in("dr.grey")
    assert "<img" not in page.text
    assert "&lt;img" in page.text


async def test_granted_apps_are_shown_and_taken_back(world, put) -> None:
    put("Patient", "ann", body=b'{"resourceType":"Patient","id":"ann","name":[{"family":"Abel"}]}')
    world.user()
    app = world.app()
    body = await world.granted(app, "launch/patient offline_access patient/Observation.rs")
    browser = await signed_in(world)
    assert "Growth chart" in browser.page.text
    assert "Abel" in browser.page.text
    assert "See measurements and results" in browser.page.text
    await browser.send("/auth/apps/revoke")
    assert "No app has access." in browser.page.text
    assert (await world.read(body["access_token"])).status_code == 401
    assert (await app.refresh(body["refresh_token"])).status_code == 400


async def test_nobody_takes_back_what_another_granted(world, put) -> None:
    put("Patient", "ann", body=b'{"resourceType":"Patient","id":"ann"}')
    world.user()
    world.user("other")
    app = world.app()
    body = await world.granted(app, "user/*.rs")
    mine = await signed_in(world)
    grant = mine.page.text.partition('name="grant" value="')[2].partition('"')[0]
    other = await signed_in(world, "other")
    assert "No app has access." in other.page.text
    await other.http.post("/auth/apps/revoke", data={"csrf": _csrf(other.page.text), "grant": grant})
    assert (await world.read(body["access_token"])).status_code == 200


def _csrf(text: str) -> str:
    return text.partition('name="csrf" value="')[2].partition('"')[0]


def form_action(page) -> set[str]:
    """Where a browser lets the forms of this page lead to."""
    policy = page.headers["content-security-policy"]
    return set(policy.partition("form-action ")[2].split())


async def test_a_form_may_lead_to_the_app_that_waits_and_nowhere_else(world, put) -> None:
    """Chromium goes by this when it follows the redirection that answers a form."""
    put("Patient", "ann", body=b'{"resourceType":"Patient","id":"ann"}')
    world.user()
    app = world.app()
    browser = world.browser()
    assert form_action(await browser.open("/auth/sign-in")) == {"'self'"}
    asked = app.url("launch/patient openid")
    assert form_action(await browser.open(asked)) == {"'self'", "https:"}
    assert form_action(await browser.sign_in("dr.grey")) == {"'self'", "https:"}
    assert form_action(await browser.send("/auth/consent", patient="ann")) == {"'self'", "https:"}
    assert form_action(await browser.open("/auth/apps")) == {"'self'", "https:"}
    assert form_action(await browser.open("/auth/authorize")) == {"'none'"}
    odd = "/auth/sign-in?return=/auth/x%3Fredirect_uri=https%253A//[;script-src%2520*"
    assert form_action(await browser.open(odd)) == {"'self'", "https:"}


async def test_nothing_worth_granting_is_an_error_at_once(world) -> None:
    world.user()
    browser = world.browser()
    await browser.open(
        world.app("launch/patient offline_access user/*.rs").url("launch/patient offline_access patient/*.rs")
    )
    answer = await browser.sign_in("dr.grey")
    assert "error=invalid_scope" in answer.headers["location"]
