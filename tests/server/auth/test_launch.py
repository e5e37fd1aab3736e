"""EHR launch. https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch"""

from dataclasses import replace

import httpx
import pytest

from server.auth import clients
from server.auth.policy import Policy

SCOPE = "launch openid fhirUser offline_access patient/*.rs"


@pytest.fixture(autouse=True)
def visit(put) -> None:
    put("Patient", "ann", body=b'{"resourceType":"Patient","id":"ann","name":[{"family":"Abel"}]}')
    put("Patient", "ben", body=b'{"resourceType":"Patient","id":"ben"}')
    put("Encounter", "visit", body=b'{"resourceType":"Encounter","id":"visit"}')


@pytest.fixture
async def ehr(world):
    """Asks for a launch with a token of an EHR's."""
    service = world.register("system/*.rs")
    clients.register(world.store, replace(service.client, may_launch=True), "test")
    token = await world.token(service)

    async def ask(app, **body: object) -> httpx.Response:
        bearer = {"authorization": f"Bearer {token}"}
        return await world.http.post("/auth/launch", json={"client_id": app.client.client_id, **body}, headers=bearer)

    return ask


async def opened(world, app, launch: str, name: str = "dr.grey", scope: str = SCOPE) -> httpx.Response:
    browser = world.browser()
    answer = await browser.open(app.url(scope, launch=launch))
    if answer.status_code == 200:
        answer = await browser.sign_in(name)
    if answer.status_code == 200:
        answer = await browser.send("/auth/consent", decision="allow")
    return answer


def parameters(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    return dict(httpx.URL(answer.headers["location"]).params)


async def test_an_ehr_launches_an_app(world, ehr) -> None:
    app, _ = world.app(), world.user()
    context = {"patient": "ann", "encounter": "visit", "user": "dr.grey", "intent": "reconcile-medications"}
    answer = await ehr(app, **context, fhirContext=[{"reference": "Encounter/visit"}])
    asked = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    url = httpx.URL(asked["url"])
    assert str(url).startswith("https://app.test/launch?")
    assert dict(url.params) == {"iss": "https://causeway.test/fhir", "launch": asked["launch"]}
    sent = parameters(await opened(world, app, asked["launch"], scope=f"{SCOPE} launch/encounter"))
    body = (await app.exchange(sent["code"])).json()
    assert (body["patient"], body["encounter"], body["intent"]) == ("ann", "visit", "reconcile-medications")
    assert body["fhirContext"] == [{"reference": "Encounter/visit"}]
    assert body["need_patient_banner"] is False
    assert body["tenant"] == "default"
    assert (await world.http.get(body["smart_style_url"])).json()["color_text"]
    again = (await app.refresh(body["refresh_token"])).json()
    assert (again["patient"], again["encounter"]) == ("ann", "visit")


async def test_a11_a_launch_is_good_once(world, ehr) -> None:
    app, _ = world.app(), world.user()
    launch = (await ehr(app, patient="ann")).json()["launch"]
    assert "code" in parameters(await opened(world, app, launch))
    assert parameters(await opened(world, app, launch))["error"] == "invalid_request"


BAD = {
    "A11 another user's": ("dr.grey", {"user": "other"}, 0, "invalid_request"),
    "A11 too late": ("dr.grey", {}, Policy().launch, "invalid_request"),
    "a patient whom the person may not see": ("ann", {"patient": "ben"}, 0, "access_denied"),
}


@pytest.mark.parametrize(("name", "context", "later", "error"), BAD.values(), ids=BAD)
async def test_a11_a_launch_is_bound(world, ehr, name, context, later, error) -> None:
    app = world.app()
    world.user()
    world.user("other")
    world.user("ann", "patient")
    launch = (await ehr(app, **context)).json()["launch"]
    world.clock.forward(later)
    assert parameters(await opened(world, app, launch, name))["error"] == error


async def test_a11_a_launch_is_one_apps(world, ehr) -> None:
    app, other, _ = world.app(), world.app(), world.user()
    launch = (await ehr(app, patient="ann")).json()["launch"]
    assert parameters(await opened(world, other, launch))["error"] == "invalid_request"
    tampered = launch[:-1] + ("A" if launch[-1] != "A" else "B")
    assert parameters(await opened(world, app, tampered))["error"] == "invalid_request"
    assert "code" in parameters(await opened(world, app, launch))


async def test_a_launch_needs_its_scope(world, ehr) -> None:
    app, _ = world.app(), world.user()
    launch = (await ehr(app, patient="ann")).json()["launch"]
    assert parameters(await opened(world, app, launch, scope="openid patient/*.rs"))["error"] == "invalid_scope"


async def test_a_launch_without_patient_lets_the_person_choose(world, ehr) -> None:
    app, _ = world.app(), world.user()
    launch = (await ehr(app)).json()["launch"]
    browser = world.browser()
    await browser.open(app.url(SCOPE, launch=launch))
    assert "Which patient?" in (await browser.sign_in("dr.grey")).text


async def test_the_scope_launch_is_nothing_without_a_launch(world) -> None:
    app, _ = world.app(), world.user()
    assert (await world.granted(app, SCOPE))["scope"] == "openid fhirUser offline_access patient/*.rs"


REFUSED = {
    "no such patient": ({"patient": "nobody"}, 404),
    "no such encounter": ({"encounter": "nothing"}, 404),
    "no such user": ({"user": "nobody"}, 400),
    "no such app": ({"client_id": "nobody"}, 400),
    "an id that is none": ({"patient": "../x"}, 400),
    "a word too many": ({"password": "x"}, 400),
    "a context that is none": ({"fhirContext": "Encounter/visit"}, 400),
}


@pytest.mark.parametrize(("changed", "status"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_launched_is_refused(world, ehr, changed, status) -> None:
    answer = await ehr(world.app(), **changed)
    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_who_is_no_ehr_launches_nothing(world) -> None:
    app, _ = world.app(), world.user()
    service = await world.token(world.register("system/*.rs"))
    person = (await world.granted(app, "user/*.rs"))["access_token"]
    for token, status in ((service, 403), (person, 403), ("x", 401)):
        headers = {"authorization": f"Bearer {token}"}
        answer = await world.http.post("/auth/launch", json={"client_id": app.client.client_id}, headers=headers)
        assert answer.status_code == status


async def test_a_person_opens_an_app_from_the_page(world) -> None:
    app, _ = world.app(), world.user()
    browser = world.browser()
    await browser.open("/auth/sign-in")
    await browser.sign_in("dr.grey")
    sent = parameters(await browser.send("/auth/apps/open", patient="ann"))
    assert sent["iss"] == "https://causeway.test/fhir"
    await browser.open(app.url(SCOPE, launch=sent["launch"]))
    assert "Abel" in browser.page.text
    answer = await browser.send("/auth/consent", decision="allow")
    assert (await app.exchange(parameters(answer)["code"])).json()["patient"] == "ann"


async def test_a_patient_opens_an_app_for_nobody_else(world) -> None:
    app, _ = world.app(), world.user("ann", "patient")
    browser = world.browser()
    await browser.open("/auth/sign-in")
    await browser.sign_in("ann")
    sent = parameters(await browser.send("/auth/apps/open", patient="ben"))
    await browser.open(app.url(SCOPE, launch=sent["launch"]))
    answer = await browser.send("/auth/consent", decision="allow")
    assert (await app.exchange(parameters(answer)["code"])).json()["patient"] == "ann"
