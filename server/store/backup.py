"""A store in one file: its journal, of which all the rest is made, for either engine.

A file is gzip; in it frames, each four bytes of length and MessagePack: what it is, then the entries tenant by tenant,
each in order, then what there had to be. A journal up to any entry is a consistent state, so nobody waits for it."""

import gzip
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from server.store import walk
from server.store.copy import follow_on, put
from server.store.engine import Engine, Unusable
from server.store.entry import Entry
from server.store.walk import CHUNK, Advance, unheard

LEVEL = 1
"""Of compression: more takes longer than the disk."""

LONGEST = 64_000_000
"""Bytes of a frame; an entry is never as large."""


class Head(msgspec.Struct, tag="causeway-journal", frozen=True):
    """``leases`` and ``notes`` are from before the entries: who follows sees an entry twice rather than never."""

    format: int
    namespace: str
    leases: dict[str, int]
    notes: dict[str, str] = {}


class End(msgspec.Struct, tag="end", frozen=True):
    """The last entry of each tenant."""

    last: dict[str, int]


class NoBackup(Unusable):
    """The file is none, or not a whole one."""


FORMAT = 1

DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, msgspec.MsgspecError, StopIteration, ValueError)

_encoder = msgspec.msgpack.Encoder()
_head = msgspec.msgpack.Decoder(Head)
_entry = msgspec.msgpack.Decoder(Entry)
_end = msgspec.msgpack.Decoder(End)


def backup(engine: Engine, path: Path, advance: Advance = unheard) -> Mapping[str, int]:
    """The last entry of each tenant that is in the file. It is there when it is whole, and readable by its owner only.
    Raises FileExistsError, OSError."""
    part = path.with_name(path.name + ".part")
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb") as file:
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=LEVEL) as packed:
            last = _written(engine, packed, advance)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return last


def _written(engine: Engine, file: gzip.GzipFile, advance: Advance) -> dict[str, int]:
    last = dict[str, int]()
    _write(file, Head(FORMAT, engine.namespace(), dict(engine.leases()), dict(engine.notes())))
    for tenant in engine.tenants():
        for entries in walk.journal(engine, tenant, 0, engine.last(tenant)):
            for entry in entries:
                _write(file, entry)
            last[tenant] = entries[-1].seq
            advance(len(entries))
    _write(file, End(last))
    return last


def _write(file: gzip.GzipFile, value: object) -> None:
    data = _encoder.encode(value)
    file.write(len(data).to_bytes(4) + data)


def restore(path: Path, engine: Engine, advance: Advance = unheard) -> Mapping[str, int]:
    """Into an empty store, or one into which this was restored in part. Nothing is written before the whole file was
    read. Raises NoBackup, Unusable, OSError."""
    last = verified(path)
    frames = _frames(path)
    head = _head.decode(next(frames))
    engine.adopt(head.namespace)
    for entries in _chunks(frames, sum(last.values())):
        _restore(engine, entries)
        advance(len(entries))
    follow_on(engine, head.leases, head.notes)
    return last


def _restore(engine: Engine, entries: Sequence[Entry]) -> None:
    tenant = entries[0].tenant
    begun = engine.last(tenant)
    known = [each for each in entries if each.seq <= begun]
    if known and list(engine.tail(tenant, known[-1].seq - 1, 1)) != known[-1:]:
        raise Unusable(f"{tenant}: entry {known[-1].seq} is another one in the store: name an empty one")
    if new := entries[len(known) :]:
        put(engine, new)


def verified(path: Path) -> Mapping[str, int]:
    """The last entry of each tenant in a whole file. Raises NoBackup, OSError."""
    last, before = dict[str, int](), b""
    try:
        frames = _frames(path)
        if _head.decode(next(frames)).format > FORMAT:
            raise NoBackup("the file was written by a newer version of Causeway: use that")
        for frame in frames:
            if before:
                _count(last, _entry.decode(before))
            before = frame
        whole = _end.decode(before).last == last
    except DAMAGED as error:
        raise NoBackup(f"this is no backup of a store: {type(error).__name__}") from None
    if not whole:
        raise NoBackup("the file is not whole")
    return last


def _count(last: dict[str, int], entry: Entry) -> None:
    if entry.seq != last.get(entry.tenant, 0) + 1:
        raise ValueError("an entry is missing")
    last[entry.tenant] = entry.seq


def _frames(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as file:
        while size := file.read(4):
            length = int.from_bytes(size)
            data = file.read(length) if length <= LONGEST else b""
            if len(data) != length:
                raise EOFError
            yield data


def _chunks(frames: Iterator[bytes], count: int) -> Iterator[list[Entry]]:
    """``count`` entries, some of one tenant at a time."""
    chunk = list[Entry]()
    for _, frame in zip(range(count), frames, strict=False):
        entry = _entry.decode(frame)
        if chunk and (len(chunk) >= CHUNK or entry.tenant != chunk[0].tenant):
            yield chunk
            chunk = []
        chunk.append(entry)
    if chunk:
        yield chunk
