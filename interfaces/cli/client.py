"""``causeway client``: registers SMART apps and backend services."""

from contextlib import closing
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Table

from interfaces.cli import options
from interfaces.cli.options import say
from interfaces.cli.refusing import refusing
from mappings.fhir.json import dumps
from server.auth import clients, rfc7517
from server.auth.clients import BadClient, Client
from server.auth.grants import Context
from server.auth.launches import Launch
from server.auth.launching import launched
from server.auth.policy import Policy
from server.settings import load
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
    jwks_url: Annotated[str | None, typer.Option(help="Where its public keys are, instead of --jwks")] = None,
    post_logout_redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Where a person is sent who signed out; may be repeated")
    ] = None,
    ehr: Annotated[bool, typer.Option("--ehr", help="It is an EHR: it may launch apps at /auth/launch")] = False,
    secret: Annotated[bool, typer.Option("--secret", help="Makes a client secret, printed once")] = False,
    store: options.Store = options.STORE,
    settings: options.Settings = None,
    json: options.Json = True,  # noqa: ARG001 it is JSON either way
) -> None:
    """Registers a client; prints it as JSON, with its client_id, and its client_secret this once."""
    made = token_urlsafe(32) if secret else None
    with refusing():
        client = Client(
            client_id=str(uuid4()),
            name=name,
            tenant=load(settings).tenant,
            scope=" ".join(scope),
            registered_at=now(),
            jwks=rfc7517.read(jwks.read_bytes()) if jwks else None,
            jwks_url=jwks_url,
            secret=clients.hashed(made) if made else None,
            redirect_uris=tuple(redirect_uri or ()),
            launch_uri=launch_uri,
            post_logout_redirect_uris=tuple(post_logout_redirect_uri or ()),
            may_launch=ehr,
        )
        clients.check(client)
        with closing(open_store(store)) as opened:
            clients.register(opened, client, ACTOR)
    show({**client.metadata, **({"client_secret": made} if made else {})})


@app.command("list")
def list_(store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Clients that are registered now, and those that wait to be approved."""
    with refusing(), closing(open_store(store)) as opened:
        found = [client.metadata for client in clients.every(opened)]
    if json:
        show(found)
    else:
        Console().print(table(found))


@app.command()
def approve(client_id: str, store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Lets in a client that registered itself (``client list`` shows which wait)."""
    with refusing(), closing(open_store(store)) as opened:
        if not clients.approve(opened, client_id, ACTOR):
            raise BadClient("there is no such client")
    say(json, {"client_id": client_id, "approved": True}, f"{client_id} approved")


@app.command()
def revoke(client_id: str, store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Ends a client: none of its tokens is accepted from now on."""
    with refusing(), closing(open_store(store)) as opened:
        if not clients.revoke(opened, client_id, ACTOR):
            raise BadClient("there is no such client")
    say(json, {"client_id": client_id, "revoked": True}, f"{client_id} revoked")


@app.command()
def launch(
    client_id: str,
    *,
    base_url: Annotated[str, typer.Option(envvar="CAUSEWAY_BASE_URL", help="The server's root, as apps see it")],
    patient: Annotated[str | None, typer.Option(help="Id of the Patient that is open")] = None,
    encounter: Annotated[str | None, typer.Option(help="Id of the Encounter that is open")] = None,
    user: Annotated[str | None, typer.Option(help="Who alone may use it")] = None,
    intent: Annotated[str | None, typer.Option(help="What the app is opened for")] = None,
    store: options.Store = options.STORE,
    json: options.Json = False,
) -> None:
    """Launches an app as an EHR does: prints the address to open, which is good once and for five minutes."""
    with refusing(), closing(open_store(store)) as opened:
        client = clients.find(opened, client_id)
        context = Context(patient=patient, encounter=encounter, intent=intent, need_patient_banner=False)
        made = Launch(
            client_id=client_id,
            tenant=client.tenant if client else "",
            context=context,
            expires_at=int(now().timestamp()) + Policy().launch,
            user=user,
        )
        id, url = launched(opened, made, f"{base_url.rstrip('/')}/fhir", ACTOR)
    say(json, {"launch": id, "url": url}, url)


def table(found: list[dict[str, Any]]) -> Table:
    shown = Table("client_id", "name", "signs in with", "scope", box=None, header_style="bold")
    for each in found:
        way = each["token_endpoint_auth_method"] if each.get("approved", True) else "waits to be approved"
        shown.add_row(each["client_id"], each["client_name"], way, each["scope"])
    return shown


def show(value: Any) -> None:
    typer.echo(dumps(value))
