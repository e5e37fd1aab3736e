"""``causeway client``: registers SMART apps and backend services."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Table

from interfaces.cli import options
from mappings.fhir.json import dumps
from server.auth import clients, rfc7517
from server.auth.clients import BadClient, Client
from server.auth.rfc7517 import BadKeys
from server.settings import BadSettings, load
from server.store.engine import Unavailable
from server.store.journal import now
from server.store.store import open_store

ACTOR = "cli"

app = typer.Typer(no_args_is_help=True, help="Registers SMART apps and backend services. Exit code 1: refused.")


@app.command()
def add(
    *,
    name: Annotated[str, typer.Option(help="Shown to people")],
    scope: Annotated[
        list[str], typer.Option(help="The most that it may be granted, such as 'system/*.rs'; may be repeated")
    ],
    redirect_uri: Annotated[list[str] | None, typer.Option(help="Where an app gets its code; may be repeated")] = None,
    launch_uri: Annotated[str | None, typer.Option(help="Where an EHR launches the app")] = None,
    jwks: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Its public keys (RFC 7517)")] = None,
    jwks_url: Annotated[str | None, typer.Option(help="Not offered yet: give the keys with --jwks")] = None,
    secret: Annotated[bool, typer.Option("--secret", help="Makes a client secret, printed once")] = False,
    store: options.Store = options.STORE,
    settings: options.Settings = None,
    json: options.Json = True,  # noqa: ARG001 it is JSON either way
) -> None:
    """Registers a client; prints it as JSON, with its client_id, and its client_secret this once."""
    if jwks_url:
        raise typer.BadParameter("keys by URL are not fetched yet: give the file with --jwks")
    made = token_urlsafe(32) if secret else None
    with refusing():
        client = Client(
            client_id=str(uuid4()),
            name=name,
            tenant=load(settings).tenant,
            scope=" ".join(scope),
            registered_at=now(),
            jwks=rfc7517.read(jwks.read_bytes()) if jwks else None,
            secret=clients.hashed(made) if made else None,
            redirect_uris=tuple(redirect_uri or ()),
            launch_uri=launch_uri,
        )
        clients.check(client)
        with closing(open_store(store)) as opened:
            clients.register(opened, client, ACTOR)
    show({**client.metadata, **({"client_secret": made} if made else {})})


@app.command("list")
def list_(store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Clients that are registered now."""
    with refusing(), closing(open_store(store)) as opened:
        found = [client.metadata for client in clients.every(opened)]
    if json:
        show(found)
    else:
        Console().print(table(found))


@app.command()
def revoke(client_id: str, store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Ends a client: none of its tokens is accepted from now on."""
    with refusing(), closing(open_store(store)) as opened:
        if not clients.revoke(opened, client_id, ACTOR):
            raise BadClient("there is no such client")
    if json:
        show({"client_id": client_id, "revoked": True})
    else:
        typer.echo(f"{client_id} revoked")


@contextmanager
def refusing() -> Iterator[None]:
    """What cannot be done is said on one line, and ends the command with 1."""
    try:
        yield
    except (BadClient, BadKeys, BadSettings, Unavailable) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None


def table(found: list[dict[str, Any]]) -> Table:
    shown = Table("client_id", "name", "signs in with", "scope", box=None, header_style="bold")
    for each in found:
        shown.add_row(each["client_id"], each["client_name"], each["token_endpoint_auth_method"], each["scope"])
    return shown


def show(value: Any) -> None:
    typer.echo(dumps(value))
