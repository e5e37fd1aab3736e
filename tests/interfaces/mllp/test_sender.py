"""The client: an answer belongs to a message, or there is none."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from interfaces.mllp.listener import Listener
from interfaces.mllp.sender import NoAnswer, Sender, answers

Listening = Callable[..., AbstractAsyncContextManager[Listener]]


def message(number: int) -> bytes:
    return b"MSH|^~\\&|REG|NORTH|||2024||ADT^A01|N-%d|P|2.5\r" % number


def acknowledgement(id: bytes) -> bytes:
    return b"MSH|^~\\&|||REG|NORTH|2024||ACK|C-9|P|2.5\rMSA|AA|" + id + b"\r"


async def test_several_in_a_row(listening: Listening) -> None:
    async with listening() as listener, Sender(*listener.address) as sender:
        for number in range(3):
            assert b"\rMSA|AA|N-%d\r" % number in await sender.send(message(number))


async def test_a_late_answer_is_not_the_next_ones(listening: Listening) -> None:
    async def receive(data: bytes, peer: str) -> bytes:
        return acknowledgement(b"N-0") + acknowledgement(b"N-1")

    async with listening(receive) as listener, Sender(*listener.address) as sender:
        assert await sender.send(message(1)) == acknowledgement(b"N-1")


async def test_no_answer_in_time(listening: Listening) -> None:
    async def receive(data: bytes, peer: str) -> bytes:
        await asyncio.sleep(0.3)
        return b""

    async with listening(receive) as listener, Sender(*listener.address, timeout=0.1) as sender:
        with pytest.raises(NoAnswer, match="no answer in time"):
            await sender.send(message(1))


async def test_closed_without_an_answer(listening: Listening) -> None:
    async def receive(data: bytes, peer: str) -> bytes:
        raise RuntimeError

    async with listening(receive) as listener, Sender(*listener.address) as sender:
        with pytest.raises(NoAnswer):
            await sender.send(message(1))


async def test_a_sender_connects_again(listening: Listening) -> None:
    async with listening() as listener:
        sender = Sender(*listener.address)
        for number in range(2):
            async with sender:
                assert b"N-%d" % number in await sender.send(message(number))


async def test_nobody_listens(listening: Listening) -> None:
    async with listening() as listener:
        address = listener.address
    with pytest.raises(ConnectionRefusedError):
        await Sender(*address).__aenter__()


MINE = {
    "the same": (acknowledgement(b"N-1"), True),
    "another's": (acknowledgement(b"N-2"), False),
    "nobody's": (acknowledgement(b""), True),
    "cut short": (acknowledgement(b"N-"), True),
    "not HL7": (b"OK", True),
}


@pytest.mark.parametrize(("answer", "mine"), MINE.values(), ids=MINE)
def test_whose_answer(answer: bytes, mine: bool) -> None:
    assert answers(answer, b"N-1") == mine
