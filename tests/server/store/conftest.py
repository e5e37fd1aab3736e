"""An engine of each kind, empty, and entries to put into it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.store.engine import Engine
from server.store.entry import Entry, Key, Write
from server.store.journal import Fold, Journal, Snapshot
from server.store.store import open_engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

Reopen = Callable[[], Engine]
MakeWrite = Callable[..., Write]
MakeEntry = Callable[..., Entry]
MakeFold = Callable[..., Fold]

ON_A_SERVER = [pytest.mark.mongodb, pytest.mark.timeout(600)]


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=ON_A_SERVER)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty store that several processes may open."""
    return (
        str(request.getfixturevalue("mongodb_url")) if request.param == "mongodb" else f"sqlite:///{tmp_path}/store.db"
    )


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
