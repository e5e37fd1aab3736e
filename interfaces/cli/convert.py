"""``causeway convert``: v2 messages as FHIR transactions, without a store."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from interfaces.cli import options
from mappings.fhir.json import dumps
from mappings.v2.batch import split
from mappings.v2.message import NotHl7
from mappings.v2_to_fhir.bundle import bundle
from mappings.v2_to_fhir.draft import Issue, Mapped
from mappings.v2_to_fhir.explain import explained
from mappings.v2_to_fhir.messages import convert as mapped
from server.intake.receive import parsed
from server.settings import BadSettings, Settings, load


def convert(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A message, several, or a batch")],
    explain: Annotated[bool, typer.Option("--explain", help="What was read where, and what was not read")] = False,
    settings: options.Settings = None,
    json: options.Json = False,
) -> None:
    """Prints a FHIR transaction Bundle for each message, one a line when there are several.

    What cannot be read is said on stderr, with its place. Exit 1 when a message cannot be converted."""
    try:
        conventions, messages = load(settings), split(file.read_bytes()).messages
    except (BadSettings, NotHl7) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None
    told = [each for raw in messages if (each := read(raw, conventions, explain=explain))]
    for each in told:
        if explain:
            show(each, json=json)
        else:
            made = dumps(bundle(each))
            typer.echo(msgspec.json.format(made) if len(messages) == 1 else made)
    if not messages:
        typer.echo("causeway: no message in the file", err=True)
    raise typer.Exit(0 if told and len(told) == len(messages) else 1)


def read(raw: bytes, settings: Settings, *, explain: bool) -> Mapped | None:
    """None, having said why on stderr, if the message cannot be converted."""
    try:
        message = parsed(raw, settings.site_of)
    except NotHl7 as error:
        complain("error", Issue(error.text, error.location, error.code))
        return None
    told = mapped(message, settings.site_of(message.sender), explain=explain)
    for issue in told.issues:
        complain("error" if issue.fatal else "warning", issue)
    return None if told.fatal else told


def complain(severity: str, issue: Issue) -> None:
    typer.echo(f"{severity} {issue.location} {issue.code} {issue.text}", err=True)


def show(told: Mapped, *, json: bool) -> None:
    if json:
        read = [{"field": each.field, "element": each.element, "value": each.value} for each in explained(told)]
        typer.echo(dumps({"read": read, "unread": list(told.unread)}))
        return
    table = Table(*(Column(name, overflow="fold") for name in ("field", "element", "value")), box=None)
    for each in explained(told):
        table.add_row(each.field, each.element, each.value)
    Console().print(table)
    typer.echo(f"\nnot read: {', '.join(told.unread) or 'nothing'}")
