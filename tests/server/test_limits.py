"""What is too long, too large or too slow never reaches the application."""

import asyncio
from gzip import compress

import pytest

from mappings.fhir.json import loads
from server.limits import Bounded, Limits

LIMITS = Limits(body=100, target=50, headers=200, body_seconds=0.05)


class Reached(list):
    """An application that notes what reaches it."""

    async def __call__(self, scope, receive, send):
        self.append((await receive())["body"])


async def ask(app, parts=(b"",), path=b"/fhir", query=b"", headers=(), wait=0.0):
    """Sends a request in parts; what came back, as (status, issue)."""
    sent, waiting = [], list(parts)

    async def receive():
        await asyncio.sleep(wait)
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "raw_path": path, "query_string": query, "headers": list(headers)}
    await Bounded(app, LIMITS)(scope, receive, send)
    if not sent:
        return None
    assert (b"connection", b"close") in sent[0]["headers"]
    issue = loads(sent[1]["body"])["issue"][0]
    return sent[0]["status"], issue["code"], issue["diagnostics"]


async def test_what_is_within_goes_through_whole():
    app = Reached()

    assert await ask(app, (b"a" * 60, b"b" * 40)) is None
    assert app == [b"a" * 60 + b"b" * 40]


async def test_what_was_packed_goes_through_unpacked():
    app = Reached()

    assert await ask(app, (compress(b"a" * 100),), headers=PACKED) is None
    assert app == [b"a" * 100]


async def test_nothing_needs_no_unpacking():
    app = Reached()

    assert await ask(app, headers=PACKED) is None
    assert app == [b""]


PACKED = [(b"content-encoding", b"gzip")]
WHOLE = "the body is not one whole gzip member"
REFUSED = {
    "body said to be large": ({"headers": [(b"content-length", b"101")]}, 413, "the body is larger than 100 bytes"),
    "body large, said or not": ({"parts": (b"a" * 60, b"b" * 41)}, 413, "the body is larger than 100 bytes"),
    "length that is none": ({"headers": [(b"content-length", b"-1")]}, 413, "the body is larger than 100 bytes"),
    "body slow": ({"parts": (b"a",) * 9, "wait": 0.02}, 408, "the body did not arrive within 0.05 seconds"),
    "address": ({"path": b"/" + b"a" * 50}, 414, "the address is longer than 50 bytes"),
    "query": ({"query": b"a" * 50}, 414, "the address is longer than 50 bytes"),
    "headers": ({"headers": [(b"x", b"a" * 200)]}, 431, "the headers are longer than 200 bytes"),
    "another compression": ({"headers": [(b"content-encoding", b"br")]}, 415, "a body is sent as it is, or with gzip"),
    "no gzip": ({"headers": PACKED, "parts": (b"{}",)}, 400, "the body is not gzip"),
    "half of it": ({"headers": PACKED, "parts": (compress(b"{}")[:-9],)}, 400, WHOLE),
    "more than it": ({"headers": PACKED, "parts": (compress(b"{}") + b"x",)}, 400, WHOLE),
    "a bomb": ({"headers": PACKED, "parts": (compress(b"a" * 101),)}, 413, "the body is larger than 100 bytes"),
    "encoded slash": ({"path": b"/fhir/Patient/..%2F1"}, 400, "the path has an encoded separator"),
    "encoded NUL": ({"path": b"/fhir/Patient/%00"}, 400, "the path has an encoded separator"),
}


@pytest.mark.parametrize(("request_", "status", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(request_, status, text):
    app = Reached()

    told = await ask(app, **request_)

    assert (told[0], told[2]) == (status, text)
    assert app == []


async def test_client_that_goes_away_is_not_answered():
    app, sent = Reached(), []

    async def receive():
        return {"type": "http.disconnect"}

    await Bounded(app, LIMITS)(
        {"type": "http", "raw_path": b"/", "query_string": b"", "headers": []}, receive, sent.append
    )

    assert (app, sent) == ([], [])
