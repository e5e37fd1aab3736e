"""What resources are found by, made anew from their bodies, while they are read and written.

What was written since the search parameters changed has the new terms already; this is for what was there before."""

from dataclasses import replace

from server.store import walk
from server.store.check import Extract
from server.store.engine import Engine
from server.store.walk import Advance, unheard


def reindex(engine: Engine, tenant: str, type: str, extract: Extract, advance: Advance = unheard) -> int:
    """How many resources of a type were found by something else. After an interruption it goes on where it was.

    ``advance`` is told of every resource that was looked at."""
    name, changed = f"reindex/{tenant}/{type}", 0
    for versions in walk.resources(engine, tenant, type, engine.noted(name) or ""):
        living = [each for each in versions if not each.deleted and not each.purged]
        made = ((each, extract(each)) for each in living)
        stale = [replace(each, terms=terms) for each, terms in made if terms != each.terms]
        if stale:
            changed += engine.reindex(tenant, stale)
        engine.note(name, versions[-1].key.id)
        advance(len(versions))
    engine.note(name, None)
    return changed
