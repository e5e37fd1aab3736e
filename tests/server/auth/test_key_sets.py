"""Clients' keys by address: fetched from where anybody may look, bounded, and kept as long as the answer says."""

import http.server
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from server import outside
from server.auth import clients, key_sets
from server.auth.key_sets import KeySets, lasts
from server.outside import Fetched, Outside, Unreachable


class Answer:
    """What the key server says, and how often it was asked."""

    def __init__(self, body: bytes, headers: dict[str, str] | None = None, status: int = 200, each: float = 0) -> None:
        self.body, self.headers, self.status, self.each, self.asked = body, headers or {}, status, each, 0


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer.asked += 1
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for at in range(0, len(answer.body), 1 if answer.each else 65_536):
                    self.wfile.write(answer.body[at : at + (1 if answer.each else 65_536)])
                    time.sleep(answer.each)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/jwks"
    server.shutdown()
    server.server_close()


@pytest.fixture
def jwks(keys) -> bytes:
    other = {"kty": "RSA", "kid": "for encryption", "use": "enc", "n": "AQAB", "e": "AQAB"}
    return json.dumps({"keys": [other, keys["ES384"].as_dict(private=False)]}).encode()


@pytest.fixture
def client(world):
    return replace(world.register().client, jwks=None)


def test_keys_are_fetched_and_those_for_other_purposes_passed_over(jwks, clock, client) -> None:
    with served(Answer(jwks)) as url:
        found = KeySets(Outside(private=True), lambda: 0).of(replace(client, jwks_url=url), "ec")
        assert [key.kid for key in found.keys] == ["ec"]


LASTING = {
    "it does not say": ({}, 300),
    "a minute": ({"cache-control": "max-age=60"}, 60),
    "too long": ({"cache-control": "public, max-age=999999"}, 3600),
    "not at all": ({"cache-control": "no-store"}, 0),
    "not unasked": ({"cache-control": "no-cache, max-age=60"}, 0),
}


@pytest.mark.parametrize(("headers", "seconds"), LASTING.values(), ids=LASTING)
def test_keys_are_kept_as_long_as_the_answer_says(jwks, client, headers, seconds) -> None:
    assert lasts(headers) == seconds
    now, answer, until = [0], Answer(jwks, headers), max(seconds, key_sets.PAUSE)
    with served(answer) as url:
        sets, known = KeySets(Outside(private=True), lambda: now[0]), replace(client, jwks_url=url)
        for now[0] in (0, 5, until - 1):
            assert sets.of(known, "ec")
        assert answer.asked == 1
        now[0] = until
        assert sets.of(known, "ec")
        assert answer.asked == 2


def test_a_key_that_is_not_in_it_is_looked_for_now_and_then(jwks, client) -> None:
    now, answer = [0], Answer(jwks)
    with served(answer) as url:
        sets, known = KeySets(Outside(private=True), lambda: now[0]), replace(client, jwks_url=url)
        for now[0] in range(30):
            sets.of(known, "new")
    assert answer.asked == 3


def test_what_cannot_be_fetched_is_not_asked_for_each_time(client) -> None:
    now, answer = [0], Answer(b"", status=500)
    with served(answer) as url:
        sets, known = KeySets(Outside(private=True), lambda: now[0]), replace(client, jwks_url=url)
        assert [sets.of(known, "ec") for now[0] in range(10)] == [None] * 10
    assert answer.asked == 1


def test_so_many_addresses_are_remembered_and_no_more(monkeypatch, client, jwks) -> None:
    monkeypatch.setattr(key_sets, "KEPT", 2)
    asked: list[str] = []

    class Counting(Outside):
        def get(self, url: str, most: int) -> Fetched:
            asked.append(url)
            return Fetched(jwks, {})

    sets = KeySets(Counting(), lambda: 0)
    for name in ("a", "b", "a", "c", "a", "b"):
        sets.of(replace(client, jwks_url=f"https://{name}.test"), "ec")
    assert asked == ["https://a.test", "https://b.test", "https://c.test", "https://b.test"]


NOT_FETCHED = {
    "the cloud's own address": "https://169.254.169.254/latest/meta-data",
    "this machine": "https://localhost/jwks",
    "this machine by number": "https://127.0.0.1/jwks",
    "this machine by another number": "https://2130706433/jwks",
    "this machine in six": "https://[::1]/jwks",
    "this machine in six, as four": "https://[::ffff:127.0.0.1]/jwks",
    "the neighbours": "https://10.0.0.1/jwks",
    "the neighbours in six": "https://[fd00::1]/jwks",
    "nowhere": "https://0.0.0.0/jwks",
    "plain": "http://example.org/jwks",
    "a file": "file:///etc/passwd",
    "another protocol": "gopher://example.org/",
    "a name that is none": "https://a..b/jwks",
    "no port": "https://example.org:99999/jwks",
}


@pytest.mark.parametrize("url", NOT_FETCHED.values(), ids=NOT_FETCHED)
def test_a15_only_public_addresses_are_called(url) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable):
        Outside().get(url, 1000)
    assert time.monotonic() - began < outside.SECONDS


def test_a15_a_name_is_looked_up_once_and_called_at_what_was_looked_at(monkeypatch) -> None:
    """DNS that answers with another address the second time gains nothing."""
    answers = iter([[(0, 0, 0, "", ("93.184.216.34", 443))], [(0, 0, 0, "", ("127.0.0.1", 443))]])
    called: list[str] = []
    monkeypatch.setattr(outside, "getaddrinfo", lambda *_, **__: next(answers))

    def connect(_: object, host: str, *rest: object) -> None:
        called.append(host)
        raise OSError

    monkeypatch.setattr(outside.httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(Unreachable):
        Outside().get("https://rebind.test/jwks", 1000)
    assert called == ["93.184.216.34"]


def test_a15_one_address_of_several_that_is_not_public_is_enough(monkeypatch) -> None:
    both = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(outside, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(Unreachable, match="not in the public network"):
        Outside().get("https://two.test/jwks", 1000)


BAD = {
    "a redirection": Answer(b"", {"location": "http://127.0.0.1/"}, 302),
    "too much": Answer(b"x" * 2_000_000),
    "a byte now and then": Answer(b"x" * 100, each=0.2),
    "an error": Answer(b"{}", status=404),
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_a15_what_is_answered_is_bounded(answer, monkeypatch) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.5)
    began = time.monotonic()
    with served(answer) as url, pytest.raises(Unreachable):
        Outside(private=True).get(url, 65_536)
    assert time.monotonic() - began < 3


def test_a_certificate_is_looked_at() -> None:
    assert Outside()._tls.verify_mode is ssl.CERT_REQUIRED


async def test_a_backend_service_signs_in_with_keys_at_an_address(world, jwks) -> None:
    service = world.register()
    with served(Answer(jwks)) as url:
        clients.register(world.store, replace(service.client, jwks=None, jwks_url=url), "test")
        assert (await world.post(service.form())).status_code == 200
        jku = service.form(client_assertion=service.assertion({"jku": url}))
        assert (await world.post(jku)).status_code == 200
        other = service.form(client_assertion=service.assertion({"jku": f"{url}2"}))
        assert (await world.post(other)).status_code == 401


async def test_keys_that_cannot_be_had_are_401(world) -> None:
    service = world.register()
    clients.register(world.store, replace(service.client, jwks=None, jwks_url="http://127.0.0.1:1/x"), "test")
    answer = await world.post(service.form())
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "127.0.0.1" not in answer.text
