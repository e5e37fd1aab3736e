"""The command ``causeway``: one file per command in this folder, loaded when it is asked for."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = ("serve", "demo", "send", "convert", "messages", "client", "user", "profile", "store", "bench", "chaos")
"""In the order of ``causeway --help``. Each is a function of its own name in its file, or a group called ``app``."""


class Commands(TyperGroup):
    """No command waits for what only another one imports: ``serve`` is ready sooner."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, name: str) -> Any:  # type: ignore[override]  # noqa: ARG002
        return loaded(name) if name in COMMANDS else None


def loaded(name: str) -> Any:
    """A command of click's, which typer carries within itself and gives no name to."""
    module = import_module(f"interfaces.cli.{name}")
    group = getattr(module, "app", None) or typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
    if not hasattr(module, "app"):
        group.command(name)(getattr(module, name))
    command = typer.main.get_command(group)
    command.name = name
    return command


app = typer.Typer(
    cls=Commands,
    help="HL7 v2 and FHIR in, claims judged, SMART on FHIR out.\n\nExit codes: 0 done, 1 refused, 2 wrong use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def causeway() -> None:
    pass


def main() -> None:
    app()
