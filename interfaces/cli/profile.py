"""``causeway profile``: guides whose profiles resources are compared with."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from interfaces.cli import options
from mappings.fhir.json import dumps
from mappings.fhir.profiles.package import PACKED, BadPackage, Package, read
from server.fhir import packages
from server.fhir.outcome import FhirError
from server.settings import BadSettings, load
from server.store.engine import Unavailable
from server.store.store import Store, open_store

app = typer.Typer(
    no_args_is_help=True, help="Loads guides' profiles, which resources are compared with. Exit code 1: refused."
)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A guide's package, FILE.tgz")]
Label = Annotated[str, typer.Argument(help="NAME#VERSION, as list shows it")]


@app.command("load")
def load_(
    files: list[File],
    store: options.Store = options.STORE,
    settings: options.Settings = None,
    json: options.Json = False,
) -> None:
    """Stores the profiles, value sets and code systems of packages; what has the same URL is replaced."""
    with opened(store, settings) as (store_, tenant):
        loaded = {each.label: packages.store(store_, tenant, each) for each in map(package, files)}
    told(json, loaded, "loaded")


@app.command("list")
def list_(store: options.Store = options.STORE, settings: options.Settings = None, json: options.Json = False) -> None:
    """The packages that are loaded, with how many resources of each."""
    with opened(store, settings) as (store_, tenant):
        told(json, packages.stored(store_, tenant), "here")


@app.command()
def remove(
    label: Label, store: options.Store = options.STORE, settings: options.Settings = None, json: options.Json = False
) -> None:
    """Deletes what a package brought; its history stays."""
    with opened(store, settings) as (store_, tenant):
        removed = packages.remove(store_, tenant, label)
    told(json, {label: removed}, "removed")
    raise typer.Exit(0 if removed else 1)


def package(file: Path) -> Package:
    if file.stat().st_size > PACKED:
        raise BadPackage("the package is too large")
    return read(file.read_bytes())


def told(json: bool, counts: dict[str, int], done: str) -> None:
    lines = (f"{label:<48} {count:>6} {done}" for label, count in counts.items())
    typer.echo(dumps(counts) if json else "\n".join(lines) or "no packages are loaded")


@contextmanager
def opened(url: str, settings: Any) -> Iterator[tuple[Store, str]]:
    try:
        with closing(open_store(url)) as store:
            yield store, load(settings).tenant
    except (BadPackage, BadSettings, FhirError, Unavailable) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None
