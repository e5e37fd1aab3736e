"""An engine of each kind, empty, and entries to put into it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from server.store.engine import Engine
from server.store.entry import Entry, Key, Version, Write
from server.store.journal import Fold, Journal, Snapshot
from server.store.store import open_engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

Reopen = Callable[[], Engine]
MakeWrite = Callable[..., Write]
MakeEntry = Callable[..., Entry]
MakeFold = Callable[..., Fold]


@pytest.fixture
def reopen(url: str) -> Iterator[Reopen]:
    """Opens the same store once more, as another process or a later one would."""
    opened: list[Engine] = []

    def again() -> Engine:
        opened.append(open_engine(url))
        return opened[-1]

    yield again
    for each in opened:
        each.close()


@pytest.fixture
def engine(reopen: Reopen) -> Engine:
    return reopen()


@pytest.fixture
def write() -> MakeWrite:
    """``write("Patient/1", base=0, terms=..., reserves=...)``; its body names its version unless given."""

    def make(name: str, base: int = 0, terms: tuple[str, ...] = (), body: bytes | None = b"", **more: object) -> Write:
        kind, _, id = name.partition("/")
        text = f'{{"id":"{id}","v":{base + 1}}}'.encode() if body == b"" else body
        return Write(Key(kind, id), base, text, tuple(sorted(terms)), **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def entry() -> MakeEntry:
    """``entry(seq, *writes, dedupe=..., about=...)``: each has its second."""

    def make(seq: int, *writes: Write, tenant: str = "clinic", **more: object) -> Entry:
        at = NOON + timedelta(seconds=seq, microseconds=7)
        id = str(more.pop("id", f"{tenant}-{seq}"))
        return Entry(tenant, id, at, "app", "mllp", tuple(writes), b"MSA|AA", b"MSH|", seq=seq, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def journal(engine: Engine) -> Iterator[Journal]:
    opened = Journal(engine)
    yield opened
    opened.close()


@pytest.fixture
def fold(write: MakeWrite) -> MakeFold:
    """Of an entry of these writes, whatever is stored."""

    def make(*writes: Write, **more: object) -> Fold:
        def written(snapshot: Snapshot) -> Entry:
            made = (snapshot.tenant, snapshot.new_id(), snapshot.at, "app", "mllp", writes)
            return Entry(*made, **more)  # type: ignore[arg-type]

        return written

    return make


def searched(version: Version) -> tuple[str, ...]:
    """What the bodies below say that they are found by."""
    return tuple(json.loads(version.body or b"{}").get("terms", version.terms))


@pytest.fixture
def extract() -> Callable[[Version], tuple[str, ...]]:
    return searched


@pytest.fixture
def fill(write: MakeWrite, entry: MakeEntry) -> Callable[..., None]:
    """``fill(engine, "clinic", count)``: entries that write, change, delete, and hand numbers on, after those that are
    there; each body has in it by what it is found."""

    def said(n: int, name: str) -> dict[str, object]:
        terms = sorted({f"name\x1f{name}", f"n\x1f{n}"})
        return {"terms": tuple(terms), "body": json.dumps({"terms": terms}).encode()}

    def one(n: int, tenant: str) -> Entry:
        """Of every four: two patients come, the first is changed and gives its number to the second, then goes."""
        base, first, second = n - (n - 1) % 4, f"Patient/{n - (n - 1) % 4}a", f"Patient/{n - (n - 1) % 4}b"
        number = f"Patient?identifier=mrn|{base}"
        writes = [
            (write(first, 0, reserves=(number,), **said(n, "ann")),),
            (write(second, 0, **said(n, "bob")), write(f"Encounter/{n}", 0, **said(n, "visit"))),
            (
                write(first, 1, frees=(number,), **said(n, "anna")),
                write(second, 1, reserves=(number,), marks={"name": "2026"}, **said(n, "bob")),
            ),
            (write(first, 2, body=None),),
        ][(n - 1) % 4]
        about = {"control_id": f"m{n}", "status": "accepted", "sender": "A"}
        return entry(n, *writes, tenant=tenant, dedupe=f"d{n}", about=about)

    def put(engine: Engine, tenant: str, count: int) -> None:
        begun = engine.last(tenant)
        for start in range(begun, begun + count, 100):
            made = [one(n, tenant) for n in range(start + 1, min(start + 100, begun + count) + 1)]
            assert engine.append(tenant, made) == len(made)
            engine.project(tenant)

    return put
