"""``bench rest``: Claims created over FHIR REST, each validated, indexed, durable before its answer; then read."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from interfaces.bench.bodies import claim
from interfaces.bench.figures import Figures, rates
from interfaces.bench.http import Request, Response, connected
from interfaces.bench.limit import alone
from interfaces.bench.load import Advance, Connect, dealt, load
from interfaces.bench.own import Service, own_server, own_service, own_store
from mappings.fhir.json import dumps, loads

LINES = 10
"""Of each claim: about 5 KB."""

WARM_UP = 5
"""Requests of each kind for each connection that are not measured."""


def measure(count: int, connections: int, advance: Advance) -> Figures:
    """A server of its own on a new embedded store."""
    warming = WARM_UP * connections
    with own_store() as store:
        with own_server(store) as server, own_service(store, f"{server.http}/fhir") as service:
            connect = connecting(service)
            warm = load(connect, dealt(creations(0, warming), connections))
            load(connect, dealt(reads(warm.answers), connections))
            created = load(connect, dealt(creations(warming, warming + count), connections), advance)
            read = load(connect, dealt(reads(created.answers), connections))
        store_per_s = alone(store, count, connections)
    return Figures("rest", connections, created, store_per_s, rates(read, "read_"))


def connecting(service: Service) -> Connect[Request, Response]:
    @asynccontextmanager
    async def connect() -> AsyncIterator[Callable[[Request], Awaitable[Response]]]:
        async with connected(service.base, service.authorization) as connection:
            yield connection.send

    return connect


def creations(first: int, last: int) -> Sequence[Request]:
    today = datetime.now(UTC).date()
    bodies = (claim(number, number, LINES, today) for number in range(first, last))
    return [Request("POST", "Claim", dumps(body), 201) for body in bodies]


def reads(created: Sequence[Response]) -> Sequence[Request]:
    return [Request("GET", f"Claim/{loads(response.body)['id']}") for response in created]
