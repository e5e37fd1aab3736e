"""Real messages of many senders, over a real socket: each is answered, and what they make is FHIR."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from fhir.resources.R4B import get_fhir_model_class

from interfaces.mllp.feed import contained, feed
from interfaces.mllp.listener import Listener
from interfaces.mllp.sender import Sender
from mappings.fhir.checker import check
from mappings.fhir.json import loads
from mappings.v2.message import parse
from server.intake.receive import Intake
from server.settings import Settings

CODES = {"AA", "AE", "AR", "CA", "CE", "CR"}


@asynccontextmanager
async def listening(store):
    listener = Listener(feed(Intake(store, Settings().site_of)), port=0)
    await listener.start()
    try:
        yield listener.address
    finally:
        await listener.stop()


@pytest.fixture(scope="module")
def samples(shared):
    return {path.name: path.read_bytes() for path in sorted((shared / "hl7-samples").glob("*.hl7"))}


async def answers(store, samples):
    async with listening(store) as address, Sender(*address) as sender:
        return {
            name: [parse(await sender.send(each)).segment("MSA")[1].text for each in contained(sample)]
            for name, sample in samples.items()
        }


def test_every_sample_gets_an_acknowledgement_of_the_right_kind(store, samples):
    codes = asyncio.run(answers(store, samples))
    assert len(codes) == 253
    assert {code for each in codes.values() for code in each} <= CODES
    refused = [name for name, each in codes.items() if name.startswith("other-") and not each[0].endswith("R")]
    assert refused == []
    accepted = sum(each[0] in {"AA", "CA"} for each in codes.values())
    assert accepted == sum(entry.about["status"] == "accepted" for entry in first_of_each(store, samples))
    assert accepted > 160


def first_of_each(store, samples):
    entries = {entry.raw: entry for entry in store.tail("default", 0, 1000)}
    return [entries[contained(sample)[0]] for sample in samples.values() if contained(sample)[0] in entries]


def test_every_resource_made_from_them_passes_the_checker_and_is_its_model(store, samples):
    asyncio.run(answers(store, samples))
    bodies = [loads(write.body) for entry in store.tail("default", 0, 1000) for write in entry.writes]
    assert len(bodies) > 600
    assert [problem for body in bodies for problem in check(body)] == []
    for body in bodies:
        get_fhir_model_class(body["resourceType"]).model_validate(body)
