"""HL7 v2 over HTTP: what is taken, what is answered, and who may send."""

import httpx
import pytest

from server.app import application
from server.auth.gate import Principal
from server.auth.scopes import parse
from server.store.engine import Unavailable
from server.store.store import open_store

ONE = b"MSH|^~\\&|APP|FAC|||202603010800||ADT^A01|7|P|2.5.1\rPID|1\r"
TWO = b"BHS|^~\\&|APP\r" + ONE + ONE.replace(b"|7|", b"|8|") + b"BTS|2\r"
EVERYTHING = "system/*.cruds"


def acknowledged(raw, sender):
    return b"MSA|AA|" + raw.split(b"|")[9] + b"|" + sender.encode() + b"\r"


@pytest.fixture
def post():
    async def posted(body, scope=EVERYTHING, tenant="default", receive=acknowledged, **headers):
        store = open_store("sqlite://")
        principal = Principal(tenant, "a-feed", parse(scope))
        app = application(store, base_url="http://t", receive=receive, authenticate=lambda _: principal)
        headers = {"content-type": "application/hl7-v2", **{k.replace("_", "-"): v for k, v in headers.items()}}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            response = await client.post("/hl7v2", content=body, headers=headers)
        store.close()
        return response

    return posted


TAKEN = {
    "a message": (ONE, b"MSA|AA|7|a-feed\r"),
    "a batch": (TWO, b"MSA|AA|7|a-feed\rMSA|AA|8|a-feed\r"),
    "lines of another kind": (ONE.replace(b"\r", b"\r\n"), b"MSA|AA|7|a-feed\r"),
}


@pytest.mark.parametrize(("body", "acks"), TAKEN.values(), ids=TAKEN)
async def test_acknowledged(post, body, acks):
    response = await post(body)

    assert (response.status_code, response.content) == (200, acks)
    assert response.headers["content-type"] == "application/hl7-v2"


TYPES = {
    "the type": ("application/hl7-v2", 200),
    "the older one": ("x-application/hl7-v2+er7", 200),
    "text": ("text/plain; charset=iso-8859-1", 200),
    "another charset": ("text/plain; charset=utf-16", 415),
    "JSON": ("application/json", 415),
    "none": ("", 415),
}


@pytest.mark.parametrize(("content_type", "status"), TYPES.values(), ids=TYPES)
async def test_content_type(post, content_type, status):
    assert (await post(ONE, content_type=content_type)).status_code == status


async def test_nothing_in_it(post):
    response = await post(b"\r\n")

    assert response.status_code == 400
    assert response.json()["issue"][0]["diagnostics"] == "the body has no message"


REFUSED = {
    "reads only": ({"scope": "system/*.rs"}, "the access token does not allow create of Account"),
    "patients only": ({"scope": "system/Patient.cruds"}, "the access token does not allow create of Account"),
    "some encounters": (
        {"scope": "system/*.c system/Encounter.u?status=planned"},
        "the access token does not allow update of Account",
    ),
    "another tenant": ({"tenant": "other"}, "the feed is another tenant's"),
}


@pytest.mark.parametrize(("who", "text"), REFUSED.values(), ids=REFUSED)
async def test_who_may_not_send(post, who, text):
    response = await post(ONE, **who)

    assert response.status_code == 403
    assert response.json()["issue"][0]["diagnostics"] == text


async def test_nothing_is_acknowledged_that_cannot_be_kept(post):
    def receive(raw, sender):
        raise Unavailable("disk full")

    response = await post(ONE, receive=receive)

    assert response.status_code == 503
    assert b"MSA" not in response.content
