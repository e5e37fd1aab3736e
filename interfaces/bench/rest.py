"""``bench rest``: Claims created over FHIR REST, each validated, indexed, durable before its answer; then read, beside
a route that does nothing but give the same bytes; and pages of explanations of benefit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import perf_counter

from interfaces.bench.bare import bare
from interfaces.bench.bodies import claim, explanation
from interfaces.bench.figures import Figures, rates
from interfaces.bench.http import Request, Response, connected
from interfaces.bench.limit import alone
from interfaces.bench.load import Advance, Connect, Load, dealt, load
from interfaces.bench.own import own_server, own_service, own_store, resident_mb
from mappings.fhir.json import dumps, loads

LINES = 10
"""Of each claim: about 5 KB."""

EXPLAINED = 43
"""Lines of each explanation of benefit: about 50 KB."""

PAGE, TIMES, ROUNDS = 50, 15, 3

WARM_UP = 5
"""Requests of each kind for each connection that are not measured."""


def measure(count: int, connections: int, advance: Advance) -> Figures:
    """A server of its own on a new embedded store."""
    warming, started = WARM_UP * connections, perf_counter()
    with own_store() as store:
        with own_server(store) as server, own_service(store, f"{server.http}/fhir") as service:
            begun = {"ready_s": perf_counter() - started, "idle_mb": resident_mb(server.pid)}
            connect = connecting(service.base, service.authorization)
            page = paged(connect)
            warm = load(connect, dealt(creations(0, warming), connections))
            load(connect, dealt(reads(warm.answers), connections))
            created = load(connect, dealt(creations(warming, warming + count), connections), advance)
            more = {**compared(connect, created.answers, connections), **page, **begun}
        store_per_s = alone(store, count, connections)
    return Figures("rest", connections, created, store_per_s, more)


def compared(connect: Connect[Request, Response], created: Sequence[Response], connections: int) -> Mapping[str, float]:
    """Reads by id, and in turns with them the same from the barest of routes."""
    with bare(created[0].body) as base:
        beside = connecting(base, lambda: "Bearer none")
        asked = dealt(reads(created), connections)
        rounds = [(load(connect, asked), load(beside, asked)) for _ in range(ROUNDS)]
    read, least = max((each for each, _ in rounds), key=per_s), max((each for _, each in rounds), key=per_s)
    return {**rates(read, "read_"), "bare_per_s": least.per_s, "read_share": read.per_s / least.per_s}


def per_s(load: Load[Response]) -> float:
    return load.per_s


def paged(connect: Connect[Request, Response]) -> Mapping[str, float]:
    """Pages of 50 explanations of 50 KB, one after the other."""
    today = datetime.now(UTC).date()
    bodies = (explanation(number, number, EXPLAINED, today) for number in range(PAGE))
    load(connect, dealt([Request("POST", "ExplanationOfBenefit", dumps(each), 201) for each in bodies], 4))
    found = load(connect, [[Request("GET", f"ExplanationOfBenefit?_count={PAGE}")] * TIMES])
    return {"page_p50_ms": found.p50_ms, "page_mb": len(found.answers[0].body) / 1e6}


def connecting(base: str, authorization: Callable[[], str]) -> Connect[Request, Response]:
    @asynccontextmanager
    async def connect() -> AsyncIterator[Callable[[Request], Awaitable[Response]]]:
        async with connected(base, authorization) as connection:
            yield connection.send

    return connect


def creations(first: int, last: int) -> Sequence[Request]:
    today = datetime.now(UTC).date()
    bodies = (claim(number, number, LINES, today) for number in range(first, last))
    return [Request("POST", "Claim", dumps(body), 201) for body in bodies]


def reads(created: Sequence[Response]) -> Sequence[Request]:
    return [Request("GET", f"Claim/{loads(response.body)['id']}") for response in created]
