"""The token endpoint. https://www.rfc-editor.org/rfc/rfc6749#section-5"""

import logging

import httpx
import pytest
from fastapi import FastAPI

from server.auth.routes import install
from server.store.engine import Unavailable


async def test_a_backend_service_gets_a_token(world) -> None:
    service = world.register("system/*.rs")
    answer = await world.post(service.form("system/Patient.rs"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    body = answer.json()
    assert len(body.pop("access_token")) == 43
    assert body == {"token_type": "Bearer", "expires_in": 300, "scope": "system/Patient.rs"}


GRANTED = {
    "as asked": ("system/*.rs", "system/Patient.rs system/Claim.r", "system/Patient.rs system/Claim.r"),
    "v1 stays v1": ("system/*.cruds", "system/*.read", "system/*.read"),
    "narrowed": ("system/*.rs", "system/Patient.cruds", "system/Patient.rs"),
    "what needs a person is left out": (
        "system/*.rs patient/*.rs openid",
        "patient/*.rs openid system/*.r",
        "system/*.r",
    ),
}


@pytest.mark.parametrize(("registered", "asked", "granted"), GRANTED.values(), ids=GRANTED)
async def test_the_answer_says_what_was_granted(world, registered, asked, granted) -> None:
    answer = await world.post(world.register(registered).form(asked))
    assert answer.json()["scope"] == granted


REFUSED = {
    "another grant": ({"grant_type": "not_a_grant_type"}, "unsupported_grant_type"),
    "a grant that SMART has not": ({"grant_type": "password"}, "unsupported_grant_type"),
    "no grant": ({"grant_type": None}, "invalid_request"),
    "a blank grant": ({"grant_type": ""}, "invalid_request"),
    "no scope": ({"scope": None}, "invalid_scope"),
    "no SMART scope": ({"scope": "everything"}, "invalid_scope"),
    "too many scopes": ({"scope": "system/*.rs " * 300}, "invalid_scope"),
    "a scope that it is not registered for": ({"scope": "system/Claim.cud"}, "invalid_scope"),
    "A9 a patient's scope without a patient": ({"scope": "patient/*.rs"}, "invalid_scope"),
    "a person's scope without a person": ({"scope": "user/*.rs openid"}, "invalid_scope"),
}


@pytest.mark.parametrize(("changed", "error"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_granted_is_400(world, changed, error) -> None:
    service = world.register("system/*.rs patient/*.rs user/*.rs openid")
    answer = await world.post(service.form(**changed))
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


async def test_the_description_says_which_scope_is_wrong(world) -> None:
    answer = await world.post(world.register().form('system/*.rs system/Patient.sr"'))
    assert answer.json()["error_description"] == "scope 2 is not a SMART scope."


async def test_no_credentials_are_401(world) -> None:
    answer = await world.post({"grant_type": "client_credentials", "scope": "system/*.rs"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_secret_in_place_of_a_signature_is_401(world) -> None:
    service = world.register()
    form = {"grant_type": "client_credentials", "scope": "system/*.rs", "client_id": service.client.client_id}
    assert (await world.post(form)).status_code == 401
    assert (await world.post({**form, "client_secret": "x"})).status_code == 401
    basic = await world.http.post("/auth/token", data=form, auth=(service.client.client_id, "x"))
    assert basic.status_code == 401


BODIES = {
    "JSON": (b'{"grant_type": "client_credentials"}', "application/json"),
    "no content type": (b"grant_type=client_credentials", ""),
    "a parameter twice": (b"grant_type=client_credentials&grant_type=password", "application/x-www-form-urlencoded"),
    "not UTF-8": (b"grant_type=%FF%FE", "application/x-www-form-urlencoded"),
    "not ASCII": ("grant_type=ä".encode(), "application/x-www-form-urlencoded"),
    "a thousand parameters": (b"&".join(b"a%d=1" % n for n in range(1000)), "application/x-www-form-urlencoded"),
    "nothing": (b"", "application/x-www-form-urlencoded"),
    "multipart": (b"--x", "multipart/form-data; boundary=x"),
}


@pytest.mark.parametrize(("body", "type"), BODIES.values(), ids=BODIES)
async def test_what_is_no_form_is_400(world, body, type) -> None:
    answer = await world.http.post("/auth/token", content=body, headers={"content-type": type})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_what_stands_in_the_address_counts_for_nothing(world) -> None:
    form = world.register().form()
    answer = await world.http.post("/auth/token", params=form, data={"grant_type": "client_credentials"})
    assert answer.status_code == 401


async def test_only_post_is_offered(world) -> None:
    assert (await world.http.get("/auth/token")).status_code == 405


async def test_tokens_do_not_go_over_plain_http(store, clock) -> None:
    app = FastAPI()
    install(app, store, "http://causeway.test", clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://causeway.test") as http:
        answer = await http.post("/auth/token", data={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "insecure_transport")
    assert answer.json()["error_description"] == "The server's base URL has to be https, or local."


async def test_a_store_that_cannot_write_is_503(world, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    service = world.register()
    monkeypatch.setattr(world.store, "submit", fail)
    answer = await world.post(service.form())
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert "disk" not in answer.text


async def test_no_token_is_logged(world, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    service = world.register()
    form = service.form()
    answer = await world.post(form)
    assert answer.json()["access_token"] not in caplog.text
    assert form["client_assertion"] not in caplog.text
