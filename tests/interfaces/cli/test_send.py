"""``causeway send``, against a real listener in a thread of its own."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from interfaces.cli.send import on_the_wire, send
from interfaces.mllp.listener import Listener
from mappings.v2.ack import AckError, ack, header

AT = datetime(2024, 3, 1, tzinfo=UTC)


async def receive(message: bytes, peer: str) -> bytes:
    """A02 is in error, A03 rejected, A05 never answered; all else is accepted."""
    read = header(message)
    if b"ADT^A02" in message:
        return ack(read, "AE", [AckError("PID^1^3", "101"), AckError("PV1^1^19", "101")], control_id="C", at=AT)
    if b"ADT^A03" in message:
        return ack(read, "AR", [AckError("MSH^1^9", "201")], control_id="C", at=AT)
    if b"ADT^A05" in message:
        raise RuntimeError
    return ack(read, "AA", control_id="C", at=AT)


@pytest.fixture
def mllp() -> Iterator[str]:
    loop, started = asyncio.new_event_loop(), threading.Event()
    listener = Listener(receive, port=0)

    def run() -> None:
        loop.run_until_complete(listener.start())
        started.set()
        loop.run_forever()
        loop.run_until_complete(listener.stop())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait(5)
    yield "{}:{}".format(*listener.address)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def message(trigger: str, id: str, version: str = "2.5") -> str:
    return f"MSH|^~\\&|REG|NORTH|||2024||ADT^{trigger}|{id}|P|{version}\rPID|1||7001"


def sent(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(send)
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "messages.hl7"


def test_accepted(mllp: str, written: Path) -> None:
    written.write_text(message("A01", "N-1") + "\n" + message("A04", "N-2"), newline="")
    assert sent(str(written), "--mllp", mllp) == (0, "N-1                  AA\nN-2                  AA\n")


def test_a_batch_in_which_one_is_refused(mllp: str, written: Path) -> None:
    lines = (
        "FHS|^~\\&",
        "BHS|^~\\&",
        message("A01", "N-1"),
        message("A02", "N-2"),
        message("A03", "N-3", "2.3"),
        "BTS|3",
    )
    written.write_text("\r\n".join(lines).replace("\rPID", "\r\nPID"), newline="")
    assert sent(str(written), "--mllp", mllp) == (
        1,
        "N-1                  AA\nN-2                  AE PID^1^3 PV1^1^19\nN-3                  AR MSH^1^9\n",
    )


def test_as_json(mllp: str, written: Path) -> None:
    written.write_text(message("A02", "N-2"))
    code, printed = sent(str(written), "--mllp", mllp, "--json")
    assert (code, json.loads(printed)) == (1, [{"control_id": "N-2", "ack": "AE", "places": ["PID^1^3", "PV1^1^19"]}])


def test_one_that_is_not_answered_does_not_keep_the_next(mllp: str, written: Path) -> None:
    written.write_text("\r".join((message("A01", "N-1"), message("A05", "N-2"), message("A01", "N-3"))), newline="")
    assert sent(str(written), "--mllp", mllp) == (
        1,
        "N-1                  AA\nN-2                  --\nN-3                  AA\n",
    )


def test_nobody_listens(mllp: str, written: Path) -> None:
    written.write_text(message("A01", "N-1"))
    assert sent(str(written), "--mllp", "127.0.0.1:1")[0] == 1


def test_wrong_use(written: Path) -> None:
    written.write_text(message("A01", "N-1"))
    assert sent(str(written), "--mllp", "nowhere")[0] == 2
    assert sent(str(written.parent / "missing.hl7"))[0] == 2


@pytest.mark.parametrize("line_end", [b"\r", b"\n", b"\r\n"])
def test_segments_end_with_cr_on_the_wire(line_end: bytes) -> None:
    assert on_the_wire(line_end.join((b"MSH|^~\\&", b"PID|1"))) == b"MSH|^~\\&\rPID|1\r"
