"""``bench claims``: distinct claims of three lines submitted, each judged, explained and durable before its answer."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from interfaces.bench.bodies import EACH, claim, insurance_plan, member
from interfaces.bench.figures import Figures
from interfaces.bench.http import Request, Response
from interfaces.bench.limit import alone
from interfaces.bench.load import Advance, Failed, dealt, load
from interfaces.bench.own import own_server, own_service, own_store
from interfaces.bench.rest import connecting
from mappings.fhir.json import Json, dumps

LINES = 3

WARM_UP = 5
"""Claims for each connection that are not measured."""


def measure(count: int, connections: int, advance: Advance) -> Figures:
    """A server of its own on a new embedded store, with a plan and members enough for all claims."""
    today, warming = datetime.now(UTC).date(), WARM_UP * connections
    with own_store() as store:
        with own_server(store) as server, own_service(store, f"{server.http}/fhir") as service:
            connect = connecting(service.base, service.authorization)
            load(connect, dealt(list(records(warming + count, today)), connections))
            load(connect, dealt(submissions(0, warming, today), connections))
            submitted = load(connect, dealt(submissions(warming, warming + count, today), connections), advance)
        store_per_s = alone(store, count, connections)
    if not all(map(judged, submitted.answers)):
        raise Failed("a claim was not judged")
    return Figures("claims", connections, submitted, store_per_s)


def records(claims: int, today: date) -> Iterator[Request]:
    """What has to be on record before so many claims can be judged."""
    yield put(insurance_plan(today))
    for number in range(claims // EACH + 1):
        yield from map(put, member(number, today))


def put(resource: Json) -> Request:
    return Request("PUT", f"{resource['resourceType']}/{resource['id']}", dumps(resource), 201)


def submissions(first: int, last: int, today: date) -> Sequence[Request]:
    bodies = (claim(number, number // EACH, LINES, today) for number in range(first, last))
    return [Request("POST", "Claim/$submit", dumps(body)) for body in bodies]


def judged(response: Response) -> bool:
    return b'"outcome":"complete"' in response.body
