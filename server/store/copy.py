"""A store into another one: entry by entry, since all the rest follows from the journal.

What has been copied is not copied again, so a copy that was interrupted goes on, and one that is finished can be
brought up to what was written meanwhile."""

from collections.abc import Iterable, Mapping, Sequence

from server.store import walk
from server.store.engine import Engine, Unusable
from server.store.entry import Entry
from server.store.instants import EPOCH
from server.store.walk import Advance, unheard

RESTORED = "restored"
"""Had every lease before it could be had."""


class Differs(Unusable):
    """Two stores that should be the same are not."""


def copy(source: Engine, target: Engine, advance: Advance = unheard) -> int:
    """How many entries the target has now. Leases and notes are looked at first: who follows sees an entry twice rather
    than never. Raises Unusable."""
    leases, notes = source.leases(), source.notes()
    target.adopt(source.namespace())
    for tenant in source.tenants():
        begun = target.last(tenant)
        _same_so_far(source, target, tenant, begun)
        advance(begun)
        for entries in walk.journal(source, tenant, begun, source.last(tenant)):
            put(target, entries)
            advance(len(entries))
    follow_on(target, leases, notes)
    return sum(map(target.last, target.tenants()))


def _same_so_far(source: Engine, target: Engine, tenant: str, seq: int) -> None:
    if seq and list(source.tail(tenant, seq - 1, 1)) != list(target.tail(tenant, seq - 1, 1)):
        raise Differs(f"{tenant}: entry {seq} is another one in the store that is copied to: name an empty one")


def put(target: Engine, entries: Sequence[Entry]) -> None:
    tenant = entries[0].tenant
    if target.append(tenant, entries) < len(entries):
        raise Unusable("somebody else writes to the store that is copied to: stop that, and name an empty one")
    target.project(tenant)


def follow_on(target: Engine, leases: Mapping[str, int], notes: Mapping[str, str]) -> None:
    """Followers go on where they were, and know what they knew."""
    for name, text in notes.items():
        target.note(name, text)
    for name, done in leases.items():
        target.lease(name, RESTORED, EPOCH, EPOCH, done)


def compare(source: Engine, target: Engine, advance: Advance = unheard) -> None:
    """Every entry that the target has is the source's, to the last byte. Raises Differs."""
    for tenant in target.tenants():
        upto = target.last(tenant)
        for entries in walk.journal(target, tenant, 0, upto):
            _compare(entries, source.tail(tenant, entries[0].seq - 1, len(entries)))
            advance(len(entries))


def _compare(entries: Iterable[Entry], others: Sequence[Entry]) -> None:
    known = {each.seq: each for each in others}
    for entry in entries:
        if known.get(entry.seq) != entry:
            raise Differs(f"{entry.tenant}: entry {entry.seq} is not the same in both")
