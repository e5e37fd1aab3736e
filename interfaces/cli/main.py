"""The command ``causeway``: one file per command, gathered here."""

import typer

from interfaces.cli import bench, client, convert, demo, messages, send, serve

app = typer.Typer(
    name="causeway",
    help="HL7 v2 and FHIR in, claims judged, SMART on FHIR out.\n\nExit codes: 0 done, 1 refused, 2 wrong use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

app.command()(serve.serve)
app.command()(demo.demo)
app.command()(send.send)
app.command()(convert.convert)
app.add_typer(client.app, name="client")
app.add_typer(messages.app, name="messages")
app.add_typer(bench.app, name="bench")


def main() -> None:
    app()
