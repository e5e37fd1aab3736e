"""``causeway messages``: the message log, which is a view of the journal."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from interfaces.cli import options
from mappings.fhir.json import dumps
from server.intake.receive import Intake
from server.settings import load
from server.store.entry import Entry
from server.store.store import Store, open_store

app = typer.Typer(no_args_is_help=True, help="The message log: what came, what was answered, what follows from it.")

LISTED = ("id", "at", "sender", "control_id", "type", "status", "ack")


@app.command("list")
def list_(
    *,
    store: options.Store = options.STORE,
    status: Annotated[str | None, typer.Option(help="accepted, error or rejected")] = None,
    control_id: Annotated[str | None, typer.Option(help="MSH-10")] = None,
    sender: Annotated[str | None, typer.Option(help="APP|FACILITY (MSH-3, MSH-4)")] = None,
    since: Annotated[str | None, typer.Option(help="A date or time, ISO 8601")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    settings: options.Settings = None,
    json: options.Json = False,
) -> None:
    """Messages, newest first."""
    wanted = {"status": status, "control_id": control_id, "sender": sender}
    facts = {name: value for name, value in wanted.items() if value is not None}
    with open_store(store) as opened:
        found = opened.messages(load(settings).tenant, facts, instant(since), limit)
    rows = [row(entry) for entry in found]
    if json:
        typer.echo(dumps(rows))
    else:
        typer.echo("\n".join(table(rows)))


@app.command()
def show(
    id: str, store: options.Store = options.STORE, settings: options.Settings = None, json: options.Json = False
) -> None:
    """One message: as it came, what was answered, and which resource versions it made."""
    with open_store(store) as opened:
        entry = one(opened, load(settings).tenant, id)
    if json:
        typer.echo(dumps(whole(entry)))
        return
    for name, value in whole(entry).items():
        typer.echo(f"{name}: {readable(value)}")


@app.command()
def replay(id: str, store: options.Store = options.STORE, settings: options.Settings = None) -> None:
    """Takes a stored message in once more, as after a change of the settings; exit 1 unless it is accepted."""
    configured = load(settings)
    with open_store(store) as opened:
        entry = one(opened, configured.tenant, id)
        if not entry.raw:
            typer.echo(f"message {id} is past the time for which messages are kept", err=True)
            raise typer.Exit(1)
        again = Intake(opened, configured.site_of, configured.tenant).receive(entry.raw, "cli", replay_of=id).result()
    typer.echo(f"{again.id} {again.about['ack']} {again.about['issues']}".rstrip())
    raise typer.Exit(0 if again.about["status"] == "accepted" else 1)


def one(store: Store, tenant: str, id: str) -> Entry:
    entry = store.entry(tenant, id)
    if entry is None or "control_id" not in entry.about:
        typer.echo(f"no message {id}", err=True)
        raise typer.Exit(1)
    return entry


def instant(text: str | None) -> datetime | None:
    """Without an offset, the terminal's own: this is a person's question, not a message's time."""
    try:
        return datetime.fromisoformat(text).astimezone() if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date or time") from None


def row(entry: Entry) -> Mapping[str, str]:
    known = {"id": entry.id, "at": entry.at.isoformat(timespec="seconds"), **entry.about}
    return {name: known.get(name, "") for name in LISTED}


def whole(entry: Entry) -> Mapping[str, Any]:
    return {
        **row(entry),
        "origin": entry.origin,
        "issues": entry.about.get("issues", ""),
        "resources": [f"{write.key}/_history/{write.base + 1}" for write in entry.writes],
        "raw": entry.raw.decode("utf-8", "backslashreplace"),
        "reply": entry.reply.decode("utf-8", "backslashreplace"),
    }


def table(rows: list[Mapping[str, str]]) -> Iterator[str]:
    """Columns as wide as what is in them: an id that is cut short could not be shown or replayed."""
    shown = [dict(zip(LISTED, LISTED, strict=True)), *rows]
    widths = {name: max(len(each[name]) for each in shown) for name in LISTED}
    for each in shown:
        yield "  ".join(each[name].ljust(widths[name]) for name in LISTED).rstrip()


def readable(value: Any) -> str:
    """Segments and lists below one another, as a person reads them."""
    lines = value if isinstance(value, list) else str(value).rstrip("\r").split("\r")
    return lines[0] if len(lines) == 1 else "".join(f"\n  {line}" for line in lines)
