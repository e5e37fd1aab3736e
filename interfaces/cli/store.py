"""``causeway store``: looking after a store, while it is in use or not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from interfaces.cli import options
from interfaces.cli.progress import watched
from mappings.fhir.json import dumps
from server.fhir.added import Known, learn
from server.fhir.resource import terms_of
from server.settings import BadSettings, load
from server.store import backup as file
from server.store.check import Found
from server.store.check import check as checked
from server.store.copy import compare
from server.store.copy import copy as copied
from server.store.engine import Engine, Unavailable
from server.store.query import EVERYTHING
from server.store.reindex import reindex as reindexed
from server.store.retention import purge as purged
from server.store.store import open_engine

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Looks after a store, while it is in use.\n\nExit codes: 0 done and all is well, 1 not so, 2 wrong use.",
)

File = Annotated[Path, typer.Argument(dir_okay=False)]
Types = Annotated[list[str] | None, typer.Option("--type", help="Only this resource type (may be repeated)")]


@app.command()
def check(store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Whether the journal is whole, what is current and what is found agree with it. Exit 1 when anything is wrong."""
    with opened(store) as engine, watched("entries checked", entries(engine)) as advance:
        for tenant in engine.tenants():
            Known(engine, tenant).look()
        found = checked(engine, terms_of, advance)
    wrong = sum(each.wrong for each in found.values())
    tell(json, report(found), [*lines(found), f"{wrong} faults" if wrong else "all is well"])
    raise typer.Exit(1 if wrong else 0)


@app.command()
def reindex(types: Types = None, store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Makes what resources are found by anew, as after an update; goes on where it was interrupted."""
    changed = dict[str, int]()
    with opened(store) as engine:
        chosen = [(t, each) for t in engine.tenants() for each in engine.types(t) if not types or each in types]
        count = sum(engine.count(tenant, type, EVERYTHING) for tenant, type in chosen)
        with watched("resources", count) as advance:
            for tenant, type in chosen:
                Known(engine, tenant).look()
                changed[type] = changed.get(type, 0) + reindexed(engine, tenant, type, terms_of, advance)
    said = [f"{type:<32} {number:>9}" for type, number in changed.items() if number]
    tell(json, {"changed": changed}, [*said, f"{sum(changed.values())} resources are found by something else now"])


@app.command()
def backup(path: File, store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Writes the store into a new file, each tenant as it is at one moment, for either engine."""
    with opened(store) as engine, watched("entries", entries(engine)) as advance:
        last = file.backup(engine, path, advance)
    tell(json, {"file": str(path), "entries": last}, [f"{sum(last.values())} entries in {path}"])


@app.command()
def restore(path: File, store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Writes a backup into an empty store, once the file is seen to be whole; goes on where it was interrupted."""
    with opened(store, make=True) as engine, watched("entries", sum(file.verified(path).values())) as advance:
        last = file.restore(path, engine, advance)
    tell(json, {"file": str(path), "entries": last}, [f"{sum(last.values())} entries from {path}"])


@app.command()
def copy(source: str, target: str, json: options.Json = False) -> None:
    """Copies the store at one URL into an empty one at another, then compares the two and checks the copy.

    Goes on where it was interrupted; once more brings over what was written meanwhile."""
    with opened(target, make=True) as new, opened(source) as old:
        count = entries(old)
        with watched("entries copied", count) as advance:
            copied(old, new, advance)
        with watched("entries compared", count) as advance:
            compare(old, new, advance)
        with watched("entries checked", count) as advance:
            found = checked(new, terms_of, advance)
    wrong = sum(each.wrong for each in found.values())
    tell(json, report(found), [*lines(found), f"{wrong} faults" if wrong else "the copy is the same"])
    raise typer.Exit(1 if wrong else 0)


@app.command()
def purge(store: options.Store = options.STORE, settings: options.Settings = None, json: options.Json = False) -> None:
    """Empties messages and superseded versions that are past the ages that the settings give, for good."""
    with opened(store) as engine:
        configured = load(settings)
        tenant = configured.tenant
        with watched("entries", 2 * engine.last(tenant)) as advance:
            done = purged(engine, tenant, configured.retention, datetime.now(UTC), advance)
    tell(json, {"entries": done}, [f"{done} entries went past their age since the last time"])


@contextmanager
def opened(url: str, *, make: bool = False) -> Iterator[Engine]:
    """Whatever is wrong with the store or a file ends in one line, and exit 1."""
    try:
        engine = open_engine(url, make=make)
        try:
            learn(engine)
            yield engine
        finally:
            engine.close()
    except (Unavailable, BadSettings, OSError) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None


def entries(engine: Engine) -> int:
    return sum(map(engine.last, engine.tenants()))


def tell(json: bool, value: Any, lines: list[str]) -> None:
    typer.echo(dumps(value) if json else "\n".join(lines))


def report(found: Mapping[str, Found]) -> Any:
    tenants = {name: asdict(each) for name, each in found.items() if name}
    return {"wrong": sum(each.wrong for each in found.values()), "tenants": tenants, "store": found[""].faults}


COUNTED = ("entries", "versions", "resources", "deleted", "held")


def lines(found: Mapping[str, Found]) -> Iterator[str]:
    for name, each in found.items():
        if name:
            yield f"{name}: " + ", ".join(f"{getattr(each, what)} {what}" for what in COUNTED)
        yield from (f"{name} {fault}".strip() for fault in each.faults)
