"""The listener, over real sockets."""

import asyncio
import logging
import socket
import struct
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, create_default_context

import pytest

from interfaces.mllp.framing import frame
from interfaces.mllp.listener import Limits, Listener
from interfaces.mllp.sender import Sender
from mappings.v2.ack import ack, header

Listening = Callable[..., AbstractAsyncContextManager[Listener]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[Listener], Awaitable[Streams]]


def message(number: int) -> bytes:
    return b"MSH|^~\\&|REG|NORTH|||2024||ADT^A01|N-%d|P|2.5\rPID|1||700%d\r" % (number, number)


async def answers(streams: Streams, count: int) -> list[bytes]:
    """MSA-1 and MSA-2 of so many answers."""
    reader, _ = streams
    frames = [await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 5) for _ in range(count)]
    return [answer.split(b"\rMSA|")[1].split(b"\r")[0] for answer in frames]


async def closed(streams: Streams) -> bool:
    try:
        return await asyncio.wait_for(streams[0].read(), 5) == b""
    except ConnectionError:
        return True


async def test_many_messages_over_one_connection(listening: Listening, connect: Connect) -> None:
    async with listening() as listener:
        streams = await connect(listener)
        for number in range(200):
            streams[1].write(frame(message(number)))
            assert await answers(streams, 1) == [b"AA|N-%d" % number]


WIRES = {
    "two frames in one packet": frame(message(1)) + frame(message(2)),
    "noise between": b"\r\n\x00" + frame(message(1)) + b"\x00\r\n" + frame(message(2)),
    "without VT": message(1) + b"\x1c\r" + message(2) + b"\x1c\r",
    "without CR at the last": frame(message(1)) + b"\x0b" + message(2) + b"\x1c",
}


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
@pytest.mark.parametrize("size", [1, 1000])
async def test_every_message_is_answered(listening: Listening, connect: Connect, wire: bytes, size: int) -> None:
    async with listening(limits=Limits(ended=0.05)) as listener:
        streams = await connect(listener)
        for start in range(0, len(wire), size):
            streams[1].write(wire[start : start + size])
            await streams[1].drain()
            await asyncio.sleep(0)
        assert await answers(streams, 2) == [b"AA|N-1", b"AA|N-2"]


async def test_in_order_and_one_at_a_time(listening: Listening, connect: Connect) -> None:
    working, seen = 0, []

    async def receive(data: bytes, peer: str) -> bytes:
        nonlocal working
        working += 1
        assert working == 1
        await asyncio.sleep(0.002)
        working -= 1
        seen.append(data)
        return data

    async with listening(receive) as listener:
        reader, writer = await connect(listener)
        writer.write(b"".join(frame(message(number)) for number in range(20)))
        for number in range(20):
            assert await reader.readuntil(b"\x1c\r") == frame(message(number))
    assert seen == [message(number) for number in range(20)]


async def test_half_closed_senders_get_their_answers(listening: Listening, connect: Connect) -> None:
    async with listening() as listener:
        streams = await connect(listener)
        streams[1].write(frame(message(1)) + b"\x0b" + message(2) + b"\x1c")
        streams[1].write_eof()
        assert await answers(streams, 2) == [b"AA|N-1", b"AA|N-2"]
        assert await closed(streams)


async def test_half_a_message_is_never_taken(listening: Listening, connect: Connect) -> None:
    taken = []

    async def receive(data: bytes, peer: str) -> bytes:
        taken.append(data)
        return b""

    async with listening(receive) as listener:
        streams = await connect(listener)
        streams[1].write(b"\x0b" + message(1))
        streams[1].write_eof()
        assert await closed(streams)
    assert taken == []


