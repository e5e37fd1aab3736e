"""Short messages of made-up patients, and a store that takes them in."""

from collections.abc import Callable, Sequence
from concurrent.futures import wait

import pytest

from mappings.fhir.json import loads
from server.intake.receive import Intake
from server.settings import Settings
from server.store.query import EVERYTHING, Search

PID = "PID|1||{mrn}^^^RIVER^MR||{name}||{born}|{sex}|||{address}||{phone}|||||{account}^^^RIVER^AN"
PV1 = "PV1|1|{kind}|{place}||||1730155555^Silva^Marta^^^Dr^MD^^NPI^L^^^NPI|||MED||||||||{kind}|{visit}^^^RIVER^VN" + (
    "|" * 25 + "{admitted}|{left}"
)
DEFAULTS = {
    "mrn": "M1", "name": "Abel^Ann", "born": "19700102", "sex": "F", "address": "1 Elm^^Riverbend^OH^45001^USA^H",
    "phone": "^PRN^PH^^1^555^5550100", "account": "A1", "kind": "I", "place": "3W^312^A^RIVER", "visit": "V1",
    "admitted": "202603010800+0000", "left": "", "at": "202603010800+0000",
}  # fmt: skip


def written(trigger: str, control_id: str, *more: str, pv1: bool = True, code: str = "ADT", **values: str) -> bytes:
    """A message with MSH, EVN, PID and (mostly) PV1, then whatever ``more`` segments."""
    filled = {**DEFAULTS, **values}
    segments = (
        f"MSH|^~\\&|ADT|RIVER|CAUSEWAY|RIVER|{filled['at']}||{code}^{trigger}|{control_id}|P|2.5.1",
        f"EVN|{trigger}|{filled['at']}",
        PID.format(**filled),
        *([PV1.format(**filled)] if pv1 else []),
        *more,
    )
    return "\r".join(segments).encode() + b"\r"


class Hospital:
    """An intake, and what is stored through it."""

    def __init__(self, store):
        self.store = store
        self.intake = Intake(store, Settings().site_of)

    def receive(self, *messages):
        futures = [self.intake.receive(message, "mllp") for message in messages]
        wait(futures)
        return [future.result() for future in futures]

    def accepted(self, *messages):
        entries = [self.receive(message)[0] for message in messages]
        assert [entry.about["ack"] for entry in entries] == ["AA"] * len(messages), entries[-1].about["issues"]
        return entries

    def all(self, type) -> Sequence[dict]:
        page = self.store.search("default", Search(type, EVERYTHING, limit=1000))
        return [loads(version.body) for version in page.versions]

    def one(self, type):
        (found,) = self.all(type)
        return found


@pytest.fixture
def hospital(store):
    return Hospital(store)


@pytest.fixture
def message() -> Callable[..., bytes]:
    return written
