"""Every resource type, every interaction, every kind of principal: generated, so a new type is covered as it comes."""

from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import pytest

from mappings.fhir.r4.tables import compartment, resource_types
from server.auth.gate import DIRECTORY, GatedStore, Principal
from server.auth.scopes import parse
from server.fhir.outcome import Forbidden, NotFound
from server.store.entry import Entry, Key, Write
from server.store.query import Search, term
from server.store.snapshot import Snapshot
from server.store.store import Store, open_store

TYPES = resource_types()
MEMBERS = compartment("Patient")
LIMIT = 50

Attempt = Callable[[GatedStore, str, str], object]


def terms(key: Key, patient: str) -> tuple[str, ...]:
    """Of a resource that refers to the patient by every parameter that puts it in a compartment."""
    params = MEMBERS.get(key.type, ())
    return tuple(sorted([term("_id", key.id), *(term(each, f"Patient/{patient}") for each in params)]))


@pytest.fixture(scope="module")
def full() -> Iterator[Store]:
    """Resources of each type for each of two patients: one to read, one to change, one to delete."""

    def fold(snapshot: Snapshot) -> Entry:
        keys = [
            (Key(type, f"{what}-{who}"), who) for type in TYPES for what in ("r", "u", "d") for who in ("ann", "ben")
        ]
        writes = tuple(Write(key, 0, b"{}", terms(key, who)) for key, who in keys)
        return Entry("default", snapshot.new_id(), snapshot.at, "", "test", writes)

    with closing(open_store("sqlite://")) as opened:
        opened.submit("default", fold).result()
        yield opened


def read(gated: GatedStore, type: str, who: str) -> object:
    return gated.read(type, f"r-{who}")


def vread(gated: GatedStore, type: str, who: str) -> object:
    return gated.vread(type, f"r-{who}", 1)


def history(gated: GatedStore, type: str, who: str) -> object:
    return gated.history(type, f"r-{who}", limit=LIMIT).versions


def listed(gated: GatedStore, type: str, who: str) -> object:
    return [each for each in gated.history(type, limit=LIMIT).versions if each.key.id == f"r-{who}"]


def found(gated: GatedStore, type: str, who: str) -> object:
    return [each for each in gated.search(Search(type, limit=LIMIT)).versions if each.key.id == f"r-{who}"]


def create(gated: GatedStore, type: str, who: str) -> object:
    key = Key(type, str(uuid4()))
    return gated.submit(writing(Write(key, 0, b"{}", terms(key, who))))


def update(gated: GatedStore, type: str, who: str) -> object:
    key = Key(type, f"u-{who}")
    return gated.submit(writing(Write(key, 1, b"{}", terms(key, who))), needs=(("update", type),))


def delete(gated: GatedStore, type: str, who: str) -> object:
    return gated.submit(writing(Write(Key(type, f"d-{who}"), 1, None)), needs=(("delete", type),))


def writing(write: Write) -> Callable[[Snapshot], Entry]:
    """A fold that, as the interactions do, changes only what it sees."""

    def fold(snapshot: Snapshot) -> Entry:
        if write.base and not snapshot.read(write.key):
            raise NotFound("unseen")
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "", "test", (write,))

    return fold


INTERACTIONS: dict[str, tuple[Attempt, str]] = {
    "read": (read, "r"),
    "vread": (vread, "r"),
    "history-instance": (history, "r"),
    "history-type": (listed, "s"),
    "search-type": (found, "s"),
    "create": (create, "c"),
    "update": (update, "u"),
    "delete": (delete, "d"),
}


def without(action: str) -> str:
    return "cruds".replace(action, "")


def another(type: str) -> str:
    return "Claim" if type != "Claim" else "Coverage"


def principals(type: str, action: str) -> dict[str, tuple[Principal, str]]:
    """By situation: who asks, and whose resource it is about."""
    return {
        "own patient": (Principal("default", "app", parse("patient/*.cruds"), patient="ann"), "ann"),
        "other patient": (Principal("default", "app", parse("patient/*.cruds"), patient="ann"), "ben"),
        "no context": (Principal("default", "app", parse("patient/*.cruds")), "ann"),
        "narrow: type": (Principal("default", "app", parse(f"system/{another(type)}.cruds")), "ann"),
        "narrow: action": (Principal("default", "app", parse(f"system/*.{without(action)}")), "ann"),
        "nobody's rights": (Principal("default", "app", parse("user/*.cruds"), patient="ann"), "ann"),
        "wrong tenant": (Principal("elsewhere", "app", parse("system/*.cruds")), "ann"),
    }


def expected(type: str, interaction: str, situation: str) -> str:
    """By the definition: the compartment, and nothing but it."""
    if situation == "wrong tenant":
        return {"create": "done", "search-type": "nothing", "history-type": "nothing"}.get(interaction, "NotFound")
    if type in DIRECTORY and situation in {"own patient", "other patient"}:
        return "Forbidden" if interaction in {"create", "update", "delete"} else "done"
    if type not in MEMBERS or situation not in {"own patient", "other patient"}:
        return "Forbidden"
    if situation == "own patient":
        return "done"
    return {"create": "Forbidden", "search-type": "nothing", "history-type": "nothing"}.get(interaction, "NotFound")


def outcome(attempt: Attempt, gated: GatedStore, type: str, who: str) -> str:
    try:
        return "done" if attempt(gated, type, who) else "nothing"
    except (Forbidden, NotFound) as error:
        return error.__class__.__name__


@pytest.mark.parametrize("type", TYPES)
def test_b1_b2_b5_b11_b16_the_matrix(full, type) -> None:
    came, meant = {}, {}
    for interaction, (attempt, action) in INTERACTIONS.items():
        for situation, (who, whose) in principals(type, action).items():
            came[interaction, situation] = outcome(attempt, GatedStore(full, who), type, whose)
            meant[interaction, situation] = expected(type, interaction, situation)
    assert came == meant


@pytest.mark.parametrize("type", TYPES)
def test_a_system_reaches_every_type(full, type) -> None:
    gated = GatedStore(full, Principal("default", "service", parse("system/*.rs")))
    assert read(gated, type, "ben")
    assert found(gated, type, "ben")
    assert outcome(update, gated, type, "ben") == "Forbidden"


def test_the_matrix_is_large() -> None:
    assert len(TYPES) * len(INTERACTIONS) * len(principals("Claim", "r")) > 8_000
