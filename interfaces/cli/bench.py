"""``causeway bench``: measurements on a store of their own, on this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from interfaces.bench import claims, mllp, rest
from interfaces.bench.figures import Figures
from interfaces.bench.load import Advance, Failed
from interfaces.cli import options
from interfaces.serving import NotServing
from mappings.fhir.json import dumps

app = typer.Typer(no_args_is_help=True, help="Measures this machine, on a store that is made for it and thrown away.")

Measure: TypeAlias = Callable[[int, int, Advance], Figures]

Connections = Annotated[int, typer.Option(min=1, max=64, help="That send at once, each one request after the other")]
Count = Annotated[int, typer.Option(min=1, max=100_000, help="Messages, resources or claims in all")]


@app.command("mllp")
def mllp_(connections: Connections = 8, count: Count = 4000, json: options.Json = False) -> None:
    """Admissions, updates and discharges over MLLP: durable and searchable before each acknowledgement."""
    tell(mllp.measure, count, connections, json=json)


@app.command("rest")
def rest_(connections: Connections = 32, count: Count = 4000, json: options.Json = False) -> None:
    """Claims of 5 KB created over FHIR REST, validated, searchable and durable; then each is read by its id."""
    tell(rest.measure, count, connections, json=json)


@app.command("claims")
def claims_(connections: Connections = 8, count: Count = 1000, json: options.Json = False) -> None:
    """Claims of three lines submitted, judged and explained: Claim/$submit."""
    tell(claims.measure, count, connections, json=json)


def tell(measure: Measure, count: int, connections: int, *, json: bool) -> None:
    """Exit 1 when something was not answered as it should be."""
    try:
        with watched(count) as advance:
            figures = measure(count, connections, advance)
    except (Failed, NotServing) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(dumps(figures.as_dict()) if json else str(figures))


@contextmanager
def watched(count: int) -> Iterator[Advance]:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, refresh_per_second=4) as progress:
        task = progress.add_task("answered", total=count)
        yield lambda: progress.advance(task)
