"""Options that several commands share, and what they mean in the environment."""

import ipaddress
from pathlib import Path
from typing import Annotated, Any

import typer

from mappings.fhir.json import dumps

STORE = "sqlite:///./causeway.db"

Store = Annotated[str, typer.Option(envvar="CAUSEWAY_STORE", help="sqlite:///FILE or mongodb://HOST/DATABASE?...")]
Mllp = Annotated[str, typer.Option(envvar="CAUSEWAY_MLLP", help="HOST:PORT of the MLLP listener")]
Http = Annotated[str, typer.Option(envvar="CAUSEWAY_HTTP", help="HOST:PORT of HTTP")]
Settings = Annotated[
    Path | None, typer.Option("--settings", envvar="CAUSEWAY_SETTINGS", help="A TOML file: site, senders, tenant")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


def address(text: str) -> tuple[str, int]:
    """``127.0.0.1:2575`` or ``[::1]:2575``. Raises typer.BadParameter."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004
        raise typer.BadParameter(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def written(host: str, port: int) -> str:
    """The address as it stands in a URL."""
    return f"[{host}]:{port}" if _is_ipv6(host) else f"{host}:{port}"


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6  # noqa: PLR2004
    except ValueError:
        return False


def say(json: bool, value: Any, text: str) -> None:
    """A result, as ``--json`` or for people."""
    typer.echo(dumps(value) if json else text)
