"""``causeway send``: sends every message of files over MLLP, and prints how each was answered."""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from interfaces.cli import options
from interfaces.mllp.sender import NoAnswer, Sender
from mappings.fhir.json import dumps
from mappings.v2.ack import header
from mappings.v2.batch import split
from mappings.v2.message import Message, NotHl7, parse

ACCEPTED = ("AA", "CA")
_LINE_END = re.compile(rb"\r\n|\n")
_ELD_PLACE = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """One message and its answer: ``ack`` is MSA-1, empty without an answer; ``places`` what its ERR segments name."""

    control_id: str
    ack: str
    places: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        return f"{self.control_id:<20} {self.ack or '--'} {' '.join(self.places)}".rstrip()


def send(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Messages or batches")],
    mllp: options.Mllp = "127.0.0.1:2575",
    tls: Annotated[bool, typer.Option("--tls", envvar="CAUSEWAY_TLS", help="Over TLS")] = False,
    json: options.Json = False,
) -> None:
    """Sends every message of the files. One line each: control id, ACK code, ERR place. Exit 1 unless all accepted."""
    context = ssl.create_default_context() if tls else None
    try:
        sent = asyncio.run(_all(files, Sender(*options.address(mllp), context), quiet=json))
    except (OSError, NotHl7) as error:
        typer.echo(f"causeway: {error}", err=True)
        raise typer.Exit(1) from None
    if json:
        typer.echo(dumps([asdict(each) for each in sent]))
    raise typer.Exit(0 if all(each.ack in ACCEPTED for each in sent) else 1)


async def _all(files: Iterable[Path], sender: Sender, quiet: bool) -> list[Sent]:
    sent = []
    messages = [message for file in files for message in split(file.read_bytes()).messages]
    async for each in deliver(messages, sender):
        sent.append(each)
        if not quiet:
            typer.echo(each.line)
    return sent


async def deliver(messages: Iterable[bytes], sender: Sender) -> AsyncIterator[Sent]:
    """One after the other; a message that is not answered costs its connection, not the messages after it."""
    waiting = deque(messages)
    while waiting:
        async with sender:
            yield (sent := await exchange(waiting.popleft(), sender))
            while waiting and sent.ack:
                yield (sent := await exchange(waiting.popleft(), sender))


async def exchange(message: bytes, sender: Sender) -> Sent:
    try:
        answer = parse(await sender.send(on_the_wire(message)))
    except (NoAnswer, NotHl7):
        return Sent(control_id(message), "")
    return Sent(control_id(message), answer.segment("MSA")[1].text, tuple(places(answer)))


def on_the_wire(message: bytes) -> bytes:
    """Every segment ended by a CR, whatever the file has."""
    return _LINE_END.sub(b"\r", message) + b"\r"


def places(answer: Message) -> list[str]:
    """ERR-2, or before v2.5 what ERR-1 begins with, with the usual delimiter."""
    component = answer.delimiters.component
    found = []
    for err in answer.all("ERR"):
        if err[2]:
            found.append(err[2].raw)
        found += [component.join(old.raw.split(component)[:_ELD_PLACE]) for old in err[1].repetitions]
    return [place.replace(component, "^") for place in found]


def control_id(message: bytes) -> str:
    read = header(message)
    return "".join(filter(str.isprintable, read.control_id)) if read else ""
