"""What one message is doing to what is stored: a snapshot with changes on top, each resource written once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mappings.fhir.json import Json, loads
from server.fhir.resource import prepare
from server.store.entry import NO_MARKS, Key, Marks, Renewal, Version, Write
from server.store.query import Query, matches
from server.store.snapshot import Snapshot


@dataclass(slots=True)
class _Change:
    base: Version | None
    body: Json
    reserves: tuple[str, ...]
    write: Write | None = None


@dataclass(frozen=True, slots=True)
class Work(Snapshot):
    """A snapshot itself, so that whatever reads what is stored can read this."""

    _changes: dict[Key, _Change] = field(default_factory=dict)
    _stored: dict[Key, Version | None] = field(default_factory=dict)
    _bodies: dict[Key, Json] = field(default_factory=dict)
    _marks: dict[Key, Marks] = field(default_factory=dict)

    @classmethod
    def over(cls, snapshot: Snapshot) -> "Work":
        return cls(snapshot.tenant, snapshot.at, snapshot.view, snapshot.namespace, snapshot.ids)

    def load(self, keys: Collection[Key]) -> None:
        """Reads all that is stored of them at once, which is what a distributed engine wants."""
        self._stored.update(self.view.newest(keys))

    def stored(self, key: Key) -> Version | None:
        """As it was before this message."""
        if key not in self._stored:
            self.load((key,))
        return self._stored[key]

    def body(self, key: Key) -> Json | None:
        """The resource as it stands now, with this message's changes; None if there is none. Not to be changed."""
        change = self._changes.get(key)
        return change.body if change else self._stored_body(key)

    def _stored_body(self, key: Key) -> Json | None:
        if key not in self._bodies:
            version = self.stored(key)
            if version is None or version.body is None:
                return None
            self._bodies[key] = loads(version.body)
        return self._bodies[key]

    def marks(self, key: Key) -> Marks:
        if key in self._marks:
            return self._marks[key]
        version = self.stored(key)
        return version.marks if version else NO_MARKS

    def renew(self, key: Key, marks: Marks) -> None:
        """Sets a resource's marks alone."""
        self._marks[key] = marks
        if key in self._changes:
            self._changes[key].write = None

    def put(self, key: Key, body: Json, marks: Marks | None = None, reserves: Sequence[str] = ()) -> None:
        """Sets a resource's new body; ``reserves`` are identities to hold beyond those that the body names. One that
        is as it was stored is not written."""
        before = self._changes.pop(key, None)
        if marks is not None:
            self._marks[key] = marks
        if body != self._stored_body(key):
            held = (*(before.reserves if before else ()), *reserves)
            self._changes[key] = _Change(before.base if before else self.stored(key), body, tuple(dict.fromkeys(held)))

    def add(self, write: Write) -> None:
        """Takes in a write that another room has made."""
        body = loads(write.body) if write.body is not None else {}
        self._changes[write.key] = _Change(self.stored(write.key), body, (), write)

    def writes(self) -> tuple[Write, ...]:
        """Raises FhirError when a resource would break a rule of FHIR."""
        return tuple(self._write(key) for key in self._changes)

    def renewals(self) -> tuple[Renewal, ...]:
        """What this message says again of resources that it does not change."""
        told = ((key, marks) for key, marks in self._marks.items() if key not in self._changes)
        return tuple(Renewal(key, marks) for key, marks in told if (old := self._stored[key]) and old.marks != marks)

    def read(self, key: Key) -> Version | None:
        return self._version(key) if key in self._changes else self.stored(key)

    def newest(self, keys: Collection[Key]) -> Mapping[Key, Version | None]:
        self.load([key for key in keys if key not in self._stored])
        return {key: self.read(key) for key in keys}

    def holders(self, values: Collection[str]) -> Mapping[str, Key]:
        stored = {value: key for value, key in self.view.holders(values).items() if key not in self._changes}
        ours = {value: key for key in self._changes for value in self._reserved(key) if value in values}
        return {**stored, **ours}

    def find(self, type: str, where: Query, most: int | None = None) -> tuple[Version, ...]:  # noqa: ARG002
        """All that match, whatever ``most`` says: what is changed here may match no more."""
        stored = (each for each in self.view.find(type, where) if each.key not in self._changes)
        ours = (self._version(key) for key in self._changes if key.type == type)
        return (*stored, *(each for each in ours if not each.deleted and matches(where, each.terms)))

    def _version(self, key: Key) -> Version:
        return self._write(key).version(0, self.at)

    def _write(self, key: Key) -> Write:
        change = self._changes[key]
        if change.write is None:
            change.write = prepare(
                Snapshot(self.tenant, self.at, self.view, self.namespace, self.ids),
                change.body,
                base=change.base,
                marks=self.marks(key),
                reserves_extra=change.reserves,
                id=key.id,
            )
        return change.write

    def _reserved(self, key: Key) -> Sequence[str]:
        """What a changed resource holds, as far as it can be said without preparing it (which asks who holds what)."""
        change = self._changes[key]
        stored = change.base.reserves if change.base else ()
        return change.write.reserves if change.write else (*stored, *change.reserves)
