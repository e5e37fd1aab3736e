"""A payer with something on record, for claims and for eligibility."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mappings.fhir.json import loads
from server.auth.gate import GatedStore, Principal
from server.auth.scopes import parse
from server.fhir.operations.claim_submit import claim_submit
from server.fhir.operations.eligibility_submit import eligibility_submit
from server.fhir.resource import prepare
from server.store.entry import Entry, Key
from server.store.query import Search
from server.store.snapshot import Snapshot
from server.store.store import Store, open_store

ROOT = Path(__file__).parent.parent.parent

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:example:mrn", "value": "MRN-1"}],
}
COVERAGE: dict[str, Any] = {
    "resourceType": "Coverage",
    "id": "v1",
    "status": "active",
    "beneficiary": {"reference": "Patient/p1"},
    "subscriber": {"reference": "Patient/p1"},
    "period": {"start": "2024-01-01"},
    "payor": [{"reference": "Organization/harbor-health"}],
    "class": [
        {
            "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/coverage-class", "code": "plan"}]},
            "value": "SILVER-500",
        }
    ],
    "order": 1,
}


ON_A_SERVER = [pytest.mark.mongodb, pytest.mark.timeout(600)]


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=ON_A_SERVER)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty store that several processes may open."""
    return (
        str(request.getfixturevalue("mongodb_url")) if request.param == "mongodb" else f"sqlite:///{tmp_path}/store.db"
    )


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2024, 9, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Payer:
    """A store with a plan and a coverage, and ways to ask it."""

    store: Store
    clock: Clock

    def gated(self, scopes: str = "system/*.cruds", client: str = "ehr", patient: str | None = None) -> GatedStore:
        return GatedStore(self.store, Principal("hospital", client, parse(scopes), patient=patient))

    def put(self, *bodies: dict[str, Any]) -> None:
        """Stores resources under their own ids, whatever was there."""

        def fold(snapshot: Snapshot) -> Entry:
            keys = [Key(body["resourceType"], body["id"]) for body in bodies]
            writes = (prepare(snapshot, body, base=snapshot.read(key)) for body, key in zip(bodies, keys, strict=True))
            return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "test", "test", tuple(writes))

        self.store.submit("hospital", fold).result(10)

    def submit(self, body: dict[str, Any], **who: Any) -> dict[str, Any]:
        return claim_submit(self.gated(**who), body)

    def ask(self, body: dict[str, Any], **who: Any) -> dict[str, Any]:
        return eligibility_submit(self.gated(**who), body)

    def read(self, reference: str) -> dict[str, Any]:
        kind, id = reference.split("/")
        return loads(self.gated().read(kind, id).body or b"")

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [loads(each.body or b"") for each in self.gated().search(Search(kind)).versions]


@pytest.fixture(scope="session")
def example_plan() -> dict[str, Any]:
    """The plan that the documentation shows."""
    text = (ROOT / "docs" / "insurance-plan.md").read_text()
    return loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0].encode())


@pytest.fixture
def payer(example_plan: dict[str, Any]) -> Iterator[Payer]:
    clock = Clock()
    with closing(open_store("sqlite://", clock)) as store:
        payer = Payer(store, clock)
        payer.put({**example_plan, "id": "silver"}, COVERAGE, PATIENT)
        yield payer
