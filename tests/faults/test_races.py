"""Thirty-two at once, over two server processes on one store: exactly one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from interfaces.bench.claims import records, submissions
from interfaces.bench.own import own_service
from interfaces.chaos.senders import Connection
from interfaces.chaos.supervised import Supervised
from server.store.query import EVERYTHING
from server.store.store import open_store

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

MANY = 32


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=pytest.mark.mongodb)])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return request.getfixturevalue("mongodb_databases")()


@pytest.fixture
def server(url):
    started = Supervised(url, workers=2)
    started.start()
    yield started.where
    started.stop()


@contextmanager
def client(url, server):
    base = f"{server.http}/fhir"
    with own_service(url, base) as service:
        headers = {"authorization": service.authorization(), "content-type": "application/fhir+json"}
        with httpx.Client(
            base_url=base, headers=headers, timeout=120, limits=httpx.Limits(max_connections=MANY)
        ) as http:
            yield http


def at_once(ask):
    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(ask, range(MANY)))


def count(url, type):
    with open_store(url) as store:
        return store.count("default", type, EVERYTHING)


def test_a_conditional_create_makes_one(url, server):
    """https://hl7.org/fhir/R4/http.html#ccreate"""
    with client(url, server) as http:
        body = {"resourceType": "Patient", "identifier": [{"system": "urn:race", "value": "1"}]}
        asked = {"if-none-exist": "identifier=urn:race|1"}
        answers = at_once(lambda _: http.post("/Patient", json=body, headers=asked))
    assert sorted(each.status_code for each in answers) == [200] * (MANY - 1) + [201]
    assert count(url, "Patient") == 1


def test_messages_about_a_new_patient_make_one(url, server):
    def admission(number):
        return (
            f"MSH|^~\\&|ADT|RACE|CAUSEWAY|RACE|20260301080000+0000||ADT^A28|race-{number}|P|2.5.1\r"
            f"EVN|A28|20260301080000+0000\rPID|1||M1^^^RACE^MR||Abel^Ann||19700102|F\r"
        ).encode()

    async def sent(number):
        sender = Connection(server.mllp)
        answer = await sender.send(admission(number))
        await sender.close()
        return answer

    async def all_at_once():
        return await asyncio.gather(*map(sent, range(MANY)))

    assert all(b"\rMSA|AA|" in answer for answer in asyncio.run(all_at_once()))
    assert count(url, "Patient") == 1


def test_a_claim_that_is_submitted_again_and_again_is_judged_once(url, server):
    today = datetime.now(UTC).date()
    (submission,) = submissions(0, 1, today)
    with client(url, server) as http:
        for each in records(1, today):
            http.request(each.method, f"/{each.path}", content=each.body).raise_for_status()
        answers = at_once(lambda _: http.post(f"/{submission.path}", content=submission.body))
    assert {each.status_code for each in answers} == {200}
    assert len({each.json()["id"] for each in answers}) == 1
    assert [count(url, type) for type in ("Claim", "ClaimResponse", "ExplanationOfBenefit")] == [1, 1, 1]
