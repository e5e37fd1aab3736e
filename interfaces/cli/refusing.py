"""What a command cannot do is said on one line, and ends it with 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from server.auth.clients import BadClient
from server.auth.launching import BadLaunch
from server.auth.passwords import BadPassword
from server.auth.rfc7517 import BadKeys
from server.auth.users import BadUser
from server.settings import BadSettings
from server.store.engine import Unavailable

REFUSED = (BadClient, BadKeys, BadLaunch, BadPassword, BadUser, BadSettings, Unavailable)


@contextmanager
def refusing() -> Iterator[None]:
    try:
        yield
    except REFUSED as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None
