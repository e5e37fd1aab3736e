"""One store: an engine, chosen by URL, and the journal over it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from server.store.engine import Engine, Unusable
from server.store.journal import Journal, new_id, now
from server.store.sqlite import SqliteEngine
from server.store.sqlite_file import MEMORY


class Store:
    """Reads are the engine's; what is written goes through the journal. ``at_hand``: a single resource is read in less
    time than it takes to ask another thread for it."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = now, ids: Callable[[], str] = new_id) -> None:
        self.engine, self.journal = engine, Journal(engine, clock, ids)
        self.at_hand = isinstance(engine, SqliteEngine)
        self.submit = self.journal.submit
        self.read, self.newest, self.vread, self.holders = engine.read, engine.newest, engine.vread, engine.holders
        self.search, self.count, self.history = engine.search, engine.count, engine.history
        self.tail, self.messages, self.entry, self.last = engine.tail, engine.messages, engine.entry, engine.last
        self.project, self.check = engine.project, engine.check

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self.journal.close()
        self.engine.close()


def open_engine(url: str, *, make: bool = True) -> Engine:
    """``sqlite:///file``, ``sqlite:////absolute/file``, ``sqlite://`` (in memory), ``mongodb://host/database``.

    Without ``make`` a file that is not there is Unusable: a name that was mistyped is no empty store."""
    scheme, path = urlsplit(url).scheme, urlsplit(url).path
    if scheme == "sqlite":
        return SqliteEngine(_file(unquote(path[1:]) or MEMORY, make=make))
    if scheme in {"mongodb", "mongodb+srv"}:
        from server.store.mongo import MongoEngine  # noqa: PLC0415 only who uses it loads it

        return MongoEngine(url)
    raise Unusable("a store's URL is sqlite:///FILE or mongodb://HOST/DATABASE")


def _file(path: str, *, make: bool) -> str:
    if not make and not Path(path).is_file():
        raise Unusable(f"there is no store {path}")
    return path


def open_store(url: str, clock: Callable[[], datetime] = now, ids: Callable[[], str] = new_id) -> Store:
    return Store(open_engine(url), clock, ids)
