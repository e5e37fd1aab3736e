"""``causeway bench``: measurements on a store of their own, on this machine."""

from collections.abc import Callable
from typing import Annotated, TypeAlias

import typer

from interfaces.bench import claims, mllp, rest
from interfaces.bench.figures import Figures
from interfaces.bench.load import Advance, Failed
from interfaces.cli import options
from interfaces.cli.progress import watched
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
        with watched("answered", count) as advance:
            figures = measure(count, connections, lambda: advance(1))
    except (Failed, NotServing) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(dumps(figures.as_dict()) if json else str(figures))
