"""Whether an entry may follow on a state: pure functions of the entry and what its writes touch."""

from collections.abc import Mapping
from dataclasses import replace

from server.store.entry import Entry, Key, Version, Write


class Stale(Exception):
    """A write was computed from another version than the current one."""

    def __init__(self, key: Key, base: int, current: int) -> None:
        super().__init__(f"{key} is at version {current}, not {base}")
        self.key, self.base, self.current = key, base, current


class Held(Exception):
    """A write reserves a value that another resource holds.

    The text names no value: it may be a patient's number."""

    def __init__(self, key: Key, value: str, holder: Key) -> None:
        super().__init__(f"{holder} holds the {value.partition('=')[0]} that {key} reserves")
        self.key, self.value, self.holder = key, value, holder


def touched(entry: Entry) -> tuple[Key, ...]:
    return tuple(write.key for write in entry.writes)


def reserved(entry: Entry) -> tuple[str, ...]:
    return tuple(value for write in entry.writes for value in write.reserves)


def following(entry: Entry, newest: Mapping[Key, Version | None], holders: Mapping[str, Key]) -> Entry:
    """The entry, knowing what it keeps and frees. Raises Stale or Held when it does not follow on this state."""
    if len(newest) < len(entry.writes):
        raise ValueError("an entry writes a resource once, not twice")
    for write in entry.writes:
        _check_base(write, newest[write.key])
    entry = replace(entry, writes=tuple(_knowing(write, newest[write.key]) for write in entry.writes))
    _check_reserves(entry, holders)
    return entry


def _check_base(write: Write, current: Version | None) -> None:
    version = current.version if current else 0
    if write.base != version:
        raise Stale(write.key, write.base, version)


def _knowing(write: Write, current: Version | None) -> Write:
    held = current.reserves if current else ()
    keeps = tuple(value for value in write.reserves if value in held)
    frees = tuple(value for value in held if value not in write.reserves)
    return write if (keeps, frees) == (write.keeps, write.frees) else replace(write, keeps=keeps, frees=frees)


def _check_reserves(entry: Entry, holders: Mapping[str, Key]) -> None:
    freed = {value for write in entry.writes for value in write.frees}
    taken = {value: key for value, key in holders.items() if value not in freed}
    for write in entry.writes:
        for value in write.reserves:
            holder = taken.setdefault(value, write.key)
            if holder != write.key:
                raise Held(write.key, value, holder)
