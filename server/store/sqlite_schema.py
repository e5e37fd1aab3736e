"""The embedded store's file: its tables, and what is checked when it is opened.

The journal is ``entry``, ``version`` and their dictionaries ``place`` and ``resource``: each body is stored once, in
the version that an entry brought about. ``term``, ``held``, ``renewed``, ``resource.newest``, ``resource.live`` are
projections."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from uuid import uuid4

from server.store.engine import Unusable
from server.store.entry import by_mark

APPLICATION = 0x43617773  # "Caws": https://www.sqlite.org/pragma.html#pragma_application_id

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

-- Small numbers for names that every row would repeat. A tenant itself is the place of the type ''.
CREATE TABLE place (n INTEGER PRIMARY KEY, tenant TEXT NOT NULL, type TEXT NOT NULL, UNIQUE (tenant, type)) STRICT;

-- An entry's versions have the numbers from first on, as many as there are writes.
CREATE TABLE entry (
    n INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL,
    actor TEXT NOT NULL, origin TEXT NOT NULL, dedupe TEXT, about TEXT NOT NULL,
    first INTEGER NOT NULL, writes INTEGER NOT NULL, reply BLOB NOT NULL, raw BLOB NOT NULL,
    control_id TEXT AS (json_extract(about, '$.control_id')) VIRTUAL,
    status TEXT AS (json_extract(about, '$.status')) VIRTUAL,
    sender TEXT AS (json_extract(about, '$.sender')) VIRTUAL,
    UNIQUE (tenant, seq)
) STRICT;
CREATE UNIQUE INDEX entry_dedupe ON entry (tenant, dedupe) WHERE dedupe IS NOT NULL;
CREATE INDEX entry_message ON entry (tenant, seq) WHERE control_id IS NOT NULL;
CREATE INDEX entry_control_id ON entry (tenant, control_id, seq) WHERE control_id IS NOT NULL;
CREATE INDEX entry_status ON entry (tenant, status, seq) WHERE control_id IS NOT NULL;
CREATE INDEX entry_sender ON entry (tenant, sender, seq) WHERE control_id IS NOT NULL;

CREATE TABLE resource (
    n INTEGER PRIMARY KEY, place INTEGER NOT NULL, id TEXT NOT NULL, newest INTEGER NOT NULL, live INTEGER NOT NULL,
    UNIQUE (place, id)
) STRICT;
CREATE INDEX resource_live ON resource (place, n) WHERE live;

-- The body comes last: what comes before it is read without it.
CREATE TABLE version (
    n INTEGER PRIMARY KEY, resource INTEGER NOT NULL, place INTEGER NOT NULL, version INTEGER NOT NULL,
    seq INTEGER NOT NULL, at INTEGER NOT NULL, marks TEXT, reserves TEXT, keeps TEXT, frees TEXT, terms TEXT NOT NULL,
    body BLOB,
    UNIQUE (resource, version)
) STRICT;
CREATE INDEX version_place ON version (place, n);

CREATE TABLE term (
    place INTEGER NOT NULL, term TEXT NOT NULL, resource INTEGER NOT NULL, PRIMARY KEY (place, term, resource)
) WITHOUT ROWID, STRICT;

CREATE TABLE held (
    tenant INTEGER NOT NULL, value TEXT NOT NULL, resource INTEGER NOT NULL, PRIMARY KEY (tenant, value)
) WITHOUT ROWID, STRICT;

CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID, STRICT;
"""


Migration = str | Callable[[sqlite3.Connection], None]


def marks_name_elements(db: sqlite3.Connection) -> None:
    """Before, each element had its mark; now each mark, of which there are few, has its elements."""
    for n, told in db.execute("SELECT n, marks FROM version WHERE marks IS NOT NULL").fetchall():
        marks = json.dumps(by_mark(json.loads(told)))
        db.execute("UPDATE version SET marks = ? WHERE n = ?", (marks, n))


MIGRATIONS: Sequence[Migration] = (
    "ALTER TABLE lease ADD COLUMN done INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE entry ADD COLUMN renewals TEXT",
    "CREATE TABLE renewed (resource INTEGER PRIMARY KEY, seq INTEGER NOT NULL, marks TEXT NOT NULL) STRICT",
    marks_name_elements,
)
"""What makes of each schema the next, from the tables above on: a statement, or a function where one is not enough. A
new store is made the same way, so that it cannot differ from one that has grown. To change the schema, add a row here;
what stands is never changed."""


def prepare(db: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Makes a new file a store, brings an older one up, and refuses what is none, or a newer one. Within a transaction:
    of two processes that open a file at once, one does it, wholly or not at all."""
    version, known = _version(db), 1 + len(migrations)
    if version == known:
        return
    if version > known:
        raise Unusable(f"the store has schema {version}, this program knows {known}: use the version that wrote it")
    if version == 0:
        _make(db)
        version = 1
    for step in migrations[version - 1 :]:
        step(db) if callable(step) else db.execute(step)
    db.execute(f"PRAGMA user_version = {known}")


def mend(db: sqlite3.Connection) -> None:
    """Makes the indexes that somebody dropped, and refuses a store whose tables are not what they should be."""
    wanted, found = _expected(), _shape(db)
    for name, statement in wanted.items():
        if (
            name not in found
            and statement
            and statement.startswith("CREATE")
            and "INDEX" in statement.partition("(")[0]
        ):
            db.execute(statement)
        elif found.get(name) != statement:
            raise Unusable(f"{name} of the store is not what it should be: restore a backup, or look who changed it")


@cache
def _expected() -> Mapping[str, str | None]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    try:
        prepare(db)
        return _shape(db)
    finally:
        db.close()


def _shape(db: sqlite3.Connection) -> Mapping[str, str | None]:
    """By name the statement that made it."""
    return dict(db.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"))


def _version(db: sqlite3.Connection) -> int:
    """0 where there is nothing yet."""
    if _pragma(db, "application_id") == APPLICATION:
        return _pragma(db, "user_version")
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise Unusable("the file is a database of something else: name another file")
    return 0


def _make(db: sqlite3.Connection) -> None:
    for statement in TABLES.split(";\n"):
        db.execute(statement)
    made = {"namespace": str(uuid4()), "created": datetime.now(UTC).isoformat(), "checked": ""}
    db.executemany("INSERT INTO meta VALUES (?, ?)", made.items())
    db.execute(f"PRAGMA application_id = {APPLICATION}")


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
