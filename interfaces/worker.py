"""The role ``worker``: what has to be done though no request asks for it."""

import asyncio
import logging
import os
import socket
from datetime import UTC, datetime, timedelta

from server.store.engine import Unavailable
from server.store.store import Store

EVERY = 5.0
LEASE = timedelta(seconds=30)

logger = logging.getLogger(__name__)


async def follow(store: Store, tenant: str) -> None:
    """Brings the projections up to the journal: a process that died between the two is not always followed by a write.

    Of several workers, the one that holds the lease does it."""
    holder = f"{socket.gethostname()}/{os.getpid()}"
    while True:
        try:
            await asyncio.to_thread(catch_up, store, tenant, holder, datetime.now(UTC))
        except Unavailable as error:
            logger.warning("the store is not available, %s", type(error).__name__)
        await asyncio.sleep(EVERY)


def catch_up(store: Store, tenant: str, holder: str, now: datetime) -> None:
    if store.lease(f"projections/{tenant}", holder, now, now + LEASE):
        store.project(tenant)
