"""From a frame to the intake and back."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from interfaces.mllp.connection import Receive
from mappings.v2.ack import AckError, ack, header
from server.intake.receive import Intake
from server.store.engine import Unavailable, Uncertain


def feed(intake: Intake) -> Receive:
    """What the listener calls. The answer leaves when the entry is on stable storage, and not before."""

    async def received(raw: bytes, peer: str) -> bytes:  # noqa: ARG001 who sent it is in MSH-3 and MSH-4
        try:
            entry = await asyncio.wrap_future(intake.receive(raw, "mllp"))
        except Uncertain:
            raise
        except Unavailable:
            return not_now(raw)
        return entry.reply

    return received


def not_now(raw: bytes) -> bytes:
    """AR, since it is not the message that is wrong: the sender keeps it and sends it again.

    When it is not even known whether the message was kept, nothing is answered: sent again, it gets its answer."""
    error = AckError("MSH^1", "207", text="nothing can be stored at the moment; send it again")
    return ack(header(raw), "AR", [error], control_id=uuid4().hex[:20], at=datetime.now(UTC))
