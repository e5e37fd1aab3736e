"""What has expired is removed, and what removing left behind is emptied a month later."""

from datetime import UTC, datetime, timedelta

from server.auth import clients, codes, grants, launches, records, rfc7591, sessions, sign_in, tokens
from server.store.retention import Retention, purge
from server.store.store import Store

TYPES = (
    codes.TYPE,
    tokens.TYPE,
    tokens.REFRESH,
    grants.TYPE,
    sessions.TYPE,
    launches.TYPE,
    sign_in.TYPE,
    records.USED,
    clients.TYPE,
    rfc7591.TYPE,
)
EVERY = 600.0
"""Seconds between two looks."""
EMPTIED = Retention(versions=timedelta(days=30))


def prune(store: Store, now: int) -> int:
    """How many records were removed."""
    removed = 0
    while found := records.prune(store, TYPES, now):
        removed += found
    purge(store.engine, records.REALM, EMPTIED, datetime.fromtimestamp(now, UTC))
    return removed
