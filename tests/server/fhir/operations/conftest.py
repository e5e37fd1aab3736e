"""What is stored, and what a Bundle holds, in a few words."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from server.fhir.resource import prepare
from server.store.entry import Entry, Key
from server.store.snapshot import Snapshot
from server.store.store import Store

Put = Callable[[Mapping[str, Mapping[str, Any]]], None]


@pytest.fixture
def put(store: Store) -> Put:
    """Stores resources by their addresses, whatever the client of ``ask`` may do."""

    def stored(resources: Mapping[str, Mapping[str, Any]]) -> None:
        bodies = {Key(*key.split("/")): body for key, body in resources.items()}
        named = {key: {"resourceType": key.type, "id": key.id, **body} for key, body in bodies.items()}

        def fold(snapshot: Snapshot) -> Entry:
            writes = tuple(prepare(snapshot, body, base=snapshot.read(key)) for key, body in named.items())
            return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "test", "test", writes)

        store.submit("default", fold).result()

    return stored


@pytest.fixture
def entries() -> Callable[[httpx.Response], list[str]]:
    """The addresses of a searchset's entries; what was included is in brackets."""

    def listed(answer: httpx.Response) -> list[str]:
        assert answer.status_code == 200, answer.text
        found = [(each["search"]["mode"], each["resource"]) for each in answer.json().get("entry", ())]
        named = [(mode, f"{each['resourceType']}/{each['id']}") for mode, each in found if "id" in each]
        return [name if mode == "match" else f"({name})" for mode, name in named]

    return listed
