"""From an app's request to its token, by a person at a browser.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html"""

import json

import httpx
import pytest

from server.store.query import term

STANDALONE = "launch/patient openid fhirUser offline_access patient/*.rs"
ANN = {
    "resourceType": "Patient",
    "id": "ann",
    "name": [{"given": ["Ann"], "family": "Abel"}],
    "birthDate": "1970-01-02",
}


@pytest.fixture
def ann(put) -> None:
    put("Patient", "ann", term("name", "abel"), body=json.dumps(ANN).encode())
    put("Practitioner", "grey", body=b'{"resourceType":"Practitioner","id":"grey"}')


def parameters(answer: httpx.Response) -> dict[str, str]:
    """What the app is sent."""
    assert answer.status_code == 303, answer.text
    return dict(httpx.URL(answer.headers["location"]).params)


KINDS = ["public", "symmetric", "asymmetric"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_standalone_launch_of_each_kind_of_client(world, ann, kind) -> None:
    app, _ = world.app(kind=kind), world.user()
    body = await world.granted(app, STANDALONE)
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert body["scope"] == STANDALONE
    assert body["patient"] == "ann"
    assert body["need_patient_banner"] is True
    assert body["fhirUser"] == "https://causeway.test/fhir/Practitioner/grey"
    assert {"access_token", "refresh_token", "id_token", "smart_style_url"} <= body.keys()
    assert (await world.read(body["access_token"])).json()["id"] == "ann"
    assert (await world.read(body["access_token"], "/fhir/Practitioner/grey")).status_code == 200


async def test_smart_v1_scopes_are_granted_as_they_are_spelt(world, ann) -> None:
    app, _ = world.app(), world.user()
    assert (await world.granted(app, "launch/patient patient/*.read user/*.read"))["scope"] == (
        "launch/patient patient/*.read user/*.read"
    )


async def test_the_app_may_ask_by_post(world, ann) -> None:
    app, _ = world.app(), world.user()
    browser = world.browser()
    answer = await browser.http.post("/auth/authorize", data=app.asked(STANDALONE))
    assert answer.status_code == 303
    await browser.open(answer.headers["location"])
    await browser.sign_in("dr.grey")
    await browser.send("/auth/consent", patient="ann")
    sent = parameters(await browser.send("/auth/consent", decision="allow"))
    assert (await app.exchange(sent["code"])).status_code == 200


async def test_state_and_issuer_come_back_with_the_code(world, ann) -> None:
    app, _ = world.app(), world.user()
    answer = await world.launched(app, STANDALONE)
    sent = parameters(answer)
    assert answer.headers["location"].startswith("https://app.test/back?")
    assert sent.keys() == {"code", "state", "iss"}
    assert (sent["state"], sent["iss"]) == ("a-state", "https://causeway.test")
    assert answer.headers["cache-control"] == "no-store"


async def test_who_is_signed_in_already_is_not_asked_again(world, ann) -> None:
    app, _ = world.app(), world.user()
    browser = world.browser()
    await browser.open("/auth/sign-in")
    await browser.sign_in("dr.grey")
    assert "Which patient?" in (await browser.open(app.url(STANDALONE))).text
    assert "Sign in" in (await browser.open(app.url(STANDALONE, prompt="login"))).text
    assert "Which patient?" in (await browser.open(app.url(STANDALONE, max_age="60"))).text
    world.clock.forward(61)
    assert "Sign in" in (await browser.open(app.url(STANDALONE, max_age="60"))).text


async def test_without_a_page_there_is_no_code(world, ann) -> None:
    """https://openid.net/specs/openid-connect-core-1_0.html#AuthError"""
    app, _ = world.app(), world.user()
    browser = world.browser()
    assert parameters(await browser.open(app.url(STANDALONE, prompt="none")))["error"] == "login_required"
    await browser.open("/auth/sign-in")
    await browser.sign_in("dr.grey")
    assert parameters(await browser.open(app.url(STANDALONE, prompt="none")))["error"] == "consent_required"


async def test_a_patient_grants_the_own_record_and_chooses_nobody(world, ann) -> None:
    app, _ = world.app(), world.user("ann", "patient")
    browser = world.browser()
    await browser.open(app.url(STANDALONE))
    page = await browser.sign_in("ann")
    assert "Ann Abel" in page.text
    assert "1970-01-02" in page.text
    sent = parameters(await browser.send("/auth/consent", decision="allow"))
    body = (await app.exchange(sent["code"])).json()
    assert (body["patient"], body["fhirUser"]) == ("ann", "https://causeway.test/fhir/Patient/ann")


async def test_a_patient_cannot_choose_another(world, ann, put) -> None:
    put("Patient", "ben")
    app, _ = world.app(), world.user("ann", "patient")
    browser = world.browser()
    await browser.open(app.url(STANDALONE))
    await browser.sign_in("ann")
    sent = parameters(await browser.send("/auth/consent", decision="allow", patient="ben"))
    assert (await app.exchange(sent["code"])).json()["patient"] == "ann"


async def test_a_patient_who_is_not_there_cannot_be_chosen(world, ann) -> None:
    app, _ = world.app(), world.user()
    browser = world.browser()
    await browser.open(app.url(STANDALONE))
    await browser.sign_in("dr.grey")
    assert "Which patient?" in (await browser.send("/auth/consent", patient="nobody", decision="allow")).text


async def test_patients_are_found_by_name(world, ann, put) -> None:
    put(
        "Patient",
        "ben",
        term("name", "brown"),
        body=b'{"resourceType":"Patient","id":"ben","name":[{"family":"Brown"}]}',
    )
    app, _ = world.app(), world.user()
    browser = world.browser()
    await browser.open(app.url(STANDALONE))
    every = await browser.sign_in("dr.grey")
    some = await browser.send("/auth/consent", find="abe")
    none = await browser.send("/auth/consent", find="%")
    assert ("Brown" in every.text, "Abel" in every.text) == (True, True)
    assert ("Brown" in some.text, "Abel" in some.text) == (False, True)
    assert "No patient is found." in none.text


async def test_who_does_not_allow_sends_no_code(world, ann) -> None:
    app, _ = world.app(), world.user()
    browser = world.browser()
    await browser.open(app.url("openid user/*.rs"))
    await browser.sign_in("dr.grey")
    sent = parameters(await browser.send("/auth/consent", decision="deny"))
    assert sent["error"] == "access_denied"
    assert sent["state"] == "a-state"
    assert "code" not in sent


LABORATORY = "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"

UNTICKED = {
    "one": ({"scope-1": None}, "launch/patient patient/Observation.rs"),
    "lasting access": ({"scope-3": None}, "launch/patient patient/Condition.rs patient/Observation.rs"),
    "all but a part": ({"part-2-0": LABORATORY, "scope-1": None}, f"launch/patient {LABORATORY}"),
    "what was never offered": ({"scope-1": "patient/*.cruds"}, "launch/patient patient/Observation.rs"),
}


@pytest.mark.parametrize(("fields", "granted"), UNTICKED.values(), ids=UNTICKED)
async def test_what_is_unticked_is_not_granted(world, ann, fields, granted) -> None:
    app, _ = world.app(), world.user()
    body = await world.granted(
        app, "launch/patient patient/Condition.rs patient/Observation.rs offline_access", **fields
    )
    assert body["scope"].removesuffix(" offline_access") == granted
    assert ("refresh_token" in body) == body["scope"].endswith("offline_access")


async def test_nothing_ticked_is_nothing_granted(world, ann) -> None:
    app, _ = world.app(), world.user()
    answer = await world.launched(app, "launch/patient patient/Condition.rs offline_access", **{"scope-1": None})
    assert parameters(answer)["error"] == "access_denied"


NARROWED = {
    "by registration": (
        "patient/Condition.rs openid",
        "practitioner",
        "patient/*.cruds openid",
        "patient/Condition.rs openid",
    ),
    "by v2 letters": ("user/*.rs", "practitioner", "user/Observation.cruds", "user/Observation.rs"),
    "by the role": ("user/*.cruds", "coder", "user/Claim.cruds user/Consent.rs", "user/Claim.rus"),
    "a patient writes nothing": ("patient/*.cruds", "patient", "patient/*.cruds", "patient/*.rs"),
    "to who the person is": ("openid fhirUser", "administrator", "openid fhirUser", "openid"),
}


@pytest.mark.parametrize(("registered", "role", "asked", "granted"), NARROWED.values(), ids=NARROWED)
async def test_a7_the_answer_says_what_was_granted(world, ann, registered, role, asked, granted) -> None:
    app, user = world.app(registered), world.user("somebody", role)
    assert (await world.granted(app, asked, user.name))["scope"] == granted


REFUSED = {
    "A7 a system's scopes": ({"scope": "system/*.rs"}, "invalid_scope"),
    "A8 mixed contexts": ({"scope": "patient/*.rs user/*.rs system/*.rs"}, "invalid_scope"),
    "what is no scope": ({"scope": "everything"}, "invalid_scope"),
    "no scope": ({"scope": None}, "invalid_scope"),
    "A10 no aud": ({"aud": None}, "invalid_request"),
    "A10 another aud": ({"aud": "https://other.test/fhir"}, "invalid_request"),
    "A10 the token endpoint as aud": ({"aud": "https://causeway.test/auth/token"}, "invalid_request"),
    "A2 no challenge": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "A2 a method without challenge": ({"code_challenge": None}, "invalid_request"),
    "A2 plain": ({"code_challenge_method": "plain"}, "invalid_request"),
    "A2 no method is plain": ({"code_challenge_method": None}, "invalid_request"),
    "A2 a short challenge": ({"code_challenge": "short"}, "invalid_request"),
    "implicit": ({"response_type": "token"}, "unsupported_response_type"),
    "A11 a launch that was guessed": ({"launch": "guessed"}, "invalid_request"),
    "a state without end": ({"state": "x" * 2049}, "invalid_request"),
}


@pytest.mark.parametrize(("changed", "error"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_answered_is_told_to_the_app(world, ann, changed, error) -> None:
    app, _ = world.app(), world.user()
    browser = world.browser()
    answer = await browser.open(app.url(changed.pop("scope", "openid"), **changed))
    if answer.status_code == 200:
        answer = await browser.sign_in("dr.grey")
    sent = parameters(answer)
    assert answer.headers["location"].startswith("https://app.test/back?")
    assert sent["error"] == error
    assert "code" not in sent
    assert sent["iss"] == "https://causeway.test"


async def test_a_trailing_slash_of_the_audience_is_none(world, ann) -> None:
    app, _ = world.app(), world.user()
    assert "Sign in" in (await world.browser().open(app.url("openid", aud="https://causeway.test/fhir/"))).text


ELSEWHERE = {
    "another host": "https://app.test.evil.test/back",
    "a prefix": "https://app.test/back/../evil",
    "a parameter more": "https://app.test/back?x=1",
    "a port": "https://app.test:443/back",
    "other letters": "https://APP.test/back",
    "somebody before the host": "https://app.test@evil.test/back",
    "http": "http://app.test/back",
    "a fragment": "https://app.test/back#x",
    "a script": "javascript:alert(1)",
    "what is no text of an error": 'https://app.test/"\\ä',
    "nothing": None,
    "an empty one": "",
}


@pytest.mark.parametrize("uri", ELSEWHERE.values(), ids=ELSEWHERE)
async def test_a1_a21_nobody_is_sent_anywhere_but_to_the_apps_own_address(world, ann, uri) -> None:
    app, _ = world.app(), world.user()
    for changed in ({}, {"aud": None}, {"response_type": "token"}, {"scope": "nonsense"}):
        answer = await world.browser().open(app.url(changed.pop("scope", "openid"), redirect_uri=uri, **changed))
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "evil" not in answer.text


async def test_an_unknown_app_is_told_on_a_page(world) -> None:
    answer = await world.browser().open(world.app().url("openid", client_id="nobody"))
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert answer.headers["content-type"].startswith("text/html")


async def test_an_app_of_another_tenant_is_refused(world, ann) -> None:
    app, _ = world.app(tenant="elsewhere"), world.user()
    browser = world.browser()
    await browser.open(app.url("openid"))
    assert parameters(await browser.sign_in("dr.grey"))["error"] == "access_denied"


async def test_a_request_of_a_parameter_twice_is_refused(world) -> None:
    app = world.app()
    assert (await world.browser().open(f"{app.url('openid')}&scope=user/*.cruds")).status_code == 400


async def test_b_granular_scopes_reach_what_they_say(world, ann, put) -> None:
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    put("Observation", "lab", term("subject", "Patient/ann"), term("category", "laboratory", category))
    put("Observation", "vital", term("subject", "Patient/ann"), term("category", "vital-signs", category))
    app, _ = world.app(), world.user()
    body = await world.granted(app, f"patient/Observation.rs?category={category}|laboratory")
    assert (await world.read(body["access_token"], "/fhir/Observation/lab")).status_code == 200
    assert (await world.read(body["access_token"], "/fhir/Observation/vital")).status_code == 404
    assert (await world.read(body["access_token"], "/fhir/Condition/any")).status_code == 403


async def test_a9_a_person_without_rights_over_patients_grants_none(world, ann) -> None:
    app, _ = world.app(), world.user("auditor", "auditor")
    browser = world.browser()
    await browser.open(app.url("patient/Observation.rs"))
    assert parameters(await browser.sign_in("auditor"))["error"] == "invalid_scope"


async def test_the_users_scopes_reach_as_far_as_the_role(world, ann, put) -> None:
    put("Claim", "c1", term("patient", "Patient/ann"))
    put("Patient", "ben")
    put("Claim", "c2", term("patient", "Patient/ben"))
    app = world.app()
    world.user()
    world.user("ann", "patient")
    doctor = (await world.granted(app, "user/*.rs"))["access_token"]
    patient = (await world.granted(app, "user/*.rs", "ann"))["access_token"]
    assert [(await world.read(doctor, f"/fhir/Claim/{each}")).status_code for each in ("c1", "c2")] == [200, 200]
    assert [(await world.read(patient, f"/fhir/Claim/{each}")).status_code for each in ("c1", "c2")] == [200, 404]
