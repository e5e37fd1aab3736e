"""What a store must hold after a disturbed run: each acknowledged message once, and the state of an undisturbed one."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from interfaces.chaos.senders import Feed
from mappings.fhir.json import loads
from mappings.v2.message import parse
from server.intake.receive import Intake
from server.settings import Settings
from server.store.entry import Entry, Key, Version
from server.store.sqlite import SqliteEngine
from server.store.sqlite_file import MEMORY
from server.store.store import Store

TENANT = Settings().tenant
PAGE = 500
LISTED = 5
"""Of one kind of finding, so many are named."""

Known: TypeAlias = tuple[Any, tuple[str, ...], tuple[str, ...]]
State: TypeAlias = Mapping[Key, Known]

WHEN = "_lastUpdated"


class Twin(SqliteEngine):
    """In memory, and with another store's namespace: the same messages make the same resources."""

    def __init__(self, of: Store) -> None:
        super().__init__(MEMORY)
        self._of = of.engine.namespace()

    def namespace(self) -> str:
        return self._of


def findings(store: Store, feeds: Sequence[Feed]) -> list[str]:
    """What is wrong, in words that name no patient; nothing, if all is as it was promised."""
    entries = journal(store)
    rebuilt = {version.key: version for entry in entries for version in entry.versions()}
    with Store(Twin(store)) as twin:
        undisturbed(twin, feeds)
        expected = state(twin, {version.key for entry in journal(twin) for version in entry.versions()})
    kept = state(store, rebuilt)
    return [
        *in_line(entries),
        *acknowledged_once(entries, feeds),
        *differing("is not as its journal says", kept, {key: known(each) for key, each in rebuilt.items()}),
        *differing("is not as in an undisturbed run", kept, expected),
    ]


def journal(store: Store) -> Sequence[Entry]:
    entries = list[Entry]()
    while page := store.tail(TENANT, len(entries), PAGE):
        entries += page
    return entries


def undisturbed(store: Store, feeds: Sequence[Feed]) -> None:
    intake = Intake(store, Settings().site_of)
    for feed in feeds:
        for answer in [intake.receive(message, "mllp") for message in feed.sent]:
            answer.result()


def in_line(entries: Sequence[Entry]) -> Iterator[str]:
    if [entry.seq for entry in entries] != list(range(1, len(entries) + 1)):
        yield "the journal has a gap"


def acknowledged_once(entries: Sequence[Entry], feeds: Sequence[Feed]) -> Iterator[str]:
    """Every message that was answered is there, once, with the answer that it got; and no other is."""
    count = Counter(entry.about.get("control_id") for entry in entries)
    replies = {entry.about.get("control_id"): entry.reply for entry in entries}
    given = ((sent, answer) for feed in feeds for sent, answer in zip(feed.sent, feed.answers, strict=True))
    answers = {parse(sent).control_id: answer for sent, answer in given}
    yield from told("was acknowledged and is not kept", (id for id in answers if not count[id]))
    yield from told("is kept more than once", (id for id in answers if count[id] > 1))
    yield from told("was answered otherwise", (id for id in answers if count[id] and replies[id] != answers[id]))
    yield from told("was never sent", (str(id) for id in count if id not in answers))


def state(store: Store, keys: Collection[Key]) -> State:
    newest = store.newest(TENANT, list(keys))
    return {key: known(version) for key, version in newest.items()}


def known(version: Version) -> Known:
    """A resource, and what it is found by, as it would be at any time of the day."""
    body = loads(version.body) if version.body is not None else None
    if body:
        body["meta"] = {name: value for name, value in body["meta"].items() if name != "lastUpdated"}
    return body, tuple(each for each in version.terms if not each.startswith(WHEN)), version.reserves


def differing(how: str, one: State, other: State) -> Iterator[str]:
    return told(how, (str(key) for key in {**one, **other} if one.get(key) != other.get(key)))


def told(how: str, which: Iterator[str]) -> Iterator[str]:
    found = sorted(which)
    if found:
        more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
        yield f"{how}: {', '.join(found[:LISTED])}{more}"
