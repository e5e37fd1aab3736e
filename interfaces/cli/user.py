"""``causeway user``: people who can sign in."""

import sys
from contextlib import closing
from getpass import getpass
from typing import Annotated, Any
from uuid import uuid4

import pyotp
import typer
from rich.console import Console
from rich.table import Table

from interfaces.cli import options
from interfaces.cli.options import say
from interfaces.cli.refusing import refusing
from mappings.fhir.json import dumps
from server.auth import passwords, users
from server.auth.roles import ROLES
from server.auth.users import BadUser, User
from server.settings import load
from server.store.journal import now
from server.store.store import open_store

ACTOR = "cli"

app = typer.Typer(no_args_is_help=True, help="Adds people who can sign in. Exit code 1: refused.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the person signs in with")],
    *,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}")],
    patient: Annotated[str | None, typer.Option(help="Id of the Patient that this person is")] = None,
    practitioner: Annotated[str | None, typer.Option(help="Id of the Practitioner that this person is")] = None,
    store: options.Store = options.STORE,
    settings: options.Settings = None,
    json: options.Json = False,
) -> None:
    """Adds a person. The password is asked for, or read from standard input."""
    with refusing():
        user = User(
            name=users.folded(name),
            sub=str(uuid4()),
            tenant=load(settings).tenant,
            role=role,
            registered_at=now(),
            password=passwords.hashed(password()),
            patient=patient,
            practitioner=practitioner,
        )
        with closing(open_store(store)) as opened:
            users.add(opened, user, ACTOR)
    say(json, shown(user), f"{user.name} can sign in")


@app.command("list")
def list_(store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Everybody who can sign in, or could once."""
    with refusing(), closing(open_store(store)) as opened:
        found = [shown(user) for user in users.every(opened)]
    if json:
        typer.echo(dumps(found))
    else:
        Console().print(table(found))


@app.command()
def disable(name: str, store: options.Store = options.STORE, json: options.Json = False) -> None:
    """From now on the person cannot sign in, and no app acts for them."""
    changed(store, name, disabled=True)
    say(json, {"name": name, "disabled": True}, f"{name} is disabled")


@app.command("password")
def password_(name: str, store: options.Store = options.STORE, json: options.Json = False) -> None:
    """Gives the person another password, and the right to sign in again."""
    with refusing():
        made = passwords.hashed(password())
    changed(store, name, password=made, disabled=False)
    say(json, {"name": name}, f"{name} has a new password")


@app.command()
def totp(
    name: str,
    *,
    off: Annotated[bool, typer.Option("--off", help="No code is asked for any more")] = False,
    store: options.Store = options.STORE,
    json: options.Json = False,
) -> None:
    """Asks this person for an authenticator's code as well (RFC 6238); prints what to give to the authenticator."""
    secret = None if off else pyotp.random_base32()
    changed(store, name, totp=secret)
    uri = pyotp.TOTP(secret, name=name, issuer="Causeway").provisioning_uri() if secret else None
    say(json, {"name": name, "uri": uri}, uri or f"{name} needs no code")


def changed(store: str, name: str, **changes: object) -> None:
    with refusing(), closing(open_store(store)) as opened:
        users.change(opened, users.folded(name), ACTOR, **changes)


def password() -> str:
    """Asked for twice at a terminal; else the first line that comes."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    given = getpass("Password: ")
    if getpass("Again: ") != given:
        raise BadUser("the passwords are not the same")
    return given


def shown(user: User) -> dict[str, Any]:
    found = {
        "name": user.name,
        "role": user.role,
        "tenant": user.tenant,
        "patient": user.patient,
        "practitioner": user.practitioner,
        "second_factor": bool(user.totp),
        "disabled": user.disabled,
    }
    return {name: value for name, value in found.items() if value is not None}


def table(found: list[dict[str, Any]]) -> Table:
    made = Table("name", "role", "is", "state", box=None, header_style="bold")
    for each in found:
        state = "disabled" if each["disabled"] else ""
        made.add_row(each["name"], each["role"], each.get("patient") or each.get("practitioner") or "", state)
    return made
