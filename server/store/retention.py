"""How long is kept what was only needed once: messages as they came, and versions that others have superseded.

What stays: of every entry who, when, from where, its name and its answer (so a message that comes again is still
answered, and not applied); that there was a version, when, and which identifiers it held; and whatever is current,
deletions too. https://www.ecfr.gov/current/title-45/section-164.316 asks for six years of what is documented; how long
messages and versions have to be kept, a site's own law says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.store import walk
from server.store.engine import Engine
from server.store.entry import Entry
from server.store.walk import Advance, unheard


@dataclass(frozen=True, slots=True)
class Retention:
    """None: for ever. A version's time begins when another supersedes it."""

    messages: timedelta | None = None
    versions: timedelta | None = None


def purge(engine: Engine, tenant: str, retention: Retention, now: datetime, advance: Advance = unheard) -> int:
    """How many entries were looked at. After an interruption it goes on where it was."""
    messages = _purge(engine, tenant, "messages", retention.messages, now, advance)
    return messages + _purge(engine, tenant, "versions", retention.versions, now, advance)


def _purge(engine: Engine, tenant: str, what: str, age: timedelta | None, now: datetime, advance: Advance) -> int:
    if age is None:
        return 0
    name = f"purged/{tenant}/{what}"
    begun = done = int(engine.noted(name) or 0)
    for entries in _older(engine, tenant, begun, now - age):
        engine.purge(tenant, entries, messages=what == "messages", versions=what == "versions")
        done = entries[-1].seq
        engine.note(name, str(done))
        advance(len(entries))
    return done - begun


def _older(engine: Engine, tenant: str, after: int, than: datetime) -> Iterator[Sequence[Entry]]:
    """Up to the first that is not: an entry's time is never much before its predecessor's."""
    for entries in walk.journal(engine, tenant, after, engine.last(tenant)):
        old = [each for each in entries if each.at < than]
        if old:
            yield old
        if len(old) < len(entries):
            return
