"""From a frame to the intake and back."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from interfaces.mllp.connection import Receive
from mappings.v2.ack import AckError, ack, header
from mappings.v2.batch import split
from mappings.v2.faults import NotHl7
from server.intake.receive import Intake
from server.store.engine import Unavailable, Uncertain


def feed(intake: Intake) -> Receive:
    """What the listener calls. The answer leaves when the entry is on stable storage, and not before."""

    async def received(raw: bytes, peer: str) -> bytes:  # noqa: ARG001 who sent it is in MSH-3 and MSH-4
        return b"".join([await answered(intake, message) for message in contained(raw)])

    return received


def contained(raw: bytes) -> tuple[bytes, ...]:
    """A frame holds one message, or a batch (FHS, BHS) of them."""
    try:
        return split(raw).messages or (raw,)
    except NotHl7:
        return (raw,)


async def answered(intake: Intake, message: bytes) -> bytes:
    try:
        entry = await asyncio.wrap_future(intake.receive(message, "mllp"))
    except Uncertain:
        raise
    except Unavailable:
        return not_now(message)
    return entry.reply


def not_now(raw: bytes) -> bytes:
    """AR, since it is not the message that is wrong: the sender keeps it and sends it again.

    When it is not even known whether the message was kept, nothing is answered: sent again, it gets its answer."""
    error = AckError("MSH^1", "207", text="nothing can be stored at the moment; send it again")
    return ack(header(raw), "AR", [error], control_id=uuid4().hex[:20], at=datetime.now(UTC))
