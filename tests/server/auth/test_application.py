"""The whole application, as a client without a token, or with too small a one, meets it."""

import httpx
import pytest

from server.app import application
from server.fhir.routes import ROUTES

BASE = "https://causeway.test"
OPEN = {
    "/",
    "/livez",
    "/readyz",
    "/metrics",
    "/fhir/metadata",
    "/openapi.json",
    "/.well-known/smart-configuration",
    "/fhir/.well-known/smart-configuration",
    "/.well-known/openid-configuration",
    "/fhir/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/auth/jwks",
    "/auth/style.json",
    "/auth/style.css",
    "/auth/sign-in",
}
"""What anybody may read."""

ENDLESS = "/changes"
"""A stream of what the client may see; its own tests say what that is."""

SIGN_IN = {"/auth/token", "/auth/introspect", "/auth/revoke"}
"""What asks for a client's own signature."""

PAGES = {
    "/auth/authorize": (400, 303),
    "/auth/consent": (403,),
    "/auth/sign-in": (403,),
    "/auth/sign-out": (403,),
    "/auth/logout": (303,),
    "/auth/apps": (303,),
    "/auth/apps/revoke": (403,),
    "/auth/apps/open": (403,),
    "/auth/clients": (303, 403),
    "/auth/register": (400,),
}
"""What asks for a person: with what a browser is answered that nobody has signed in at, nor loaded a page with."""


@pytest.fixture
def app(store, clock):
    return application(store, base_url=BASE, clock=clock, receive=lambda data, sender: b"MSA|AA")


def addresses(app) -> list[tuple[str, str]]:
    """Every method and address that the application answers, filled in; below /fhir, those of its own table."""
    rows = [row for route in app.routes for row in (route.effective_route_contexts() if within(route) else [route])]
    return sorted((method, filled(path)) for row in rows for path in spread(row.path) for method in row.methods)


def within(route) -> bool:
    return hasattr(route, "effective_route_contexts")


def spread(path: str) -> list[str]:
    return [path.replace("{address:path}", each) for each in ROUTES] if "{address:path}" in path else [path]


FILLED = {
    "{type}": "Patient",
    "{id}": "ann",
    "{version}": "1",
    "{operation}": "validate",
    "{client_id}": "nobody",
}


def filled(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path


FORM = {"content-type": "application/x-www-form-urlencoded"}


async def asked(app, method: str, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
        return await http.request(method, path, headers=headers)


async def test_b18_nothing_but_what_is_open_is_answered_without_a_token(app) -> None:
    found = addresses(app)
    assert {path for _, path in found} > OPEN | SIGN_IN | PAGES.keys() | {
        "/hl7v2",
        "/fhir/Patient",
        "/fhir/Patient/ann",
    }
    for method, path in found:
        if path in OPEN and not (path in PAGES and method == "POST"):
            reads = method in {"GET", "HEAD"}
            assert (await asked(app, method, path)).status_code in ({200} if reads else {200, 204, 405})
        elif path in PAGES:
            assert (await asked(app, method, path, **FORM)).status_code in PAGES[path], (method, path)
        elif path not in SIGN_IN:
            answer = await asked(app, method, path)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_b18_a_token_that_opens_nothing_here_opens_nothing(app, world, put) -> None:
    put("Patient", "ann")
    token = await world.token(world.register("system/Basic.r"), "system/Basic.r")
    for method, path in addresses(app):
        if path in OPEN | SIGN_IN | PAGES.keys() | {ENDLESS} or "$" in path or method == "OPTIONS":
            continue
        headers = {"authorization": f"Bearer {token}", "content-type": "application/fhir+json"}
        answer = await asked(app, method, path, **headers)
        assert answer.status_code >= 400, (method, path)
        assert b"ann" not in answer.content


async def test_too_little_scope_is_403_in_the_words_of_fhir(app, world, put) -> None:
    put("Patient", "ann")
    token = await world.token(world.register("system/Claim.rs"), "system/Claim.rs")
    answer = await asked(app, "GET", "/fhir/Patient/ann", authorization=f"Bearer {token}")
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_discovery_allows_any_origin_once(app) -> None:
    answer = await asked(app, "GET", "/fhir/.well-known/smart-configuration", origin="https://app.test")
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert answer.headers["content-type"] == "application/json"


CALLED = ["/auth/token", "/auth/register", "/auth/userinfo", "/auth/revoke", "/auth/jwks", "/fhir/metadata"]


@pytest.mark.parametrize("path", CALLED)
async def test_apps_in_a_browser_may_call_from_any_origin_with_no_cookie(app, path) -> None:
    answer = await asked(app, "POST", path, origin="https://app.test", **FORM)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    wanted = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    preflight = await asked(app, "OPTIONS", path, origin="https://app.test", **wanted)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")


async def test_the_first_version_of_smart_finds_the_same_addresses_in_the_capability_statement(app) -> None:
    said = (await asked(app, "GET", "/fhir/.well-known/smart-configuration")).json()
    security = (await asked(app, "GET", "/fhir/metadata")).json()["rest"][0]["security"]
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
    uris = {each["url"]: each["valueUri"] for each in security["extension"][0]["extension"]}
    names = {"authorize": "authorization", "token": "token", "introspect": "introspection", "revoke": "revocation"}
    names |= {"manage": "management", "register": "registration"}
    assert uris == {name: said[f"{endpoint}_endpoint"] for name, endpoint in names.items()}
