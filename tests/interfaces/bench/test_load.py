"""How load is dealt, sent and summed up; what the load generator sends."""

import asyncio
from contextlib import asynccontextmanager
from datetime import date, timedelta
from itertools import islice

import pytest

from interfaces.bench import mllp
from interfaces.bench.bodies import EACH, claim, insurance_plan, member
from interfaces.bench.figures import Figures
from interfaces.bench.http import Request, connected
from interfaces.bench.limit import again, pages
from interfaces.bench.load import Failed, Load, dealt, load
from interfaces.bench.mix import STORY, messages
from mappings.fhir.checker import check
from mappings.v2.message import parse
from mappings.v2_to_fhir.messages import convert
from server.intake.receive import Intake
from server.settings import Settings
from server.store.store import open_store

TODAY = date(2026, 3, 2)


def test_each_connection_sends_one_after_the_other_and_all_at_once() -> None:
    log = []

    @asynccontextmanager
    async def connect():
        async def send(asked):
            log.append(f"+{asked}")
            await asyncio.sleep(0.001)
            log.append(f"-{asked}")
            return asked * 2

        yield send

    answered = []
    done = load(connect, dealt([1, 2, 3, 4, 5], 2), lambda: answered.append(1))
    assert done.answers == [2, 6, 10, 4, 8]
    assert len(answered) == len(done.seconds) == 5
    assert set(log[:2]) == {"+1", "+2"}
    assert log.index("-1") < log.index("+3") < log.index("-3") < log.index("+5")
    assert all(seconds > 0 for seconds in done.seconds)


def test_a_load_is_told_in_milliseconds_and_as_a_share_of_the_stores_limit() -> None:
    done = Load([None] * 100, [number / 1000 for number in range(1, 101)], elapsed=2.0)
    figures = Figures("x", 4, done, store_per_s=200.0, more={"y_ms": 1.23456})
    assert figures.as_dict() == {
        "name": "x", "connections": 4, "count": 100, "per_s": 50.0, "p50_ms": 51.0, "p99_ms": 100.0,
        "store_limit_share": 0.25, "store_per_s": 200.0, "y_ms": 1.235,
    }  # fmt: skip
    assert str(figures).splitlines()[0] == (
        "x: 50 /s over 4 connections, p50 51.0 ms, p99 100.0 ms; 25% of what the store alone takes (200 /s)"
    )


def test_the_feed_is_the_same_for_the_same_seed_and_maps_without_a_flaw() -> None:
    feed = list(islice(messages(0, seed=3), 2 * len(STORY)))
    assert feed == list(islice(messages(0, seed=3), len(feed)))
    assert len(set(feed) | set(islice(messages(1, seed=3), len(feed)))) == 2 * len(feed)
    for message in map(parse, feed):
        assert message.trigger in {trigger for trigger, *_ in STORY}
        assert not convert(message, Settings().site).issues
        assert not message.flaws


def test_messages_are_dealt_whole() -> None:
    assert [len(feed) for feed in mllp.dealt(7, 3, seed=1)] == [3, 2, 2]


def test_members_and_their_claims_conform_and_serve_no_service_twice() -> None:
    claims = [claim(number, 0, 3, TODAY) for number in range(EACH)]
    for body in (insurance_plan(TODAY), *member(0, TODAY), *claims, claim(0, 0, 10, TODAY)):
        assert check(body) == []
    services = [
        (line["servicedDate"], line["productOrService"]["coding"][0]["code"])
        for body in claims
        for line in body["item"]
    ]
    assert len(set(services)) == len(services)
    assert min(services)[0] > f"{TODAY - timedelta(days=365)}"


def test_the_store_alone_writes_the_same_journal(store) -> None:
    intake = Intake(store, Settings().site_of)
    for message in islice(messages(0, seed=1), 7):
        intake.receive(message, "mllp").result()
    entries = [entry for page in pages(store, 0, store.last("default")) for entry in page]
    with open_store("sqlite://") as other:
        assert again(other, entries, together=3) > 0
        assert [entry for page in pages(other, 0, 7) for entry in page] == entries


ANSWERS = {
    "expected": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
    "without a body": (b"HTTP/1.1 200 OK\r\n\r\n", b""),
    "another status": (b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", None),
}


@pytest.mark.parametrize(("answer", "body"), ANSWERS.values(), ids=ANSWERS)
async def test_http_is_answered_by_length_or_not_at_all(answer, body) -> None:
    heads = []

    async def served(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(served, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connected(f"http://127.0.0.1:{port}/fhir", lambda: "Bearer x") as connection:
            if body is None:
                with pytest.raises(Failed, match="GET Claim was answered with 401"):
                    await connection.send(Request("GET", "Claim?patient=1"))
            else:
                assert (await connection.send(Request("GET", "Claim/1"))).body == body
    assert heads[0].startswith(b"GET /fhir/Claim")
    assert b"\r\nauthorization: Bearer x\r\n" in heads[0]
