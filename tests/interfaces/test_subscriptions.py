"""Subscribers are called over real connections, and only where anybody may be called."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from interfaces.subscriptions import Subscribers
from interfaces.worker import Worker
from mappings.fhir.json import loads
from server.auth import clients
from server.auth.clients import Client
from server.auth.gate import GatedStore, Principal
from server.auth.scopes import parse
from server.fhir.resource import prepare
from server.store.entry import Entry, Key
from server.subscriptions.duty import Subscriptions, Undelivered
from server.subscriptions.subscription import Subscribed
from server.subscriptions.topics import Topic


class Hook(BaseHTTPRequestHandler):
    """Answers as its path says, and remembers what it was asked and from where."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, dict[str, str], bytes]]
    callers: set[int]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.callers.add(self.client_address[1])
        self.seen.append((self.command, self.path, dict(self.headers), body))
        if self.path.startswith("/slow"):
            time.sleep(2)
        self.send_response(int(self.path.strip("/").split("/")[0]) if self.path[1].isdigit() else 200)
        if self.path == "/302":
            self.send_header("location", "/200")
        answer = b"x" * (1_000_000 if self.path == "/endless" else 10)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(answer)

    do_POST = do_PUT = answer  # noqa: N815 http.server's own names

    def log_message(self, format: str, *args: object) -> None: ...


class Server(ThreadingHTTPServer):
    """Callers that hang up are no news."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None: ...


@contextmanager
def hooks() -> Iterator[tuple[str, type[Hook]]]:
    class Own(Hook):
        seen = []  # noqa: RUF012 of this server alone
        callers = set()  # noqa: RUF012

    server = Server(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", Own
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def to(endpoint, wait=5, headers=()):
    topic = Topic("", "Encounter")
    return Subscribed(Key("Subscription", "s"), "active", topic, (), endpoint, headers, "application/json", "", wait)


@pytest.fixture
def subscribers():
    opened = Subscribers(private=True)
    yield opened
    opened.close()


def test_what_is_sent(subscribers):
    with hooks() as (url, hook):
        subscribers.send(to(f"{url}/200", headers=(("Authorization", "Bearer x"),)), "POST", "", b"{}")
        subscribers.send(to(f"{url}/200/"), "PUT", "/Encounter/e", b"{}")
        subscribers.send(to(f"{url}/200"), "POST", "", b"")

    methods = [(method, path, body) for method, path, _, body in hook.seen]
    assert methods == [("POST", "/200", b"{}"), ("PUT", "/200/Encounter/e", b"{}"), ("POST", "/200", b"")]
    assert hook.seen[0][2]["Authorization"] == "Bearer x"
    assert hook.seen[0][2]["content-type"] == "application/json"


UNDELIVERED = {
    "refused": ("/503", "the endpoint answered 503"),
    "elsewhere": ("/302", "the endpoint answered 302"),
    "slow": ("/slow", "the endpoint did not answer in time"),
}


@pytest.mark.parametrize(("path", "text"), UNDELIVERED.values(), ids=UNDELIVERED)
def test_what_is_not_taken(subscribers, path, text):
    with hooks() as (url, hook), pytest.raises(Undelivered, match=text):
        subscribers.send(to(url + path, wait=1), "POST", "", b"{}")
    assert len(hook.seen) == 1


def test_a_connection_is_used_again_unless_there_is_no_end_of_the_answer(subscribers):
    with hooks() as (url, hook):
        for _ in range(3):
            subscribers.send(to(f"{url}/200"), "POST", "", b"{}")
        assert len(hook.callers) == 1
        for _ in range(2):
            subscribers.send(to(f"{url}/endless"), "POST", "", b"{}")
        subscribers.close()
    assert len(hook.callers) > 1


def test_nobody_there(subscribers):
    with pytest.raises(Undelivered, match="the endpoint could not be reached"):
        subscribers.send(to("http://127.0.0.1:1/"), "POST", "", b"{}")


ADDRESSES = (
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "[::1]",
    "[fe80::1]",
    "[fd00::1]",
    "[::ffff:127.0.0.1]",
    "localhost",
    "2130706433",
    "0x7f.1",
)


@pytest.mark.parametrize("host", ADDRESSES)
def test_nowhere_within(host):
    subscribers = Subscribers(private=False)
    with hooks() as (url, hook), pytest.raises(Undelivered, match="not in the public network"):
        subscribers.send(to(f"http://{host}:{url.rpartition(':')[2]}/200"), "POST", "", b"{}")
    assert hook.seen == []
    subscribers.close()


def test_a_worker_delivers(subscribers, store):
    """From what is written to who hears of it."""
    client = Client(
        client_id="app",
        name="app",
        tenant="default",
        scope="system/*.rs",
        registered_at=datetime.now(UTC),
        jwks={"keys": [{"kty": "EC"}]},
    )
    clients.register(store, client, "test")
    gated = GatedStore(store, Principal("default", "app", parse("system/*.cruds")))

    def put(body):
        def fold(snapshot):
            write = prepare(snapshot, body, base=None)
            return Entry("default", snapshot.new_id(), snapshot.at, "", "test", (write,))

        gated.submit(fold)

    duty = Subscriptions(store, "default", "http://causeway.test/fhir", subscribers.send, time.time)
    duty.every = 0.01
    worker = Worker(store.engine, [duty])
    with hooks() as (url, hook):
        channel = {"type": "rest-hook", "endpoint": url, "payload": "application/fhir+json"}
        put(
            {
                "resourceType": "Subscription",
                "status": "requested",
                "reason": "to know",
                "criteria": "Encounter?",
                "channel": channel,
            }
        )
        worker.start()
        put({"resourceType": "Encounter", "id": "e", "status": "planned", "class": {"code": "AMB"}})
        deadline = time.monotonic() + 20
        while not hook.seen and time.monotonic() < deadline:
            time.sleep(0.01)
        worker.stop()

    method, path, _, body = hook.seen[0]
    assert (method, path, loads(body)["id"]) == ("PUT", "/Encounter/e", "e")
