"""``causeway demo``: a hospital's day, played through a real server."""

import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from interfaces.demo.backend import registered
from interfaces.demo.play import SCOPE, play
from interfaces.serving import NotServing, Serving, free, serving

HOST, HTTP, MLLP = "127.0.0.1", (8080,), (2575,)

NEXT = """
[bold]Where to look next[/bold]
  the server's page     {http}/
  what it can do        curl {http}/fhir/metadata
  the message log       .venv/bin/causeway messages list --store {store}
  let somebody sign in  .venv/bin/causeway user add NAME --role supervisor --store {store}
  and where             {http}/auth/sign-in
  one more message      .venv/bin/causeway send FILE.hl7 --mllp {mllp}
  what becomes of one   .venv/bin/causeway convert FILE.hl7 --explain
"""


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End when the day is over; exit code 0 if all went well")
    ] = False,
    store: Annotated[
        str | None, typer.Option(envvar="CAUSEWAY_STORE", help="Play it on this store, not on one of its own")
    ] = None,
    http: Annotated[str | None, typer.Option(help="HOST:PORT; 127.0.0.1:8080 if that is free")] = None,
    mllp: Annotated[str | None, typer.Option(help="HOST:PORT; 127.0.0.1:2575 if that is free")] = None,
) -> None:
    """Starts a server, plays a hospital's day through it, prints what happened, and stays up until Ctrl-C."""
    console = Console(soft_wrap=True)
    with (
        chosen(store) as url,
        started(url, http, mllp) as server,
        registered(url, f"{server.http}/fhir", "Riverbend billing office", SCOPE) as office,
    ):
        well = play(datetime.now(UTC).date(), server.mllp, office, console)
        console.print(
            NEXT.format(http=server.http, store=without_password(url), mllp=":".join(map(str, server.mllp))),
            highlight=False,
        )
        if not once:
            console.print("Running until Ctrl-C.")
            until_stopped()
    raise typer.Exit(0 if well else 1)


def without_password(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//...@", url)


def until_stopped() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        signal.pause()


@contextmanager
def chosen(store: str | None) -> Iterator[str]:
    """The store that is named, else one that goes with the demo."""
    if store:
        yield store
        return
    with tempfile.TemporaryDirectory(prefix="causeway-demo-") as folder:
        yield f"sqlite:///{Path(folder, 'causeway.db')}"


@contextmanager
def started(store: str, http: str | None, mllp: str | None) -> Iterator[Serving]:
    try:
        with serving(store, http or free(HOST, HTTP), mllp or free(HOST, MLLP)) as server:
            yield server
    except NotServing as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None