async def test_an_exception_acknowledges_nothing_and_hurts_nobody(
    listening: Listening, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async def receive(data: bytes, peer: str) -> bytes:
        if b"7001" in data:
            raise ValueError(f"cannot read {data!r}")
        return data

    with caplog.at_level(logging.DEBUG, "interfaces"):
        async with listening(receive) as listener:
            broken, well = await connect(listener), await connect(listener)
            broken[1].write(frame(message(1)) + frame(message(2)))
            assert await closed(broken)
            for streams in (well, await connect(listener)):
                streams[1].write(frame(message(3)))
                assert await streams[0].readuntil(b"\x1c\r") == frame(message(3))
    assert "ValueError at" in caplog.text
    assert "7001" not in caplog.text


async def test_an_empty_answer_sends_nothing_and_two_are_two_frames(listening: Listening, connect: Connect) -> None:
    async def receive(data: bytes, peer: str) -> bytes:
        return b"" if b"N-1" in data else data + data

    async with listening(receive) as listener:
        reader, writer = await connect(listener)
        writer.write(frame(message(1)) + frame(message(2)))
        assert await reader.readexactly(2 * len(frame(message(2)))) == frame(message(2)) * 2


async def test_too_large_is_rejected_and_the_next_is_taken(listening: Listening, connect: Connect) -> None:
    async with listening(limits=Limits(message_bytes=10_000)) as listener:
        streams = await connect(listener)
        streams[1].write(frame(message(1) + b"OBX|" + b"x" * 15_000) + frame(message(2)))
        assert await answers(streams, 2) == [b"AR|N-1", b"AA|N-2"]


async def test_a_frame_without_end_is_ended(listening: Listening, connect: Connect) -> None:
    async with listening(limits=Limits(message_bytes=10_000, skipped_bytes=10_000)) as listener:
        streams = await connect(listener)
        streams[1].write(b"\x0b" + message(1))
        streams[1].write(b"x" * 1_000_000)
        assert await answers(streams, 1) == [b"AR|N-1"]
        assert await closed(streams)


SILENCES = {
    "nothing at all": (b"", Limits(idle=0.05)),
    "after a message": (frame(message(1)), Limits(idle=0.05)),
    "half a frame": (b"\x0bMSH|", Limits(whole=0.05)),
}


@pytest.mark.parametrize(("wire", "limits"), SILENCES.values(), ids=SILENCES)
async def test_silence_is_ended(listening: Listening, connect: Connect, wire: bytes, limits: Limits) -> None:
    async with listening(limits=limits) as listener:
        reader, writer = await connect(listener)
        writer.write(wire)
        answered = await asyncio.wait_for(reader.read(), 5)
        assert answered.count(b"\x1c\r") == wire.count(b"\x1c\r")


async def test_a_slow_frame_has_one_deadline_in_all(listening: Listening, connect: Connect) -> None:
    async with listening(limits=Limits(whole=0.2)) as listener:
        streams = await connect(listener)
        begun = asyncio.get_running_loop().time()
        drip = asyncio.create_task(dripping(streams[1]))
        assert await closed(streams)
        assert asyncio.get_running_loop().time() - begun < 1
        drip.cancel()


async def dripping(writer: asyncio.StreamWriter) -> None:
    for byte in b"\x0b" + b"x" * 1000:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("limits", [Limits(connections=2), Limits(per_peer=2)], ids=["in all", "per peer"])
async def test_connections_are_bounded(listening: Listening, connect: Connect, limits: Limits) -> None:
    async with listening(limits=limits) as listener:
        first, _, third = [await connect(listener) for _ in range(3)]
        assert await closed(third)
        first[1].write(frame(message(1)))
        assert await answers(first, 1) == [b"AA|N-1"]
        first[1].write_eof()
        assert await closed(first)
        await asyncio.sleep(0.05)
        fourth = await connect(listener)
        fourth[1].write(frame(message(4)))
        assert await answers(fourth, 1) == [b"AA|N-4"]


async def test_what_all_hold_together_is_bounded(listening: Listening, connect: Connect) -> None:
    async with listening(limits=Limits(held_bytes=500_000)) as listener:
        holding = [await connect(listener) for _ in range(4)]
        for _, writer in holding:
            writer.write(b"\x0b" + b"x" * 200_000)
        ended = [asyncio.create_task(closed(streams)) for streams in holding]
        done, waiting = await asyncio.wait(ended, timeout=0.5)
        assert (len(done) >= 1, len(waiting) >= 2) == (True, True)
        for task in waiting:
            task.cancel()


async def test_a_sender_that_does_not_read_is_held_back(listening: Listening, connect: Connect) -> None:
    received = 0

    async def receive(data: bytes, peer: str) -> bytes:
        nonlocal received
        received += 1
        return data * 1000

    async with listening(receive, Limits(reply=0.2)) as listener:
        reader, writer = await connect(listener)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(frame(message(1)) * 5000)
        await asyncio.sleep(0.6)
        assert 0 < received < 1000
        writer.transport.abort()
    assert reader


async def test_a_reset_connection_hurts_nobody(listening: Listening, connect: Connect) -> None:
    async with listening() as listener:
        _, writer = await connect(listener)
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.write(frame(message(1)))
        writer.transport.abort()
        streams = await connect(listener)
        streams[1].write(frame(message(2)))
        assert await answers(streams, 1) == [b"AA|N-2"]


async def test_stopping_answers_what_was_received(listening: Listening, connect: Connect) -> None:
    begun = asyncio.Event()

    async def receive(data: bytes, peer: str) -> bytes:
        begun.set()
        await asyncio.sleep(0.1)
        return data

    async with listening(receive) as listener:
        working, idle = await connect(listener), await connect(listener)
        working[1].write(frame(message(1)))
        await begun.wait()
        await listener.stop()
        assert await working[0].read() == frame(message(1))
        assert await closed(idle)
        with pytest.raises(ConnectionRefusedError):
            await connect(listener)


async def test_stopping_does_not_wait_for_ever(listening: Listening, connect: Connect) -> None:
    begun = asyncio.Event()

    async def receive(data: bytes, peer: str) -> bytes:
        begun.set()
        await asyncio.sleep(60)
        return data

    async with listening(receive) as listener:
        streams = await connect(listener)
        streams[1].write(frame(message(1)))
        await begun.wait()
        await asyncio.wait_for(listener.stop(grace=0.1), 5)
        assert await closed(streams)


async def test_a_socket_that_is_bound_already(listening: Listening, connect: Connect) -> None:
    async def receive(data: bytes, peer: str) -> bytes:
        return data

    bound = socket.create_server(("127.0.0.1", 0))
    listener = Listener(receive)
    await listener.start(bound)
    assert listener.address == bound.getsockname()
    async with Sender(*listener.address) as sender:
        assert await sender.send(message(1)) == message(1)
    await listener.stop()


@pytest.fixture
def tls(tmp_path: Path) -> tuple[SSLContext, SSLContext]:
    """A server's and a client's context, of a certificate made now."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(key), "-out", str(certificate))
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files)
    subprocess.run(command, check=True, capture_output=True)
    server = SSLContext(PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, create_default_context(cafile=str(certificate))


async def test_tls(listening: Listening, connect: Connect, tls: tuple[SSLContext, SSLContext]) -> None:
    server, client = tls
    async with listening(ssl=server) as listener:
        async with Sender(*listener.address, client) as sender:
            for number in range(3):
                assert b"MSA|AA|N-%d\r" % number in await sender.send(message(number))
        plain = await connect(listener)
        plain[1].write(frame(message(9)))
        assert b"MSA" not in await plain[0].read()


async def test_every_real_message_is_answered(listening: Listening, shared: Path) -> None:
    async def receive(data: bytes, peer: str) -> bytes:
        return ack(header(data), "AA", control_id="C-9", at=datetime(2024, 3, 1, tzinfo=UTC))

    files = sorted((shared / "hl7-samples").glob("*.hl7"))
    async with listening(receive) as listener, Sender(*listener.address) as sender:
        answered = [b"\rMSA|AA" in (await sender.send(file.read_bytes())).replace(b"@", b"|") for file in files]
    assert answered == [True] * 253
