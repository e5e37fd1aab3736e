"""``causeway serve``: puts a process together out of its roles."""

from pathlib import Path
from typing import Annotated

import typer

from interfaces.cli import options
from interfaces.logs import LEVELS, to_standard_error
from interfaces.process import Plan, bind, run
from interfaces.workers import Workers
from server.settings import BadSettings, load
from server.store.engine import Unavailable

ROLES = ("http", "mllp", "worker")


def serve(
    *,
    store: options.Store = options.STORE,
    http: options.Http = "127.0.0.1:8080",
    mllp: options.Mllp = "127.0.0.1:2575",
    roles: Annotated[str, typer.Option(envvar="CAUSEWAY_ROLES", help="Of http, mllp, worker")] = ",".join(ROLES),
    workers: Annotated[int, typer.Option(envvar="CAUSEWAY_WORKERS", min=1, max=64, help="Processes")] = 1,
    base_url: Annotated[str | None, typer.Option(envvar="CAUSEWAY_BASE_URL", help="As clients see it")] = None,
    tls_cert: Annotated[Path | None, typer.Option(envvar="CAUSEWAY_TLS_CERT", exists=True)] = None,
    tls_key: Annotated[Path | None, typer.Option(envvar="CAUSEWAY_TLS_KEY", exists=True)] = None,
    mllp_tls: Annotated[bool, typer.Option(envvar="CAUSEWAY_MLLP_TLS", help="MLLP with that certificate, too")] = False,
    settings: options.Settings = None,
    log_level: Annotated[str, typer.Option(envvar="CAUSEWAY_LOG_LEVEL", help="debug, info, warning, error")] = "info",
) -> None:
    """Takes messages over MLLP and HTTP and answers FHIR, until it is stopped (SIGINT, SIGTERM)."""
    chosen = chosen_roles(roles)
    if (tls_cert is None) != (tls_key is None) or (mllp_tls and tls_cert is None):
        raise typer.BadParameter("--tls-cert and --tls-key go together, and --mllp-tls needs them")
    if log_level not in LEVELS:
        raise typer.BadParameter(f"a log level is one of {', '.join(LEVELS)}")
    to_standard_error(log_level)
    try:
        plan = Plan(
            store,
            load(settings),
            bind(*options.address(http)) if "http" in chosen else None,
            bind(*options.address(mllp)) if "mllp" in chosen else None,
            "worker" in chosen,
            base_url,
            tls_cert,
            tls_key,
            mllp_tls,
        )
        play = Workers(plan, workers).run if workers > 1 else lambda announce: run(plan, announce)
        play(lambda: typer.echo(plan.ready))
    except (BadSettings, Unavailable, OSError) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None


def chosen_roles(text: str) -> frozenset[str]:
    chosen = frozenset(each.strip() for each in text.split(","))
    if unknown := chosen - set(ROLES):
        raise typer.BadParameter(f"no such role: {', '.join(sorted(unknown))}")
    return chosen
