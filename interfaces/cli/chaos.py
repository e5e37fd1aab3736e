"""``causeway chaos``: does it ever lose or double a message? Tried on this machine, with real processes."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from interfaces.chaos.run import Report, Trial
from interfaces.chaos.run import chaos as tried
from interfaces.cli import options
from interfaces.cli.progress import watched
from interfaces.serving import NotServing
from mappings.fhir.json import dumps
from server.settings import Settings
from server.store.engine import Unavailable
from server.store.store import open_store


def chaos(
    kills: Annotated[int, typer.Option(min=0, max=10_000, help="Processes that are ended by kill -9")] = 50,
    connections: Annotated[int, typer.Option(min=1, max=64, help="That send at once over MLLP")] = 8,
    seed: Annotated[int | None, typer.Option(help="Of the messages, the pauses and the victims")] = None,
    store: Annotated[
        str | None, typer.Option(help="An empty store to try it on, not one of its own: it is left as it is then")
    ] = None,
    json: options.Json = False,
) -> None:
    """Feeds a server of its own and kills it at random; senders send again what was not acknowledged. Then everything
    that was acknowledged has to be kept once, and the resources have to be those of an undisturbed run.

    Exit codes: 0 all was so, 1 it was not, or could not be tried."""
    trial = Trial(kills, connections, secrets.randbelow(1_000_000) if seed is None else seed)
    try:
        report = examined(store, trial)
    except (NotServing, Unavailable) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(dumps({"seed": trial.seed, **report.as_dict()}) if json else f"seed {trial.seed}: {report}")
    raise typer.Exit(1 if report.found else 0)


def examined(store: str | None, trial: Trial) -> Report:
    with chosen(store) as url, watched("killed", trial.kills) as advance:
        return tried(url, trial, lambda: advance(1))


@contextmanager
def chosen(store: str | None) -> Iterator[str]:
    """Raises Unavailable when the store that is named has messages."""
    if store is None:
        with TemporaryDirectory(prefix="causeway-chaos-") as folder:
            yield f"sqlite:///{Path(folder, 'chaos.db')}"
        return
    with open_store(store) as opened:
        if opened.last(Settings().tenant):
            raise Unavailable("the store is not empty: name one that is")
    yield store
