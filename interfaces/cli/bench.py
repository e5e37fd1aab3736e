"""``causeway bench``: measurements on a store of their own, on this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, TypeAlias

import typer

from interfaces.bench import check, claims, mllp, rest, size, store
from interfaces.bench.figures import Figures
from interfaces.bench.load import Advance, Failed
from interfaces.bench.soak import Soak, Window, soak
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


@app.command("store")
def store_(
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Entries in all")] = 5000, json: options.Json = False
) -> None:
    """The embedded store alone: entries of four resources, beside the bare rows that they become."""
    with watched("written", count) as advance:
        figures = store.measure(count, lambda: advance(1))
    typer.echo(dumps(figures.as_dict()) if json else str(figures))


@app.command("size")
def size_(
    resources: Annotated[int, typer.Option(min=400, max=10_000_000, help="That the store is filled with")] = 1_000_000,
    json: options.Json = False,
) -> None:
    """A large embedded store: how long it takes to start, to read from and to search in."""
    with saying_what_failed(), watched("written", resources // size.EACH // 4) as advance:
        figures = size.measure(resources, lambda: advance(1))
    typer.echo(dumps(figures.as_dict()) if json else str(figures))


@app.command("soak")
def soak_(
    connections: Connections = 8,
    count: Annotated[int, typer.Option(min=1000, help="Messages in all; a large hospital's week is 500,000")] = 500_000,
    window: Annotated[int, typer.Option(min=100, help="Messages after which it is measured again")] = 5000,
    json: options.Json = False,
) -> None:
    """Hours of messages over MLLP: exit 1 unless memory and latency stay as they were and the file grows evenly."""
    windows = list[Window]()
    with saying_what_failed(), watched("answered", count) as advance:
        for each in soak(count, connections, window, lambda: advance(1)):
            windows.append(each)
            if not json:
                typer.echo(str(each))
    result = Soak(windows)
    typer.echo(dumps(result.as_dict()) if json else str(result))
    raise typer.Exit(1 if result.grew else 0)


@app.command("check")
def check_(json: options.Json = False) -> None:
    """The checker of resources beside fhir.resources, on a Claim of 5 KB and an ExplanationOfBenefit of 50 KB."""
    for figure in check.measure(date.today()):  # noqa: DTZ011 (any day will do)
        typer.echo(dumps(figure.as_dict()) if json else str(figure))


def tell(measure: Measure, count: int, connections: int, *, json: bool) -> None:
    """Exit 1 when something was not answered as it should be."""
    with saying_what_failed(), watched("answered", count) as advance:
        figures = measure(count, connections, lambda: advance(1))
    typer.echo(dumps(figures.as_dict()) if json else str(figures))


@contextmanager
def saying_what_failed() -> Iterator[None]:
    try:
        yield
    except (Failed, NotServing) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None
